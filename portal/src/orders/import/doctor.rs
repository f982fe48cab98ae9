//! Doctor's rules for imports.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: imports",
        rule: "each import is applied whole or not at all, and left its event",
        sql: "SELECT 'IM-' || i.id || ': line ' || l.line || ' is applied, and its order line is not there' AS broken
              FROM imports i JOIN import_lines l ON l.import_id = i.id
              WHERE i.state = 'applied' AND l.part_id IS NOT NULL AND l.state IN ('new', 'changed')
                AND NOT EXISTS (SELECT 1 FROM orders o JOIN entitlements e ON e.order_id = o.id AND e.line = l.order_line
                                WHERE o.sales_order = l.sales_order)
              UNION ALL
              SELECT 'IM-' || i.id || ': line ' || l.line || ' is applied, and the change of ' || l.target_order || '/' || l.target_line || ' is not there'
              FROM imports i JOIN import_lines l ON l.import_id = i.id
              WHERE i.state = 'applied' AND l.target_order IS NOT NULL AND l.state IN ('new', 'changed')
                AND NOT EXISTS (SELECT 1 FROM orders o JOIN line_changes c ON c.order_id = o.id AND c.line = l.order_line
                                WHERE o.sales_order = l.sales_order)
              UNION ALL
              SELECT 'IM-' || i.id || ': ' || (SELECT COUNT(*) FROM audit_events a WHERE a.action = 'import applied'
                    AND a.subject LIKE 'IM-%' AND CAST(substr(a.subject, 4) AS INTEGER) = i.id) || ' events of it'
              FROM imports i
              WHERE (i.state = 'applied') <> EXISTS (SELECT 1 FROM audit_events a WHERE a.action = 'import applied'
                    AND a.subject LIKE 'IM-%' AND CAST(substr(a.subject, 4) AS INTEGER) = i.id)",
    },
    Rule {
        name: "doctor: imports under way",
        rule: "each import that is under way has a job",
        sql: "SELECT 'IM-' || i.id || ': is ' || i.state || ', and no job works on it' AS broken
              FROM imports i
              WHERE i.state = 'applying' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'import' AND j.state <> 'done')",
    },
    Rule {
        name: "doctor: changes of lines",
        rule: "each changed order line is what the latest change of it says",
        sql: "SELECT o.sales_order || '/' || e.line || ': owns ' || e.owned_assigned || '/' || e.owned_pooled || ', and was changed to '
                || c.owned_assigned || '/' || c.owned_pooled AS broken
              FROM line_changes c JOIN entitlements e ON e.id = c.entitlement_id JOIN orders o ON o.id = e.order_id
              WHERE c.id = (SELECT MAX(d.id) FROM line_changes d WHERE d.entitlement_id = c.entitlement_id)
                AND (e.owned_assigned <> c.owned_assigned OR e.owned_pooled <> c.owned_pooled)",
    },
    Rule {
        name: "doctor: catalogues",
        rule: "each catalogue that was taken into use left its event",
        sql: "SELECT 'catalogue ' || c.id || ': was applied without an event' AS broken
              FROM catalogues c
              WHERE c.applied_at IS NOT NULL AND c.id > (SELECT MIN(d.id) FROM catalogues d WHERE d.applied_at IS NOT NULL)
                AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.action = 'catalogue applied' AND a.subject = 'catalogue ' || c.id)",
    },
];
