//! One request on the workbench.

use super::{
    attachments::{Action, FILES, UploadForm, list_of},
    conversation::{Answers, Conversation},
    follow::Key,
    keys::Keys,
};
use crate::{
    component::{ErrorSummary, Icon, Instant, Problem, SelectField, TextArea, TextField, icon},
    frame::Page,
    page::files::form::REQUEST,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{
    Garn,
    files::request::field as file,
    orders::entitlement::Holding,
    requests::{RequestNumber, Resolution},
};
use portal::{
    AnalystAccess, Error,
    orders::OwnedProduct,
    path,
    requests::{Analyst, Attachment, BoundFile, Facts, MailPreview, NotAttached, NotHeld, NotSent, NotedMail, RequestWork, Scan},
};

/// Names of the form's fields.
pub mod field {
    pub const REPLY: &str = "reply";
    pub const RESOLUTION: &str = "resolution";
    pub const REVISION: &str = "revision";
    pub const NOTE: &str = "note";
    /// Serial of a file that is handed over with the reply.
    pub const FILE: &str = "file";
    /// Row id of a provided file that is handed over with the reply.
    pub const PROVIDED: &str = "provided";
    /// Action of the reply form: [`PREVIEW`] or [`INSERT`]; without one the reply is sent.
    pub const STEP: &str = "step";
    pub const PREVIEW: &str = "preview";
    pub const INSERT: &str = "insert";
    /// Row id of an answer that is kept ready.
    pub const CANNED: &str = "canned";
    pub const ANALYST: &str = "analyst";
    pub const GARN: &str = "garn";
}

/// Fields as typed, and the reason the action was refused.
#[derive(Default)]
pub struct FormState {
    pub fields: Vec<(String, String)>,
    /// Field that the reason is about.
    pub field: &'static str,
    pub why: Option<NotHeld>,
    /// Files that were not taken.
    pub refused: Vec<NotAttached>,
    /// The mail that the reply would send.
    pub preview: Option<MailPreview>,
}

impl FormState {
    fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone())
    }

    fn status(&self) -> u16 {
        match &self.why {
            None if self.refused.is_empty() => 200,
            None => 422,
            Some(
                NotHeld::Taken(_)
                | NotHeld::Held
                | NotHeld::NotYours
                | NotHeld::ChangedMeanwhile
                | NotHeld::NotSent(NotSent::KeyReused),
            ) => 409,
            Some(_) => 422,
        }
    }
}

