//! *Mail*: what came in and became no message by itself. For analysts.

use crate::{
    component::{ErrorSummary, Icon, Instant, Problem, TextField, icon},
    frame::Page,
    page::requests::conversation::Text,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use portal::{
    AnalystAccess, Error, path,
    requests::{MailView, NotSettled, TrayMail, TrayPage},
};

/// Names of the fields of the page's address and forms.
pub mod field {
    pub const VIEW: &str = "view";
    pub const AFTER: &str = "after";
    pub const NUMBER: &str = "number";
}

/// Part of the tray that is shown.
#[derive(Default)]
pub struct Shown {
    pub view: MailView,
    pub after: Option<i64>,
    /// Mail whose form comes back, with what was typed, and the reason if it was refused.
    pub typed: Option<(i64, String, Option<NotSettled>)>,
    pub dismissed: bool,
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AnalystAccess, shown: Shown) -> Result<Page, Error> {
    let TrayPage { mails, more } = portal::requests::tray(access, shown.view, shown.after).await?;
    let zone = access.caller().person().time_zone;
    let refused = shown.typed.as_ref().and_then(|(id, _, why)| Some((*id, why.as_ref()?.to_string())));
    let status = if refused.is_some() { 422 } else { 200 };
    let title = if status == 200 { "Mail" } else { "Error: Mail" };
    let page = Page::new(title, move || {
        let Shown { view, typed, dismissed, .. } = shown;
        let problems = refused.clone().map(|(id, why)| vec![Problem::new(number_field(id), why)]);
        let views = MailView::ALL
            .into_iter()
            .map(|other| {
                let href = path::asking(path::MAIL, [(field::VIEW, other.code())]);
                view! { <li><a class="chip" href=href aria-current=(other == view).then_some("page")>{label(other)}</a></li> }
            })
            .collect_view();
        let next = mails
            .last()
            .filter(|_| more)
            .map(|last| path::asking(path::MAIL, [(field::VIEW, view.code().to_owned()), (field::AFTER, last.id.to_string())]));
        let empty = mails.is_empty();
        let items = mails.into_iter().map(|mail| item(mail, view, typed.as_ref(), zone)).collect_view();
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {dismissed.then(|| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"The mail was dismissed."</p></div> })}
            <p><a href=path::REQUESTS><Icon icon=icon::BACK />"Requests"</a></p>
            <h1>"Mail"</h1>
            <p class="lead">"A mail becomes a message of its request when it came to the request's own address and from somebody who takes part in it. All others are here; none is answered by itself."</p>
            <nav aria-label="Views"><ul class="chips">{views}</ul></nav>
            {if empty {
                view! { <div class="empty"><p>"No mail in this view."</p></div> }.into_any()
            } else {
                view! { <ol class="conversation">{items}</ol> }.into_any()
            }}
            {next.map(|href| view! { <p><a href=href>"Next page"</a></p> })}
        }
    });
    Ok(page.with_status(status))
}

const fn label(view: MailView) -> &'static str {
    match view {
        MailView::Unverified => "Unverified",
        MailView::Noted => "From programs",
        MailView::Settled => "Settled",
    }
}

fn number_field(id: i64) -> String {
    format!("{}-{id}", field::NUMBER)
}

fn item(mail: TrayMail, view: MailView, typed: Option<&(i64, String, Option<NotSettled>)>, zone: Tz) -> AnyView {
    let TrayMail { id, at, sender, subject, reason, body, request, is_whole, dismissed } = mail;
    let sender = if sender.is_empty() { "No sender".to_owned() } else { sender };
    let named = subject_or(&subject);
    let typed = typed.filter(|(other, ..)| *other == id);
    let error = typed.and_then(|(.., why)| why.as_ref()).map(ToString::to_string);
    let typed = typed.map_or_else(|| request.map(|number| number.to_string()).unwrap_or_default(), |(_, typed, _)| typed.clone());
    let led = match (view, request) {
        (MailView::Settled, Some(number)) if !dismissed => {
            Some(view! { <p>"Added to "<a class="code" href=path::request(number)>{number.to_string()}</a>"."</p> }.into_any())
        }
        (MailView::Settled, _) => Some(view! { <p>"Dismissed."</p> }.into_any()),
        (MailView::Noted, Some(number)) => {
            Some(view! { <p>"It names "<a class="code" href=path::request(number)>{number.to_string()}</a>"."</p> }.into_any())
        }
        _ => None,
    };
    let actions = (view == MailView::Unverified).then(|| {
        view! {
            <form method="post" action=path::add_mail(id) novalidate class="row">
                <TextField name=number_field(id) label="Number of the request" value=typed error code=true />
                <button class="button" aria-label=format!("Add to request: {named}")>"Add to request"</button>
            </form>
            <div class="buttons">
                {is_whole.then(|| view! { <a class="button compact" href=path::raw_mail(id) aria-label=format!("Download as it came: {named}")>"Download as it came"</a> })}
                <form method="post" action=path::dismiss_mail(id)>
                    <button class="button compact" aria-label=format!("Dismiss: {named}")>"Dismiss"</button>
                </form>
            </div>
        }
    });
    view! {
        <li class="message">
            <p class="by"><b class="wrap">{sender}</b>" · "<Instant at zone /></p>
            <h2 class="wrap">{named.clone()}</h2>
            {(!reason.is_empty()).then(|| view! { <p class="wrap">{reason}</p> })}
            <Text text=body />
            {led}
            {actions}
        </li>
    }
    .into_any()
}

fn subject_or(subject: &str) -> String {
    if subject.is_empty() { "(no subject)".to_owned() } else { subject.to_owned() }
}
