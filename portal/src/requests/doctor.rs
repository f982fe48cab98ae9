//! Doctor's rules for activation file requests.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: events of requests",
        rule: "each activation file request left the event of its submission",
        sql: "SELECT 'AFR-' || r.id || ': ' || COUNT(a.id) || ' events of its submission' AS broken
              FROM requests r LEFT JOIN audit_events a ON a.action = 'request submitted' AND a.at = r.submitted_at
                  AND a.subject LIKE 'AFR-%' AND CAST(substr(a.subject, 5) AS INTEGER) = r.id
              GROUP BY r.id HAVING COUNT(a.id) <> 1 ORDER BY r.id",
    },
    Rule {
        name: "doctor: conversations",
        rule: "the conversation of each activation file request begins with what was submitted, and its state follows from the last message",
        sql: "SELECT 'AFR-' || r.id || ': its conversation does not begin with what was submitted' AS broken
              FROM requests r
              WHERE NOT EXISTS (SELECT 1 FROM request_messages m WHERE m.request_id = r.id AND m.key = r.draft_key
                                AND m.kind = 'requester' AND m.at = r.submitted_at)
              UNION ALL
              SELECT 'AFR-' || r.id || ': it is ' || r.state || ' and the last reply says ' || l.resolution
              FROM requests r JOIN request_messages l ON l.id = (SELECT MAX(m.id) FROM request_messages m WHERE m.request_id = r.id AND m.kind <> 'note')
              WHERE l.kind = 'reply' AND r.state = 'new' AND r.assigned_to IS NOT NULL
              ORDER BY 1",
    },
    Rule {
        name: "doctor: confirmations",
        rule: "each activation file request is confirmed, or its confirmation is queued",
        sql: "SELECT 'AFR-' || r.id || ': nothing confirms it' AS broken
              FROM requests r
              WHERE r.confirmed_at IS NULL AND (SELECT COUNT(*) FROM jobs j WHERE j.kind = 'request-confirmation' AND j.state <> 'done') = 0
              ORDER BY r.id",
    },
];
