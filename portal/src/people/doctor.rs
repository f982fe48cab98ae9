//! Doctor's rules for people and their sessions.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: events of sessions",
        rule: "each session left its event",
        sql: "SELECT 'person ' || s.person_id || ': a session began without an event' AS broken
              FROM sessions s
              WHERE (s.person_id, s.began_at) NOT IN (SELECT a.person_id, a.at FROM audit_events a
                                                      WHERE a.action = 'sign-in' AND a.person_id IS NOT NULL)
              ORDER BY s.person_id",
    },
    Rule {
        name: "doctor: second factors",
        rule: "whoever has a second factor has no session without it, and it left its event",
        sql: "SELECT 'person ' || s.person_id || ': has a session without their second factor' AS broken
              FROM sessions s JOIN second_factors f ON f.person_id = s.person_id WHERE s.factor_at IS NULL
              UNION ALL
              SELECT 'person ' || f.person_id || ': has a second factor without an event'
              FROM second_factors f
              WHERE NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.at = f.since
                                AND (a.action = 'demo' OR a.action = 'second factor set up' AND a.person_id = f.person_id))",
    },
    Rule {
        name: "doctor: invitations",
        rule: "each accepted invitation left its event, and was accepted in its time by the person of its address",
        sql: "SELECT 'invitation ' || i.id || ': was accepted by person ' || i.accepted_by || ', without an event' AS broken
              FROM invitations i
              WHERE i.accepted_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.action = 'invitation accepted' AND a.person_id = i.accepted_by
                                AND a.at = i.accepted_at AND a.subject = i.email)
              UNION ALL
              SELECT 'invitation ' || i.id || ': was accepted when its days were over'
              FROM invitations i WHERE i.accepted_at >= i.ends_at",
    },
];
