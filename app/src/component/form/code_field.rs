use super::TextField;
use leptos::prelude::*;
use portal::people::CodeProblem;

/// Name of the field of a code, where a page has one of it.
pub const CODE: &str = "code";

/// Status of a page that says why a code was not taken.
#[must_use]
pub fn code_status(why: &CodeProblem) -> u16 {
    if matches!(why, CodeProblem::TooMany(_)) { 429 } else { 422 }
}

/// A code of the second factor.
#[component]
pub fn CodeField(
    #[prop(default = CODE)] name: &'static str,
    #[prop(default = "Code")] label: &'static str,
    #[prop(default = "The 6 digits that your authenticator app shows now, or a recovery code.")] help: &'static str,
    #[prop(default = None)] error: Option<String>,
) -> AnyView {
    view! { <TextField name label value="" help code=true autocomplete="one-time-code" error /> }.into_any()
}
