//! Doctor's rules for activation file requests.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: events of requests",
        rule: "each activation file request left the event of its submission",
        sql: "SELECT 'AFR-' || r.id || ': ' || COUNT(a.id) || ' events of its submission' AS broken
              FROM requests r LEFT JOIN audit_events a ON a.action = 'request submitted' AND a.at = r.submitted_at
                  AND a.subject LIKE 'AFR-%' AND CAST(substr(a.subject, 5) AS BIGINT) = r.id
              GROUP BY r.id HAVING COUNT(a.id) <> 1 ORDER BY r.id",
    },
    Rule {
        name: "doctor: conversations",
        rule: "each activation file request begins with what was submitted, and is open while its requester waits for an answer",
        sql: "SELECT 'AFR-' || r.id || ': its conversation does not begin with what was submitted' AS broken
              FROM requests r
              WHERE NOT EXISTS (SELECT 1 FROM request_messages m WHERE m.request_id = r.id AND m.key = r.draft_key
                                AND m.kind = 'requester' AND m.at = r.submitted_at)
              UNION ALL
              SELECT 'AFR-' || r.id || ': it is ' || r.state || ' and its requester wrote last'
              FROM requests r JOIN request_messages l ON l.id = (SELECT MAX(m.id) FROM request_messages m WHERE m.request_id = r.id AND m.kind <> 'note')
              WHERE l.kind = 'requester' AND r.state IN ('waiting', 'fulfilled', 'answered', 'rejected')
              UNION ALL
              SELECT 'AFR-' || r.id || ': the instant of its first answer is not that of its first reply'
              FROM requests r LEFT JOIN request_messages f ON f.id = (SELECT MIN(m.id) FROM request_messages m WHERE m.request_id = r.id AND m.kind = 'reply')
              WHERE COALESCE(f.at, r.submitted_at) <> COALESCE(r.answered_at, r.submitted_at)
              ORDER BY 1",
    },
    Rule {
        name: "doctor: confirmations",
        rule: "each activation file request is confirmed, or its confirmation is queued",
        sql: "SELECT 'AFR-' || r.id || ': nothing confirms it' AS broken
              FROM requests r
              WHERE r.confirmed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'request-confirmation' AND j.state <> 'done'
                                AND CAST(j.arguments ->> 'request' AS BIGINT) = r.id)
              ORDER BY r.id",
    },
    Rule {
        name: "doctor: mail",
        rule: "each mail that was taken as a message is one message of its request, and no other mail is any",
        sql: "SELECT 'mail ' || m.id || ' (' || m.outcome || ') is ' || COUNT(t.id) || ' messages of AFR-' || COALESCE(CAST(m.request_id AS TEXT), '') AS broken
              FROM received_mails m LEFT JOIN request_messages t ON t.mail_id = m.id AND t.kind = 'requester' AND t.request_id = m.request_id
              GROUP BY m.id, m.outcome, m.request_id
              HAVING COUNT(t.id) <> CASE WHEN m.outcome IN ('message', 'added') THEN 1 ELSE 0 END
              UNION ALL
              SELECT 'AFR-' || t.request_id || ' has the message of mail ' || t.mail_id || ', which is of another request'
              FROM request_messages t JOIN received_mails m ON m.id = t.mail_id
              WHERE m.request_id IS NULL OR m.request_id <> t.request_id
              ORDER BY 1",
    },
    Rule {
        name: "doctor: mailboxes",
        rule: "no activation file request waits for a mailbox that was confirmed",
        sql: "SELECT 'AFR-' || r.id || ': it waits, and AFR-' || c.id || ' confirmed its mailbox' AS broken
              FROM requests r JOIN requests c ON c.email = r.email AND c.mailbox_confirmed_at >= r.submitted_at
              WHERE r.held ORDER BY r.id",
    },
];
