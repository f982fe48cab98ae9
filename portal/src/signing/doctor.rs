//! Doctor's rules for signing keys.

use crate::doctor::rule::Rule;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "doctor: events of keys",
        rule: "each signing key left its event",
        sql: "SELECT k.name || ': was taken into use without an event' AS broken FROM signing_keys k
              WHERE k.state <> 'next' AND NOT EXISTS (SELECT 1 FROM audit_events a
                                                      WHERE a.action = 'signing key in use' AND a.subject = k.name)
              ORDER BY k.name",
    },
    Rule {
        name: "doctor: current key",
        rule: "one signing key is in use",
        sql: "SELECT COUNT(*) || ' signing keys are in use' AS broken FROM signing_keys WHERE state = 'current' HAVING COUNT(*) <> 1",
    },
];
