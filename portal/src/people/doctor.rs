//! Doctor's rules for sessions.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "doctor: events of sessions",
    rule: "each session left its event",
    sql: "SELECT 'person ' || s.person_id || ': a session began without an event' AS broken
              FROM sessions s
              WHERE (s.person_id, s.began_at) NOT IN (SELECT a.person_id, a.at FROM audit_events a
                                                      WHERE a.action = 'sign-in' AND a.person_id IS NOT NULL)
              ORDER BY s.person_id",
}];
