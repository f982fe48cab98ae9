//! The rules that one query each proves, in both databases.

/// A rule that one query proves: each of its rows names, as `broken`, one thing that breaks it.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) rule: &'static str,
    pub(super) sql: &'static str,
}

/// What submissions led to, of forms and of the lines of batches: person, key, account, action and subject.
macro_rules! led_to {
    () => {
        "(SELECT person_id, key, account_id, action, subject FROM submissions
          UNION ALL
          SELECT b.person_id, 'BT-' || b.id || '/' || l.line, b.account_id, CASE b.kind WHEN 'refresh' THEN 'update' ELSE b.kind END,
              CASE b.kind WHEN 'refresh' THEN f.serial || '/' || l.revision ELSE f.serial END
          FROM batch_lines l JOIN batches b ON b.id = l.batch_id JOIN activation_files f ON f.id = l.file_id)"
    };
}

pub(super) const RULES: [Rule; 19] = [
    Rule {
        name: "doctor: ceilings",
        rule: "no more is allocated than is owned",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': ' || e.allocated_assigned || ' assigned and ' || e.allocated_pooled
                || ' pooled are allocated of ' || e.owned_assigned || ' and ' || e.owned_pooled AS broken
              FROM entitlements e JOIN orders o ON o.id = e.order_id
              WHERE e.allocated_assigned < 0 OR e.allocated_pooled < 0
                 OR (NOT e.unlimited AND (e.allocated_assigned > e.owned_assigned OR e.allocated_pooled > e.owned_pooled))
              ORDER BY e.id",
    },
    Rule {
        name: "doctor: allocations",
        rule: "what is allocated is what active files hold",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': ' || e.allocated_assigned || ' assigned and ' || e.allocated_pooled
                || ' pooled are allocated, active files hold ' || COALESCE(h.assigned, 0) || ' and ' || COALESCE(h.pooled, 0) AS broken
              FROM entitlements e JOIN orders o ON o.id = e.order_id
              LEFT JOIN (SELECT a.entitlement_id, SUM(a.assigned) AS assigned, SUM(a.pooled) AS pooled
                         FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
                         JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
                         WHERE f.state = 'active' GROUP BY a.entitlement_id) h ON h.entitlement_id = e.id
              WHERE e.allocated_assigned <> COALESCE(h.assigned, 0) OR e.allocated_pooled <> COALESCE(h.pooled, 0)
              ORDER BY e.id",
    },
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
        rule: "each deactivated file was given back by one submission, and left its event",
        sql: concat!(
            "SELECT f.serial || ': ' || COUNT(DISTINCT s.key) || ' submissions and ' || COUNT(DISTINCT a.id) || ' events deactivated it' AS broken
              FROM activation_files f
              LEFT JOIN ",
            led_to!(),
            " s ON s.subject = f.serial AND s.action = 'deactivate' AND s.person_id = f.ended_by
              LEFT JOIN audit_events a ON a.subject = f.serial AND a.action = 'deactivate' AND a.account_id = f.account_id
                  AND a.person_id = f.ended_by AND a.at = f.ended_at
              WHERE f.state = 'deactivated' GROUP BY f.id, f.serial
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
        name: "doctor: submission keys",
        rule: "one submission led to one file",
        sql: "SELECT 'person ' || s.person_id || ': submission ' || s.key || ' led to ' || COUNT(*) || ' files' AS broken
              FROM submissions s GROUP BY s.person_id, s.key HAVING COUNT(*) > 1 ORDER BY s.person_id, s.key",
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
        name: "doctor: events of sessions",
        rule: "each session left its event",
        sql: "SELECT 'person ' || s.person_id || ': a session began without an event' AS broken
              FROM sessions s
              WHERE (s.person_id, s.began_at) NOT IN (SELECT a.person_id, a.at FROM audit_events a
                                                      WHERE a.action = 'sign-in' AND a.person_id IS NOT NULL)
              ORDER BY s.person_id",
    },
    Rule {
        name: "doctor: events of keys",
        rule: "each signing key left its event",
        sql: "SELECT k.name || ': was taken into use without an event' AS broken FROM signing_keys k
              WHERE k.state <> 'next' AND NOT EXISTS (SELECT 1 FROM audit_events a
                                                      WHERE a.action = 'signing key in use' AND a.subject = k.name)
              ORDER BY k.name",
    },
    Rule {
        name: "doctor: ledgers",
        rule: "each revision holds order lines, or parts that need no order, as its type does",
        sql: "SELECT x.serial || ': revision ' || x.revision || ' of type ' || x.licence_type || ' holds ' || x.ordered
                || ' order lines and ' || x.unordered || ' parts without an order' AS broken
              FROM (SELECT f.id, f.serial, r.revision, f.licence_type,
                        (SELECT COUNT(*) FROM allocations a WHERE a.revision_id = r.id) AS ordered,
                        (SELECT COUNT(*) FROM unordered_parts u WHERE u.revision_id = r.id) AS unordered
                    FROM file_revisions r JOIN activation_files f ON f.id = r.file_id) x
              WHERE CASE WHEN x.licence_type IN ('development-bundled', 'development-partner', 'trial')
                         THEN x.ordered > 0 OR x.unordered = 0 ELSE x.ordered = 0 OR x.unordered > 0 END
              ORDER BY x.id, x.revision",
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
    Rule {
        name: "doctor: terms",
        rule: "all files of an order line that is sold for a term end on one day",
        sql: "SELECT o.sales_order || ' line ' || e.line || ': its files end on ' || MIN(r.valid_through) || ' to ' || MAX(r.valid_through) AS broken
              FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
              JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id JOIN parts p ON p.id = e.part_id
              WHERE p.class IN ('development-bundle', 'evaluation')
              GROUP BY e.id, e.line, o.sales_order HAVING MIN(r.valid_through) <> MAX(r.valid_through)
              ORDER BY e.id",
    },
    Rule {
        name: "doctor: upgrades",
        rule: "each upgrade left its event and was asked for by one submission, and its order lines are what they became",
        sql: "SELECT 'UP-' || u.id || ': ' || COUNT(DISTINCT s.key) || ' submissions and ' || COUNT(DISTINCT a.id) || ' events of it' AS broken
              FROM upgrades u
              LEFT JOIN submissions s ON s.action = 'upgrade' AND s.person_id = u.person_id AND s.account_id = u.account_id
                  AND s.subject LIKE 'UP-%' AND CAST(substr(s.subject, 4) AS INTEGER) = u.id
              LEFT JOIN audit_events a ON a.action = 'upgrade' AND a.account_id = u.account_id AND a.person_id = u.person_id AND a.at = u.at
                  AND a.subject = s.subject
              GROUP BY u.id HAVING COUNT(DISTINCT s.key) <> 1 OR COUNT(DISTINCT a.id) <> 1
              UNION ALL
              SELECT 'UP-' || l.upgrade_id || ': ' || o.sales_order || ' line ' || e.line || ' is not what it became'
              FROM upgrade_lines l JOIN entitlements e ON e.id = l.entitlement_id JOIN orders o ON o.id = e.order_id
              WHERE e.part_id <> l.target_part_id
                AND NOT EXISTS (SELECT 1 FROM upgrade_lines n WHERE n.entitlement_id = l.entitlement_id AND n.upgrade_id > l.upgrade_id)
              UNION ALL
              SELECT f.serial || ': revision ' || r.revision || ' is made of a part that ' || o.sales_order || ' line ' || e.line || ' never was'
              FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id
              JOIN file_revisions r ON r.id = a.revision_id JOIN activation_files f ON f.id = r.file_id
              WHERE a.part_id <> e.part_id
                AND NOT EXISTS (SELECT 1 FROM upgrade_lines n WHERE n.entitlement_id = a.entitlement_id AND n.part_id = a.part_id)",
    },
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
        name: "doctor: accounts",
        rule: "what belongs together belongs to one account and one product",
        sql: "SELECT f.serial || ': holds ' || o.sales_order || ' line ' || e.line || ' of another account' AS broken
              FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id
              JOIN file_revisions r ON r.id = a.revision_id JOIN activation_files f ON f.id = r.file_id
              WHERE e.account_id <> f.account_id
              UNION ALL
              SELECT f.serial || ': is for install site ' || s.id || ' of another account'
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id JOIN install_sites s ON s.id = r.site_id
              WHERE s.account_id <> f.account_id
              UNION ALL
              SELECT o.sales_order || ' line ' || e.line || ': is of another account than its order'
              FROM entitlements e JOIN orders o ON o.id = e.order_id WHERE e.account_id <> o.account_id
              UNION ALL
              SELECT f.serial || ': is for version ' || v.name || ' of another product'
              FROM file_revisions r JOIN activation_files f ON f.id = r.file_id JOIN product_versions v ON v.id = r.version_id
              WHERE v.product_id <> f.product_id
              UNION ALL
              SELECT p.garn || ': was granted access to ' || c.garn || ', but they are no partner and customer'
              FROM partner_grants g JOIN accounts p ON p.id = g.partner_id JOIN accounts c ON c.id = g.customer_id
              WHERE p.kind <> 'partner' OR c.kind <> 'customer'",
    },
    Rule {
        name: "doctor: current key",
        rule: "one signing key is in use",
        sql: "SELECT COUNT(*) || ' signing keys are in use' AS broken FROM signing_keys WHERE state = 'current' HAVING COUNT(*) <> 1",
    },
];
