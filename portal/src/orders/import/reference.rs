//! References of imports, such as `IM-0000001`.

/// The reference of the import with this row id.
pub(super) fn reference(id: i64) -> String {
    format!("IM-{id:07}")
}

/// Row id of a reference; `None` for a text that is none.
pub(super) fn id_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("IM-")?;
    ((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}
