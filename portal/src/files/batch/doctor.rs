//! Doctor's rules for batches.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: batches",
        rule: "each batch was asked for by one submission, left its events, and did what it says",
        sql: "SELECT 'BT-' || b.id || ': ' || (SELECT COUNT(*) FROM submissions s WHERE s.action = 'batch' AND s.person_id = b.person_id
                    AND s.account_id = b.account_id AND s.subject LIKE 'BT-%' AND CAST(substr(s.subject, 4) AS INTEGER) = b.id)
                || ' submissions of it' AS broken
              FROM batches b
              WHERE (SELECT COUNT(*) FROM submissions s WHERE s.action = 'batch' AND s.person_id = b.person_id
                    AND s.account_id = b.account_id AND s.subject LIKE 'BT-%' AND CAST(substr(s.subject, 4) AS INTEGER) = b.id) <> 1
              UNION ALL
              SELECT 'BT-' || b.id || ': ended without an event'
              FROM batches b WHERE b.state = 'done' AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.action = 'batch'
                    AND a.account_id = b.account_id AND a.person_id = b.person_id AND a.at = b.ended_at AND a.subject LIKE 'BT-%'
                    AND CAST(substr(a.subject, 4) AS INTEGER) = b.id)
              UNION ALL
              SELECT 'BT-' || b.id || ': has ended, and ' || COUNT(*) || ' of its lines wait'
              FROM batches b JOIN batch_lines l ON l.batch_id = b.id WHERE b.state = 'done' AND l.state = 'ready' GROUP BY b.id
              UNION ALL
              SELECT 'BT-' || b.id || ': all or nothing did ' || COUNT(CASE WHEN l.state = 'done' THEN 1 END) || ' lines of '
                || COUNT(CASE WHEN l.state <> 'left' THEN 1 END)
              FROM batches b JOIN batch_lines l ON l.batch_id = b.id WHERE b.mode = 'all-or-nothing' AND b.state = 'done'
              GROUP BY b.id
              HAVING COUNT(CASE WHEN l.state = 'done' THEN 1 END) NOT IN (0, COUNT(CASE WHEN l.state <> 'left' THEN 1 END))
              UNION ALL
              SELECT 'BT-' || b.id || ': line ' || l.line || ' led to ' || f.serial || ', which is of another account'
              FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id
              WHERE f.account_id <> b.account_id
              UNION ALL
              SELECT 'BT-' || b.id || ': line ' || l.line || ' led to revision ' || l.revision || ' of ' || f.serial || ', which is not there'
              FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id
              WHERE l.revision > f.revision OR l.revision < 1",
    },
    Rule {
        name: "doctor: jobs",
        rule: "each batch that is under way has a job",
        sql: "SELECT 'BT-' || b.id || ': is under way, and no job works on it' AS broken FROM batches b
              WHERE b.state = 'running' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'batch' AND j.state IN ('queued', 'running')
                    AND CAST(j.arguments ->> 'batch' AS BIGINT) = b.id) ORDER BY b.id",
    },
];
