//! *Revoke*: a page of its own that says exactly what happens. For licensing analysts.

use super::{deactivate::returns, form::KEY};
use crate::{
    component::{ErrorSummary, Icon, Plate, TextArea, TextField, icon, labelled, problem_of},
    frame::{Page, Tab},
};
use leptos::prelude::*;
use licensing::files::revocation::{RevocationRequest, field};
use portal::{
    AnalystAccount, Error, SubmissionKey,
    files::{FileState, NotRevoked},
    path,
};

/// The page of one file, with the form as it was typed and the reason that it was refused.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(
    access: &AnalystAccount,
    serial: &str,
    key: SubmissionKey,
    typed: RevocationRequest,
    why: Option<NotRevoked>,
) -> Result<Page, Error> {
    let file = portal::files::view(access, serial).await?;
    let active = file.row.state == FileState::Active;
    let (status, refusals, told) = match &why {
        None if !active => (409, Vec::new(), Some(format!("{serial} is not active: there is nothing to revoke."))),
        None => (200, Vec::new(), None),
        Some(NotRevoked::Refused(refusals)) => (422, refusals.clone(), None),
        Some(why) => (409, Vec::new(), Some(why.to_string())),
    };
    let of_file = path::file(&access.garn, &file.row.serial);
    let action = path::revoke(&access.garn, &file.row.serial);
    let title = format!("Revoke {}", file.row.serial);
    let head = if status == 200 { title.clone() } else { format!("Error: {title}") };
    let page = Page::new(head, move || {
        let problems = labelled(&refusals, |name| label(name).to_owned());
        let problem = |name| problem_of(&refusals, name);
        let machine = file.primary.name.clone();
        let help = if problem(field::MACHINE).is_some() { String::new() } else { format!("Type {machine} to revoke the file.") };
        let form = active.then(|| {
            view! {
                {returns(&file)}
                <section class="note warn" aria-labelledby="installed-title">
                    <h2 id="installed-title"><Icon icon=icon::WARNING />"An installed copy cannot be recalled"</h2>
                    <p>"The account’s people are told by mail to remove it. Until they do, a server that has this file goes on with it."</p>
                </section>
                <form method="post" action=action novalidate>
                    <input type="hidden" name=KEY value=key.as_str().to_owned() />
                    <div class="section">
                        <TextArea
                            name=field::REASON
                            label=label(field::REASON)
                            value=typed.reason.clone()
                            rows=3
                            help="The account’s people read it, on the file’s page and in the mail."
                            error=problem(field::REASON)
                        />
                        <TextField
                            name=field::MACHINE
                            label=label(field::MACHINE)
                            value=typed.machine.clone()
                            help
                            error=problem(field::MACHINE)
                            code=true
                        />
                    </div>
                    <div class="buttons">
                        <button class="button danger"><Icon icon=icon::DEACTIVATE />{title.clone()}</button>
                    </div>
                </form>
            }
        });
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>{title.clone()}</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <Plate file=file.clone() />
            {form}
            <p><a href=of_file>"Back to the file"</a></p>
        }
    });
    Ok(page.of_account(access, Tab::Files).with_status(status))
}

fn label(name: &str) -> &'static str {
    if name == field::REASON { "Reason" } else { "Machine name" }
}