/// # Errors
/// [`Error::NotFound`].
pub async fn show(access: &AnalystAccess, number: RequestNumber, state: FormState) -> Result<Page, Error> {
    let work = portal::requests::work(access, number).await?;
    let analysts = portal::requests::analysts(access).await?;
    let canned = portal::requests::canned_answers(access).await?;
    // A database that takes no writes can still be read.
    let readers = portal::requests::reading(access, number).await.unwrap_or_default();
    let portal = access.caller().portal();
    let keys = [portal.new_submission_key(), portal.new_submission_key()];
    let zone = access.caller().person().time_zone;
    let status = state.status();
    let title = if status == 200 { number.to_string() } else { format!("Error: {number}") };
    let page = Page::new(title, move || {
        let [reply_key, note_key] = keys;
        let problem = state.why.as_ref().map(ToString::to_string);
        let at = |name: &str| problem.clone().filter(|_| state.field == name);
        let upload: Vec<_> = state.refused.iter().map(|why| Problem::new(FILES, why.to_string())).collect();
        let problems: Vec<_> =
            problem.clone().map(|words| Problem::new(state.field, words)).into_iter().chain(upload.clone()).collect();
        let base = path::request(number);
        let RequestWork { request, assigned_to, is_mine, revision, facts, files, attachments, mails, timeline } = work;
        let (provided, attached): (Vec<_>, Vec<_>) = attachments.into_iter().partition(|file| file.provided);
        let recipients: Vec<String> = std::iter::once(request.email.clone()).chain(request.copies.clone()).collect();
        let resolutions =
            Resolution::ALL.iter().map(|resolution| (resolution.code().to_owned(), resolution.to_string())).collect();
        let others = analysts.iter().map(|analyst| (analyst.id.to_string(), analyst.name.clone())).collect();
        let resolution = Some(state.value(field::RESOLUTION))
            .filter(|code| !code.is_empty())
            .unwrap_or_else(|| Resolution::Ask.code().to_owned());
        let revision_marked =
            Some(state.value(field::REVISION)).filter(|_| !matches!(state.why, Some(NotHeld::ChangedMeanwhile)));
        let revision = revision_marked.filter(|marked| !marked.is_empty()).unwrap_or_else(|| revision.to_string());
        let typed_garn = Some(state.value(field::GARN)).filter(|typed| !typed.is_empty());
        let garn = typed_garn.or_else(|| facts.account.as_ref().map(|account| account.garn.to_string())).unwrap_or_default();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <div class="page-head">
                <p><a href=path::REQUESTS><Icon icon=icon::BACK />"Requests"</a></p>
                <Keys />
            </div>
            <h1>{format!("{number}: {}", request.subject)}</h1>
            <p class="lead">
                <span class="badge">{request.state.to_string()}</span>
                {request.urgent.then(|| view! { " "<span class="badge bad"><Icon icon=icon::WARNING />"Urgent"</span> })}
                {request.mailbox_confirmed_at.is_none().then(|| view! { " "<span class="badge warn"><Icon icon=icon::WARNING />"Mailbox not confirmed"</span> })}
            </p>
            <div class="workbench">
                <div>
                    <p class="readers" role="status" data-reading=path::reading(number)>{also_reading(&readers)}</p>
                    <Held assigned_to is_mine others base=base.clone() error=at(field::ANALYST) />
                    <h2>"Conversation"</h2>
                    <Conversation messages=request.messages.clone() zone />
                    <h2>"Attachments"</h2>
                    {list_of(attached, Action::Download(&format!("{base}/attachments")))}
                    {is_mine.then(|| view! {
                        <form method="post" action=format!("{base}/answer") novalidate class="section reply">
                            <h2>"Reply"</h2>
                            {state.preview.clone().map(preview)}
                            <p class="help wrap">{format!("The mail goes to {}.", recipients.join(", "))}</p>
                            <Key key=reply_key />
                            {(!canned.is_empty()).then(|| {
                                let options = canned.into_iter().map(|answer| (answer.id.to_string(), answer.name)).collect();
                                view! {
                                    <div class="row">
                                        <SelectField name=field::CANNED label="Canned answer" options value="" all=false />
                                        <button class="button" name=field::STEP value=field::INSERT>"Insert"</button>
                                    </div>
                                }
                            })}
                            <input type="hidden" name=field::REVISION value=revision />
                            <TextArea name=field::REPLY label="Reply" value=state.value(field::REPLY) rows=8 error=at(field::REPLY) prose=true />
                            {handed_over(&files, &provided, &state)}
                            <SelectField name=field::RESOLUTION label="State after it" options=resolutions value=resolution />
                            <div class="buttons">
                                <button class="button primary">"Send reply"</button>
                                <button class="button" name=field::STEP value=field::PREVIEW>"Preview the mail"</button>
                            </div>
                        </form>
                    })}
                    {is_mine.then(|| view! {
                        <div class="section">
                            <h2>"Files to hand over"</h2>
                            <p class="help">"Files of third parties. The requester sees one when a reply hands it over."</p>
                            {list_of(provided, Action::Remove(&format!("{base}/provided")))}
                            <UploadForm action=format!("{base}/provided") problems=upload />
                        </div>
                    })}
                    <form method="post" action=format!("{base}/note") novalidate class="section internal">
                        <h2>"Internal note"</h2>
                        <p class="help">"Analysts alone see it. It is mailed to nobody."</p>
                        <Key key=note_key />
                        <TextArea name=field::NOTE label="Note" value=state.value(field::NOTE) rows=3 error=at(field::NOTE) prose=true />
                        <div class="buttons"><button class="button">"Add note"</button></div>
                    </form>
                </div>
                <aside aria-label="Facts">
                    <h2>"Details"</h2>
                    <dl class="facts">
                        <div><dt>"Requester"</dt><dd class="wrap">{request.name.clone()}</dd></div>
                        <div><dt>"Addresses"</dt><dd class="wrap">{recipients.join(", ")}</dd></div>
                    </dl>
                    <Answers answers=request.answers.clone() />
                    <AboutAccount facts=facts.clone() number base=base.clone() garn error=at(field::GARN) />
                    <Others facts zone />
                    <Mails mails zone />
                    <h2>"Timeline"</h2>
                    <ol class="timeline">
                        {timeline.into_iter().map(|(at, actor, action)| view! { <li><Instant at zone />": "{action}", "{actor}</li> }).collect_view()}
                    </ol>
                </aside>
            </div>
        }
    });
    Ok(page.with_status(status))
}

