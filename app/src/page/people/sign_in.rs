//! Sign in, also in the middle of something: what was being sent is kept and shown again afterwards.

use crate::{
    component::{Column, ErrorSummary, Hidden, Problem, Table, TextField},
    frame::{Page, Visit},
};
use leptos::prelude::*;
use portal::demo::{DEMO_PASSWORD, DemoPerson};

/// Names of the fields.
pub mod field {
    pub const EMAIL: &str = "email";
    pub const PASSWORD: &str = "password";
    /// The page to go to afterwards.
    pub const RETURN_TO: &str = "return_to";
    /// The form that was sent when the session had ended, as it was sent.
    pub const KEPT_FORM: &str = "kept_form";
    /// The file that was sent with it, and has to be chosen again.
    pub const CHOOSE_AGAIN: &str = "choose_again";
}

/// Contents of the sign-in page.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub email: String,
    /// An address of this site.
    pub return_to: String,
    /// A form body to come back to; empty when there is none.
    pub kept_form: String,
    /// Name of a file that was sent with it: browsers do not give back what they were told to send.
    pub choose_again: Option<String>,
    /// (field, what is wrong with it)
    pub problems: Vec<(&'static str, String)>,
    /// Another password was set just now.
    pub reset: bool,
    /// The code came too long after the password.
    pub ended: bool,
    pub status: u16,
}

/// The page, for everybody who is not signed in.
#[must_use]
pub fn show(visit: &Visit, asked: Asked) -> Page {
    let demo = visit.site.demo;
    let carried = carried(&asked);
    let Asked { email, kept_form, choose_again, problems, reset, ended, status, .. } = asked;
    let title = if problems.is_empty() && !ended { "Sign in" } else { "Error: Sign in" };
    let interrupted = !kept_form.is_empty();
    Page::new(title, move || {
        let problem = |name: &str| problems.iter().find(|(field, _)| *field == name).map(|(_, words)| words.clone());
        let (of_email, of_password) = (problem(field::EMAIL), problem(field::PASSWORD));
        let problems: Vec<_> = problems.into_iter().map(|(field, words)| Problem::new(field, words)).collect();
        view! {
            <div class="narrow">
                {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
                {reset.then(|| view! {
                    <div class="note ok" role="status"><p>"Your password was set. Sign in with it."</p></div>
                })}
                {ended.then(|| view! {
                    <p class="note bad" role="alert">"Too much time went by since you entered your password. Sign in again."</p>
                })}
                <h1>"Sign in"</h1>
                {interrupted.then(|| view! {
                    <p class="note info">"Your session ended. Sign in again: what you typed is kept and shown to you afterwards. Nothing was sent yet."</p>
                })}
                {choose_again.map(|file| view! {
                    <p class="note warn">{format!("The file {file} was not kept. Choose it again after signing in.")}</p>
                })}
                <form method="post" action="/sign-in" novalidate>
                    <Hidden fields=carried />
                    <TextField name=field::EMAIL label="E-mail address" value=email kind="email" autocomplete="username" error=of_email />
                    <TextField name=field::PASSWORD label="Password" value="" kind="password" autocomplete="current-password" error=of_password />
                    <button class="button primary">"Sign in"</button>
                </form>
                <p><a href=portal::path::FORGOTTEN>"Forgotten password"</a></p>
                <p>"Without signing in: " <a href="/check">"check an activation file"</a>", "<a href=portal::path::REQUEST>"send an activation file request"</a></p>
                {demo.then(|| view! { <DemoSignIns /> })}
            </div>
        }
    })
    .with_status(status)
}

/// Fields that are carried along while somebody signs in.
pub(super) fn carried(asked: &Asked) -> Vec<(String, String)> {
    let fields = [(field::RETURN_TO, Some(&asked.return_to)), (field::KEPT_FORM, Some(&asked.kept_form))];
    let fields = fields.into_iter().chain([(field::CHOOSE_AGAIN, asked.choose_again.as_ref())]);
    fields.filter_map(|(name, value)| Some((name.to_owned(), value?.clone()))).collect()
}

const COLUMNS: [Column; 2] = [Column::text("E-mail address"), Column::text("Who it is")];

#[component]
fn DemoSignIns() -> AnyView {
    let rows = DemoPerson::ALL
        .into_iter()
        .map(|person| vec![view! { <span class="code">{person.email}</span> }.into_any(), person.what.into_any()])
        .collect();
    view! {
        <section aria-labelledby="demo-title" class="demo">
            <h2 id="demo-title">"Demo sign-ins"</h2>
            <p>"The password of each is " <span class="code">{DEMO_PASSWORD}</span> "."</p>
            <p>"Analysts and administrators enter a code, too: the next page says which."</p>
            <Table columns=COLUMNS rows />
        </section>
    }
    .into_any()
}
