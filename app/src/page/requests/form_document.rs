//! The form of activation file requests as its document, for administrators.

use crate::{
    component::{ErrorSummary, Icon, Problem, TextArea, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    AdministratorAccess, Error, path,
    requests::{FormDocument, NotTaken},
};

/// Names of the form's fields.
pub mod field {
    pub const DOCUMENT: &str = "document";
    pub const CHANGE: &str = "change";
}

/// Content of the page.
#[derive(Default)]
pub struct FormState {
    /// The document as typed.
    pub typed: Option<String>,
    pub why: Option<NotTaken>,
    pub saved: bool,
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AdministratorAccess, state: FormState) -> Result<Page, Error> {
    let FormDocument { document, change } = portal::requests::form_document(access).await?;
    let status = match &state.why {
        None => 200,
        Some(NotTaken::ChangedMeanwhile) => 409,
        Some(_) => 422,
    };
    let title = if status == 200 { "Request form" } else { "Error: Request form" };
    let page = Page::new(title, move || {
        let FormState { typed, why, saved } = state;
        let error = why.map(|why| why.to_string());
        let problems = error.clone().map(|words| vec![Problem::new(field::DOCUMENT, words)]);
        let used = if change == 0 {
            "The shipped form is in use.".to_owned()
        } else {
            format!("Change {change} of the form is in use.")
        };
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {saved.then(|| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"The form was changed. Whoever opens it now gets the new one."</p></div> })}
            <h1>"Request form"</h1>
            <p class="lead">
                "Which fields the public form asks for, when, which are required, and which attachments help. "{used}" "
                <a href=path::REQUEST>"See the form"</a>"."
            </p>
            <form method="post" action=path::REQUEST_FORM novalidate>
                <input type="hidden" name=field::CHANGE value=change.to_string() />
                <TextArea
                    name=field::DOCUMENT label="Document" value=typed.unwrap_or(document) rows=30 error
                    help="TOML. It is checked before it is taken: what is required must be asked, in each combination that can be chosen."
                />
                <div class="buttons"><button class="button primary">"Save form"</button></div>
            </form>
        }
    });
    Ok(page.with_status(status))
}