/// Words about analysts who read the request, too; empty when there are none.
#[must_use]
pub fn also_reading(readers: &[String]) -> String {
    match readers {
        [] => String::new(),
        [one] => format!("{one} reads this request, too."),
        many => format!("{} read this request, too.", many.join(" and ")),
    }
}

/// The mail of a reply, before it goes.
fn preview(mail: MailPreview) -> AnyView {
    let MailPreview { recipients, subject, text, files } = mail;
    view! {
        <div class="preview" id="preview" tabindex="-1" role="group" aria-labelledby="preview-title">
            <h3 id="preview-title">"The mail as it will go"</h3>
            <dl class="facts">
                <div><dt>"To"</dt><dd class="wrap">{recipients.join(", ")}</dd></div>
                <div><dt>"Subject"</dt><dd class="wrap">{subject}</dd></div>
                {(!files.is_empty()).then(|| view! { <div><dt>"Attached"</dt><dd class="wrap">{files.join(", ")}</dd></div> })}
            </dl>
            <p class="body">{text}</p>
        </div>
    }
    .into_any()
}

/// Analyst who has the request, with the buttons that change it.
#[component]
fn Held(
    assigned_to: Option<Analyst>,
    is_mine: bool,
    others: Vec<(String, String)>,
    base: String,
    error: Option<String>,
) -> AnyView {
    let words = match &assigned_to {
        None => "Nobody has this request.".to_owned(),
        Some(_) if is_mine => "You have this request.".to_owned(),
        Some(analyst) => format!("{} has this request.", analyst.name),
    };
    let to = assigned_to.as_ref().map(|analyst| analyst.id.to_string()).unwrap_or_default();
    view! {
        <div class="held">
            <p>{words}</p>
            {assigned_to.is_none().then(|| view! {
                <form method="post" action=format!("{base}/claim")><button class="button primary" data-key="c">"Claim"</button></form>
            })}
            {is_mine.then(|| view! {
                <form method="post" action=format!("{base}/release")><button class="button">"Release"</button></form>
            })}
            <form method="post" action=format!("{base}/hand-over") class="row">
                <SelectField name=field::ANALYST label="Hand over to" options=others value=to error />
                <button class="button">"Hand over"</button>
            </form>
        </div>
    }
    .into_any()
}

/// Files that were generated for the request: the reply carries those that are ticked.
fn handed_over(files: &[BoundFile], provided: &[Attachment], state: &FormState) -> Option<AnyView> {
    let ready = provided.iter().filter(|file| matches!(file.scan, Scan::None | Scan::Clean)).map(|file| {
        let (value, id) = (file.id.to_string(), format!("provided-{}", file.id));
        let ticked = state.fields.iter().any(|(name, sent)| name == field::PROVIDED && *sent == value);
        let checked = ticked || (state.fields.is_empty() && file.handed_at.is_none());
        let was = file.handed_at.map(|_| "It was handed over before.".to_owned());
        choice(field::PROVIDED, (value, id), &file.name, checked, was)
    });
    let bound = files.iter().map(|file| {
        let (serial, id) = (file.serial.to_string(), format!("file-{}", file.serial));
        let ticked = state.fields.iter().any(|(name, value)| name == field::FILE && *value == serial);
        let checked = ticked || (state.fields.is_empty() && file.handed.is_none());
        let was = file.handed.map(|revision| format!("Revision {revision} was handed over before."));
        choice(field::FILE, (serial.clone(), id), &serial, checked, was)
    });
    let items: Vec<_> = bound.chain(ready).collect();
    (!items.is_empty()).then(|| items.into_any())
}

/// A file that is handed over when it is ticked.
fn choice(name: &'static str, (value, id): (String, String), file: &str, checked: bool, was: Option<String>) -> AnyView {
    view! {
        <div class="choice">
            <input type="checkbox" id=id.clone() name=name value=value checked=checked />
            <label for=id><span class="wrap">{format!("Hand over {file}, attached and as a link")}</span><span class="help">{was}</span></label>
        </div>
    }
    .into_any()
}

