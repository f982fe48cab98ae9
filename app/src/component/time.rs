use chrono::{DateTime, NaiveDate, Offset, SecondsFormat, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::value::date;

/// An instant in the reader's stored zone: `13 Sep 2026, 14:05 UTC+2`.
#[component]
pub fn Instant(at: DateTime<Utc>, zone: Tz) -> AnyView {
    let local = at.with_timezone(&zone);
    let minutes = local.offset().fix().local_minus_utc() / 60;
    let offset = match (minutes / 60, (minutes % 60).abs()) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{hours:+}"),
        (0, rest) if minutes < 0 => format!("UTC-0:{rest:02}"),
        (hours, rest) => format!("UTC{hours:+}:{rest:02}"),
    };
    view! {
        <time datetime=at.to_rfc3339_opts(SecondsFormat::Secs, true)>{format!("{} {offset}", local.format("%-d %b %Y, %H:%M"))}</time>
    }.into_any()
}

/// A calendar date: `1 Jan 2100`. It is the same everywhere.
#[component]
pub fn Day(on: NaiveDate) -> AnyView {
    view! { <time datetime=on.to_string()>{date::words(on)}</time> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_the_readers_zone() {
        let at = "2026-09-13T12:05:00Z".parse().expect("an instant");
        let shown = |zone: Tz| Instant(InstantProps { at, zone }).into_view().to_html();
        assert!(shown(chrono_tz::Europe::Berlin).contains("13 Sep 2026, 14:05 UTC+2"));
        assert!(shown(chrono_tz::Asia::Kolkata).contains("13 Sep 2026, 17:35 UTC+5:30"));
        assert!(shown(chrono_tz::America::St_Johns).contains("13 Sep 2026, 09:35 UTC-2:30"));
        assert!(shown(chrono_tz::UTC).contains("12:05 UTC<"));
    }
}
