//! What an event changed, as people read it.

use licensing::{files::deactivation::Reason, people::Permissions};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A value before and after. Empty: there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub what: String,
    pub before: String,
    pub after: String,
}

/// Values that an event tells of at most.
const MOST: usize = 40;
/// The form that a file was made from: its page shows that better.
const APART: [&str; 1] = ["request"];
/// Allocations by the row id of their order line.
const ALLOCATED: &str = "allocated";

/// Row ids of the order lines that an event names.
pub(super) fn lines(before: Option<&Value>, after: Option<&Value>) -> BTreeSet<i64> {
    let of =
        |side: Option<&Value>| side.and_then(|side| side.get(ALLOCATED)).and_then(Value::as_object).cloned().unwrap_or_default();
    of(before).keys().chain(of(after).keys()).filter_map(|id| id.parse().ok()).collect()
}

/// Everything that differs, `lines` being the names of order lines by row id.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>, lines: &BTreeMap<i64, String>) -> Vec<Changed> {
    let sides = [before, after].map(|side| {
        let mut flat = BTreeMap::new();
        if let Some(side) = side {
            flatten("", side, lines, &mut flat);
        }
        flat
    });
    let [before, after] = sides;
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |side: &BTreeMap<String, String>, name: &String| side.get(name).cloned().unwrap_or_default();
    let changed =
        names.into_iter().map(|name| Changed { what: name.clone(), before: value(&before, name), after: value(&after, name) });
    changed.filter(|changed| changed.before != changed.after).take(MOST).collect()
}

fn flatten(name: &str, value: &Value, lines: &BTreeMap<i64, String>, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(object) if is_quantity(object) => {
            let of = |side: &str| object.get(side).and_then(Value::as_u64).unwrap_or(0);
            into.insert(name.to_owned(), format!("{} assigned, {} pooled", of("assigned"), of("pooled")));
        }
        Value::Object(object) => {
            for (key, value) in object.iter().filter(|(key, _)| !APART.contains(&key.as_str())) {
                let key = if name == ALLOCATED { line(key, lines) } else { key.replace('_', " ") };
                let name = if name.is_empty() { key } else { format!("{name}, {key}") };
                flatten(&name, value, lines, into);
            }
        }
        Value::Array(values) => {
            let mut texts: Vec<String> = values.iter().take(MOST).map(text).collect();
            if values.len() > MOST {
                texts.push(format!("and {} more", values.len() - MOST));
            }
            into.insert(name.to_owned(), texts.join(", "));
        }
        value => {
            let words = text(value);
            into.insert(name.to_owned(), named(name, &words).unwrap_or(words));
        }
    }
}

fn is_quantity(object: &Map<String, Value>) -> bool {
    object.len() == 2 && object.contains_key("assigned") && object.contains_key("pooled")
}

fn line(id: &str, lines: &BTreeMap<i64, String>) -> String {
    id.parse().ok().and_then(|id: i64| lines.get(&id).cloned()).unwrap_or_else(|| "an order line".to_owned())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    }
}

/// Words of a code.
fn named(name: &str, code: &str) -> Option<String> {
    match name {
        "reason" => Reason::from_code(code).map(|reason| reason.to_string()),
        "permissions" => code.parse::<Permissions>().ok().map(|permissions| permissions.words()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_by_name() {
        let before = json!({ "allocated": { "5": { "assigned": 250, "pooled": 25 } }, "state": "active", "role": null });
        let after = json!({ "allocated": { "5": { "assigned": 0, "pooled": 0 } }, "state": "deactivated", "reason": "servers-changed",
                            "request": { "machine": "IC-1" }, "changes": ["one", "two"], "role": null });
        assert_eq!(lines(Some(&before), None), [5].into());
        let told = changes(Some(&before), Some(&after), &[(5, "SO-1 line 5".to_owned())].into());
        let told: Vec<_> = told.iter().map(|c| format!("{}: {} → {}", c.what, c.before, c.after)).collect();
        assert_eq!(
            told,
            [
                "allocated, SO-1 line 5: 250 assigned, 25 pooled → 0 assigned, 0 pooled",
                "changes:  → one, two",
                "reason:  → A server was added or replaced",
                "state: active → deactivated",
            ]
        );
        assert_eq!(changes(None, None, &BTreeMap::new()), []);
    }
}
