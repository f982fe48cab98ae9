//! *Canned answers*: texts that analysts keep ready.

use crate::{
    component::{ErrorSummary, Icon, Problem, TextArea, TextField, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    AnalystAccess, Error, path,
    requests::{CannedAnswer, GAPS, NotCanned},
};

/// Names of the form's fields, and of the address's.
pub mod field {
    pub const ID: &str = "id";
    pub const NAME: &str = "name";
    pub const BODY: &str = "body";
}

/// Content of the form.
#[derive(Default)]
pub struct FormState {
    /// Row id of the answer that is changed.
    pub id: Option<i64>,
    /// Name and text as typed; those of the answer where nothing was.
    pub typed: Option<(String, String)>,
    pub why: Option<NotCanned>,
}

/// # Errors
/// [`Error::NotFound`]: the answer to change is not there.
pub async fn show(access: &AnalystAccess, state: FormState) -> Result<Page, Error> {
    let answers = portal::requests::canned_answers(access).await?;
    let changed = match state.id {
        Some(id) => Some(answers.iter().find(|answer| answer.id == id).cloned().ok_or(Error::NotFound)?),
        None => None,
    };
    let status = if state.why.is_some() { 422 } else { 200 };
    let title = if status == 200 { "Canned answers" } else { "Error: Canned answers" };
    let page = Page::new(title, move || {
        let FormState { typed, why, .. } = state;
        let (name, body) =
            typed.or_else(|| changed.as_ref().map(|answer| (answer.name.clone(), answer.body.clone()))).unwrap_or_default();
        let at = why.as_ref().map(|why| if matches!(why, NotCanned::Body(_)) { field::BODY } else { field::NAME });
        let words = why.map(|why| why.to_string());
        let error = |field: &str| words.clone().filter(|_| at == Some(field));
        let problems = at.zip(words.clone()).map(|(field, words)| vec![Problem::new(field, words)]);
        let gaps = GAPS.iter().map(|(gap, what)| view! { <li><span class="code">{*gap}</span>": "{*what}</li> }).collect_view();
        let heading = changed.as_ref().map_or_else(|| "New answer".to_owned(), |answer| format!("Change “{}”", answer.name));
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            <p><a href=path::REQUESTS><Icon icon=icon::BACK />"Requests"</a></p>
            <h1>"Canned answers"</h1>
            <p class="lead">"Texts that are kept ready for replies. A reply shows the text before it goes, to be changed."</p>
            {if answers.is_empty() {
                view! { <div class="empty"><p>"No answer is kept ready yet."</p></div> }.into_any()
            } else {
                view! { <ol class="conversation">{answers.into_iter().map(item).collect_view()}</ol> }.into_any()
            }}
            <form method="post" action=path::CANNED novalidate class="section">
                <h2>{heading}</h2>
                {changed.map(|answer| view! { <input type="hidden" name=field::ID value=answer.id.to_string() /> })}
                <TextField name=field::NAME label="Name" value=name error=error(field::NAME) />
                <TextArea name=field::BODY label="Text" value=body rows=8 error=error(field::BODY) prose=true />
                <p class="help">"The request fills these gaps:"</p>
                <ul>{gaps}</ul>
                <div class="buttons">
                    <button class="button primary">"Save answer"</button>
                    <a class="button" href=path::CANNED>"Cancel"</a>
                </div>
            </form>
        }
    });
    Ok(page.with_status(status))
}

fn item(answer: CannedAnswer) -> AnyView {
    let CannedAnswer { id, name, body } = answer;
    let change = path::asking(path::CANNED, [(field::ID, id.to_string())]);
    view! {
        <li class="message">
            <h2 class="wrap">{name.clone()}</h2>
            <p class="body">{body}</p>
            <div class="buttons">
                <a class="button compact" href=change aria-label=format!("Change {name}")>"Change"</a>
                <form method="post" action=path::remove_canned(id)>
                    <button class="button compact" aria-label=format!("Remove {name}")>"Remove"</button>
                </form>
            </div>
        </li>
    }
    .into_any()
}
