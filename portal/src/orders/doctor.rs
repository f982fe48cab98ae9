//! Doctor's rules for orders and allocations.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
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
];
