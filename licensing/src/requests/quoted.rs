//! The history that mail programs quote below an answer.

/// Lines after a header line that the rest of its block stands in.
const BLOCK: usize = 5;
/// Endings of the line that names whom an answer quotes.
const WROTE: [&str; 6] = [" wrote:", " schrieb:", " a écrit :", " a écrit:", " escribió:", " ha scritto:"];
/// Beginning and middle of that line where the name stands last.
const WROTE_NAME: [(&str, &str); 1] = [("Am ", " schrieb ")];

/// Text of a mail as (what its author wrote, quoted history). Where both alternate line by line nothing is history.
///
/// ```
/// let mail = "From January on.\n\nOn Monday Lena Fischer wrote:\n> From which day on?";
/// assert_eq!(licensing::requests::quoted(mail), ("From January on.", "On Monday Lena Fischer wrote:\n> From which day on?"));
/// ```
#[must_use]
pub fn quoted(text: &str) -> (&str, &str) {
    let mut lines: Vec<Line> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push(Line { at, text: line.trim(), all_quoted: false, any_quoted: false });
        at += line.len();
    }
    let (mut all_quoted, mut any_quoted) = (true, false);
    for line in lines.iter_mut().rev() {
        all_quoted &= line.text.is_empty() || line.text.starts_with('>');
        any_quoted |= line.text.starts_with('>');
        (line.all_quoted, line.any_quoted) = (all_quoted, any_quoted);
    }
    let begins = (1..lines.len()).find(|at| is_history(&lines[*at..]));
    let parts = begins.map(|at| text.split_at(lines[at].at)).map(|(own, history)| (own.trim_end(), history.trim()));
    parts.filter(|(own, _)| !own.trim().is_empty()).unwrap_or((text, ""))
}

/// A line of a text.
struct Line<'a> {
    /// Where it begins, in bytes.
    at: usize,
    text: &'a str,
    /// Whether each line from here on is quoted or empty, and whether one is quoted.
    all_quoted: bool,
    any_quoted: bool,
}

/// Whether `lines` are history from the first to the last one.
fn is_history(lines: &[Line<'_>]) -> bool {
    let Some((Line { text: first, all_quoted, .. }, rest)) = lines.split_first() else { return false };
    let dashed = first.starts_with("---") && first.ends_with("---") && first.contains(' ');
    let ruled = first.len() >= 20 && first.bytes().all(|b| b == b'_') && rest.first().is_some_and(|next| is_header(next.text));
    if dashed || ruled {
        return true;
    }
    let block = || rest.iter().take(BLOCK).filter(|line| is_header(line.text)).count() >= 2;
    if is_header(first) && block() {
        return true;
    }
    if first.starts_with('>') {
        return *all_quoted;
    }
    let wrote = |line: &str| {
        let named = |(begins, middle): &(&str, &str)| line.starts_with(begins) && line.contains(middle) && line.ends_with(':');
        WROTE.iter().any(|ending| line.ends_with(ending)) || WROTE_NAME.iter().any(named)
    };
    // The line may be broken once.
    let after = match rest.split_first() {
        _ if wrote(first) => rest,
        Some((second, after)) if wrote(second.text) && first.starts_with(|c: char| c.is_uppercase()) => after,
        _ => return false,
    };
    after.first().is_none_or(|line| line.all_quoted || !line.any_quoted)
}

/// Whether a line is one of the header of a quoted mail, in a language that mail programs write it in.
fn is_header(line: &str) -> bool {
    let name = line.trim_start_matches(['*', '>', ' ']).split_once(':').map_or("", |(name, _)| name.trim_end_matches('*'));
    matches!(
        name.to_lowercase().as_str(),
        "from"
            | "sent"
            | "date"
            | "to"
            | "subject"
            | "von"
            | "gesendet"
            | "datum"
            | "an"
            | "betreff"
            | "de"
            | "envoyé"
            | "à"
            | "objet"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_what_stands_below_the_answer() {
        for (own, history) in [
            ("Yes.", "On Mon, 4 Jan 2027 at 10:12, Lena Fischer\n<requests@meridian.example> wrote:\n\n> Is it?\n>> It is.\n"),
            ("Ja.", "Am 04.01.2027 um 10:12 schrieb Lena Fischer:\n> Is it?"),
            ("Ja.", "Lena Fischer schrieb:\nIs it?"),
            ("Yes.\n\nDana", "-----Original Message-----\nFrom: Lena Fischer\n\nIs it?"),
            (
                "Yes.",
                "________________________________\nFrom: Lena Fischer <requests@meridian.example>\nSent: Monday\nTo: Dana\n\nIs it?",
            ),
            ("Yes.", "From: Lena Fischer\nSent: Monday, 4 January 2027\nTo: Dana Reyes\nSubject: AFR-0000001\n\nIs it?"),
            ("Yes.", "> Is it?\n\n> Really?"),
        ] {
            assert_eq!(quoted(&format!("{own}\n\n{history}")), (own, history.trim()), "{history}");
        }
    }

    #[test]
    fn what_answers_between_the_lines_stays_whole() {
        for text in [
            "",
            "Yes.",
            "> Is it?\nYes.\n> Really?\nReally.",
            "On Monday Lena wrote:\n> Is it?\nYes.",
            "> Is it?",
            "Hello,\nFrom: is what the field says.\nRegards",
            "-- \nDana Reyes",
        ] {
            assert_eq!(quoted(text), (text, ""), "{text}");
        }
    }
}
