//! Doctor's rules for submissions.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "doctor: submission keys",
    rule: "one submission led to one file",
    sql: "SELECT 'person ' || s.person_id || ': submission ' || s.key || ' led to ' || COUNT(*) || ' files' AS broken
              FROM submissions s GROUP BY s.person_id, s.key HAVING COUNT(*) > 1 ORDER BY s.person_id, s.key",
}];
