//! The file checker, for everybody.

use crate::{
    Visit,
    component::{ErrorSummary, Problem},
    frame::Page,
};
use chrono::NaiveDate;
use islands::{Checker, check_field, report};
use leptos::prelude::*;
use licensing::activation_file::Examined;
use portal::Error;

/// The checker; with `examined` what was posted to it, and `problem` what was wrong with the form.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(
    visit: &Visit,
    examined: Option<(Examined, Option<Examined>, NaiveDate)>,
    problem: Option<&'static str>,
) -> Result<Page, Error> {
    let keys = portal::signing::verifier_keys(&visit.site.portal).await?;
    let vendor = visit.site.portal.vendor().to_owned();
    let title = if problem.is_some() { "Error: Check a file" } else { "Check a file" };
    let status = if problem.is_some() { 422 } else { 200 };
    let page = Page::new(title, move || {
        view! {
            {problem.map(|words| view! { <ErrorSummary problems=vec![Problem::new(check_field::FILE, words)] /> })}
            <h1>"Check a file"</h1>
            <p class="lead">
                {format!("Find out whether an activation file is signed by {vendor}, unchanged and still valid, and what it says.")}
            </p>
            <p>
                "With script, the file does not leave your browser; this page also works without a network once it is loaded. "
                "Without script, the file is sent here, read once and not kept."
            </p>
            {examined.map(|(first, second, on)| report(&first, second.as_ref(), Some(on)))}
            <Checker keys problem=problem.map(str::to_owned) />
        }
    });
    Ok(page.with_status(status).with_checker())
}
