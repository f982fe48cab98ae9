use crate::component::{Icon, icon};
use leptos::prelude::*;
use licensing::files::batch::LineState;

/// State of a line of a batch: shape, word and colour.
#[component]
pub fn StateOfLine(
    state: LineState,
    /// Word for a line that is done.
    done: &'static str,
) -> AnyView {
    let (class, icon, words) = match state {
        LineState::Ready => ("badge info", icon::NEXT, "ready"),
        LineState::Left => ("badge", icon::ENDED, "skipped"),
        LineState::Refused => ("badge bad", icon::PROBLEM, "refused"),
        LineState::Done => ("badge ok", icon::ACTIVE, done),
    };
    view! { <span class=class><Icon icon />{words}</span> }.into_any()
}