#[component]
fn AboutAccount(facts: Facts, number: RequestNumber, base: String, garn: String, error: Option<String>) -> AnyView {
    let account = facts.account.map(|account| {
        let state = if account.linked { "" } else { " (typed by the requester, not linked)" };
        view! {
            <p>
                <a href=path::account(&account.garn)>{account.name}</a>{format!(" {}, {}{state}", account.garn, account.licence_model)}
            </p>
            <p><a href=path::summary(&account.garn)>"Account summary"</a></p>
            <p><a class="button" href=generate(&account.garn, number, &facts.hosts)>"Generate from this request"</a></p>
            <Owned products=facts.owned />
        }
    });
    view! {
        <h2>"Account"</h2>
        {account}
        <form method="post" action=format!("{base}/account") novalidate>
            <TextField name=field::GARN label="GARN" value=garn error code=true />
            <div class="buttons"><button class="button compact">"Link account"</button></div>
        </form>
    }
    .into_any()
}

/// Parts that the account owns, and the rest that is left of each.
#[component]
fn Owned(products: Vec<OwnedProduct>) -> AnyView {
    let items = products
        .into_iter()
        .map(|product| {
            let rows = product
                .lines
                .iter()
                .map(|line| {
                    let holding = Holding::of(std::slice::from_ref(&line.entitlement));
                    let left = if holding.unlimited { "billed by use".to_owned() } else { holding.available().to_string() };
                    view! { <div><dt class="wrap">{line.description.clone()}" "<span class="code">{line.number.to_string()}</span></dt><dd>{left}</dd></div> }
                })
                .collect_view();
            view! { <details><summary>{format!("{}: what is left", product.name)}</summary><dl class="facts">{rows}</dl></details> }
        })
        .collect_view();
    items.into_any()
}

/// *New activation file*, filled in from the request.
fn generate(garn: &Garn, number: RequestNumber, hosts: &[String]) -> String {
    let [primary, switchover] = [0, 1].map(|at| hosts.get(at).cloned().unwrap_or_default());
    let fields = [(REQUEST, number.to_string()), (file::HOST_ID, primary), (file::SWITCHOVER_HOST_ID, switchover)];
    path::asking(&path::new_file(garn), fields.into_iter().filter(|(_, value)| !value.is_empty()))
}

/// Mails that concern the request without being its messages.
#[component]
fn Mails(mails: Vec<NotedMail>, zone: Tz) -> AnyView {
    let items: Vec<_> = mails
        .into_iter()
        .map(|NotedMail { at, sender, subject, reason, body }| {
            view! {
                <li>
                    <Instant at zone />": "<span class="wrap">{format!("{sender}, {subject}. {reason}")}</span>
                    {(!body.is_empty()).then(|| view! { <details class="history"><summary>"Text"</summary><p class="body">{body}</p></details> })}
                </li>
            }
        })
        .collect();
    (!items.is_empty())
        .then(|| view! { <h2>"Mail that is no message"</h2><ul>{items}</ul><p><a href=path::MAIL>"Mail"</a></p> })
        .into_any()
}

/// Files of the named hosts, and other requests.
#[component]
fn Others(facts: Facts, zone: Tz) -> AnyView {
    let hosts = facts.hosts.join(", ");
    let files = facts
        .files
        .into_iter()
        .map(|(garn, file)| view! { <li><a class="code" href=path::file(&garn, &file.serial)>{file.serial.to_string()}</a>{format!(" {}, {garn}", file.machines.join(", "))}</li> })
        .collect_view();
    let others = facts
        .others
        .into_iter()
        .map(|other| {
            view! {
                <li>
                    <a class="code" href=path::request(other.number)>{other.number.to_string()}</a>
                    {format!(" {}, {}, ", other.subject, other.state)}<Instant at=other.submitted_at zone />
                </li>
            }
        })
        .collect_view();
    view! {
        {(!hosts.is_empty()).then(|| view! { <h2>"Files of the host ids"</h2><p class="code wrap">{hosts}</p><ul>{files}</ul> })}
        <h2>"Other requests"</h2>
        <ul>{others}</ul>
    }
    .into_any()
}
