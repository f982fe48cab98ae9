use portal::files::MOST_COUNTED;

/// A count with its thousands set apart: `10,000`.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 file`, `2 files`.
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(count)) }
}

/// A count that goes to [`MOST_COUNTED`] and one more: `10,000+`.
#[must_use]
pub fn capped(count: u64) -> String {
    if count > MOST_COUNTED { format!("{}+", thousands(MOST_COUNTED)) } else { thousands(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 10_000, 1_234_567].map(thousands), ["0", "999", "1,000", "10,000", "1,234,567"]);
        assert_eq!([0, 1, 2].map(|n| counted(n, "file", "files")), ["0 files", "1 file", "2 files"]);
    }
}
