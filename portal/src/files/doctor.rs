//! Doctor's rules for activation files.

use crate::doctor::rule::Rule;

/// Subjects of submissions, by forms and by lines of batches: person, key, account, action and subject.
macro_rules! led_to {
    () => {
        "(SELECT person_id, key, account_id, action, subject FROM submissions
          UNION ALL
          SELECT b.person_id, 'BT-' || b.id || '/' || l.line, b.account_id, CASE b.kind WHEN 'refresh' THEN 'update' ELSE b.kind END,
              CASE b.kind WHEN 'refresh' THEN f.serial || '/' || l.revision ELSE f.serial END
          FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id)"
    };
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: revisions",
        rule: "each file has its revisions without gaps",
        sql: "SELECT f.serial || ': is at revision ' || f.revision || ' and has ' || COUNT(r.id) || ', the last '
                || COALESCE(MAX(r.revision), 0) AS broken
              FROM activation_files f LEFT JOIN file_revisions r ON r.file_id = f.id
              GROUP BY f.id, f.serial, f.revision HAVING COUNT(r.id) <> f.revision OR COALESCE(MAX(r.revision), 0) <> f.revision
              ORDER BY f.id",
    },
    Rule {
        name: "doctor: submissions",
        rule: "each file was led to by one submission, of the person who generated it",
        sql: concat!(
            "SELECT f.serial || ': ' || COALESCE(s.of_generator, 0) || ' submissions of its generator led to it' AS broken
              FROM activation_files f
              LEFT JOIN (SELECT s.subject, COUNT(*) AS of_anybody,
                             COUNT(CASE WHEN s.person_id = r.generated_by AND s.account_id = f.account_id THEN 1 END) AS of_generator
                         FROM ",
            led_to!(),
            " s LEFT JOIN activation_files f ON f.serial = s.subject
                         LEFT JOIN file_revisions r ON r.file_id = f.id AND r.revision = 1
                         WHERE s.action = 'generate' GROUP BY s.subject) s ON s.subject = f.serial
              WHERE COALESCE(s.of_generator, 0) <> 1 OR s.of_anybody <> 1
              ORDER BY f.id"
        ),
    },
    Rule {
        name: "doctor: submissions of updates",
        rule: "each further revision was led to by one submission, of the person who made it",
        sql: concat!(
            "SELECT f.serial || ': ' || COUNT(s.key) || ' submissions led to revision ' || r.revision AS broken
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id
              LEFT JOIN ",
            led_to!(),
            " s ON s.subject = f.serial || '/' || r.revision AND s.action = 'update'
                  AND s.person_id = r.generated_by AND s.account_id = f.account_id
              WHERE r.revision > 1 GROUP BY f.id, f.serial, r.revision HAVING COUNT(s.key) <> 1
              ORDER BY f.id, r.revision"
        ),
    },
    Rule {
        name: "doctor: ends",
        rule: "each file that ended was given or taken back by one submission, and left its event",
        sql: concat!(
            "SELECT f.serial || ': ' || COUNT(DISTINCT s.key) || ' submissions and ' || COUNT(DISTINCT a.id) || ' events ended it' AS broken
              FROM activation_files f
              LEFT JOIN ",
            led_to!(),
            " s ON s.subject = f.serial AND s.person_id = f.ended_by
                  AND s.action = CASE f.state WHEN 'revoked' THEN 'revoke' ELSE 'deactivate' END
              LEFT JOIN audit_events a ON a.subject = f.serial AND a.account_id = f.account_id
                  AND a.person_id = f.ended_by AND a.at = f.ended_at
                  AND a.action = CASE f.state WHEN 'revoked' THEN 'revoke' ELSE 'deactivate' END
              WHERE f.state <> 'active' GROUP BY f.id, f.serial
              HAVING COUNT(DISTINCT s.key) <> 1 OR COUNT(DISTINCT a.id) <> 1
              ORDER BY f.id"
        ),
    },
    Rule {
        name: "doctor: lists",
        rule: "lists and searches find each file as its current revision has it",
        sql: "SELECT f.serial || ': the list says something else than revision ' || f.revision AS broken
              FROM activation_files f JOIN products p ON p.id = f.product_id
              JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
              LEFT JOIN file_revisions n ON n.file_id = f.id AND n.revision = 1
              LEFT JOIN listed_files l ON l.file_id = f.id
              WHERE l.file_id IS NULL OR l.account_id <> f.account_id
                 OR l.facet <> f.state || '/' || f.licence_type || '/' || p.code
                 OR l.site_id <> r.site_id OR n.id IS NULL OR l.generated_by <> n.generated_by OR l.generated_at <> n.generated_at
                 OR l.valid_through <> r.valid_through
                 OR l.updates_through <> COALESCE(r.updates_through, '0001-01-01')
                 OR (l.server_line IS NOT NULL) <> (f.state = 'active' AND f.licence_type IN ('production', 'evaluation'))
                 OR (l.server_line IS NOT NULL AND NOT EXISTS (SELECT 1 FROM allocations a WHERE a.revision_id = r.id AND a.entitlement_id = l.server_line))
                 OR (SELECT COUNT(CASE WHEN m.account_id = f.account_id AND m.facet = l.facet AND m.site_id = l.site_id
                        AND m.generated_by = l.generated_by AND m.generated_at = l.generated_at AND m.valid_through = l.valid_through
                        AND ((m.name = l.machine AND COALESCE(m.other, m.name) = COALESCE(l.switchover_machine, l.machine))
                            OR (m.name = l.switchover_machine AND m.other = l.machine)) THEN 1 END)
                     FROM file_machines m WHERE m.file_id = f.id)
                    <> 1 + CASE WHEN l.switchover_machine <> l.machine THEN 1 ELSE 0 END
                 OR (SELECT COUNT(*) FROM file_machines m WHERE m.file_id = f.id)
                    <> 1 + CASE WHEN l.switchover_machine <> l.machine THEN 1 ELSE 0 END
              ORDER BY f.id",
    },
    Rule {
        name: "doctor: events of revisions",
        rule: "each revision left its event",
        sql: "SELECT f.serial || ': revision ' || r.revision || ' left no event of its account, person and time' AS broken
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id
              WHERE NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.account_id = f.account_id AND a.subject = f.serial
                                AND a.person_id = r.generated_by AND a.at = r.generated_at)
              ORDER BY f.id, r.revision",
    },
    Rule {
        name: "doctor: events of generations",
        rule: "each event of a generation has its file",
        sql: "SELECT a.subject || ': event ' || a.id || ' tells of a file that is not there' AS broken
              FROM audit_events a WHERE a.action = 'generate'
                AND NOT EXISTS (SELECT 1 FROM activation_files f WHERE f.serial = a.subject AND f.account_id = a.account_id)
              ORDER BY a.id",
    },
    Rule {
        name: "doctor: bundled licences",
        rule: "each server comes with one development licence",
        sql: "SELECT a.garn || ': ' || COUNT(*) || ' active development files come with ' || p.number AS broken
              FROM unordered_parts u JOIN file_revisions r ON r.id = u.revision_id
              JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
              JOIN accounts a ON a.id = f.account_id JOIN parts p ON p.id = u.part_id
              WHERE f.licence_type = 'development-bundled' AND f.state = 'active'
              GROUP BY a.id, a.garn, p.id, p.number
              HAVING COUNT(*) > (SELECT COALESCE(SUM(CASE WHEN e.unlimited THEN 1000000 ELSE e.owned_assigned END), 0)
                                 FROM entitlements e WHERE e.account_id = a.id AND e.part_id = p.id)
              ORDER BY a.id, p.id",
    },
];
