//! Doctor's rules for accounts.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "doctor: accounts",
    rule: "what belongs together belongs to one account and one product",
    sql: "SELECT f.serial || ': holds ' || o.sales_order || ' line ' || e.line || ' of another account' AS broken
              FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id JOIN orders o ON o.id = e.order_id
              JOIN file_revisions r ON r.id = a.revision_id JOIN activation_files f ON f.id = r.file_id
              WHERE e.account_id <> f.account_id
              UNION ALL
              SELECT f.serial || ': holds ' || p.number || ' of another account'
              FROM unordered_parts u JOIN file_revisions r ON r.id = u.revision_id JOIN activation_files f ON f.id = r.file_id
              JOIN parts p ON p.id = u.part_id
              WHERE u.account_id <> f.account_id
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
}];
