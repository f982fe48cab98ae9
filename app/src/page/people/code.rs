//! The second step of signing in: the code of the second factor.

pub use crate::component::CODE;

use super::sign_in::{Asked, carried};
use crate::{
    component::{CodeField, ErrorSummary, Hidden, Problem, code_status},
    frame::{Page, Visit},
};
use leptos::prelude::*;
use portal::{Error, path, people::NotFinished};

/// Field of the token that the password led to.
pub const TOKEN: &str = "token";

/// The page that asks for the code, after the password of `asked`.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(visit: &Visit, token: &str, asked: Asked, why: Option<&NotFinished>) -> Result<Page, Error> {
    let demo = if visit.site.demo { portal::demo::code(&visit.site.portal, &asked.email).await? } else { None };
    let status = match why {
        None => 200,
        Some(NotFinished::Code(problem)) => code_status(problem),
        Some(_) => 422,
    };
    let words = why.map(ToString::to_string);
    let title = if status == 200 { "Enter your code" } else { "Error: Enter your code" };
    let email = asked.email.clone();
    let mut fields = carried(&asked);
    fields.push((TOKEN.to_owned(), token.to_owned()));
    fields.push((super::sign_in::field::EMAIL.to_owned(), email.clone()));
    let page = Page::new(title, move || {
        let problems = words.clone().map(|words| vec![Problem::new(CODE, words)]);
        view! {
            <div class="narrow">
                {problems.map(|problems| view! { <ErrorSummary problems /> })}
                <h1>"Enter your code"</h1>
                <p class="lead">"For "<span class="code">{email}</span>"."</p>
                <form method="post" action=path::FINISH_SIGN_IN novalidate>
                    <Hidden fields />
                    <CodeField error=words />
                    <button class="button primary">"Sign in"</button>
                </form>
                {demo.map(|code| view! {
                    <p class="note info">"The app of this demo sign-in shows "<span class="code demo-code">{code}</span>"."</p>
                })}
                <p>"Phone lost and no recovery code left? Two administrators reset your second factor."</p>
                <p><a href=path::SIGN_IN>"Sign in as somebody else"</a></p>
            </div>
        }
    });
    Ok(page.with_status(status))
}
