//! A request as its requester sees it: by the private link, or signed in; and the list of one's own.

use super::{
    attachments::{Action, FILES, UploadForm, list_of},
    conversation::{Answers, Conversation},
};
use crate::{
    component::{Column, Copy, ErrorSummary, Icon, Instant, Problem, Table, TextArea, icon},
    frame::Page,
};
use chrono_tz::{Tz, UTC};
use leptos::prelude::*;
use licensing::requests::{RequestKind, field as form};
use portal::{
    AccountAccess, Caller, Error, SubmissionKey, path,
    requests::{Follower, NotAttached, NotSent, RequestAccess, RequestView, next_step},
};

/// Names of the fields of a message.
pub mod field {
    pub const MESSAGE: &str = "message";
}

/// Message above the request.
#[derive(Default)]
pub enum Notice {
    #[default]
    Nothing,
    Sent,
    /// Files were attached.
    Attached,
    /// Files that were not taken.
    NotAttached(Vec<NotAttached>),
    Closed,
    /// The link was renewed.
    Renewed,
    Confirmed,
    /// Message as typed, and the reason it was not sent; none when a session ended over it.
    Typed(String, Option<NotSent>),
}

/// Addresses of the actions of a request.
struct Addresses {
    attachments: String,
    files: String,
    reply: String,
    close: String,
    renew: String,
}

impl Addresses {
    fn of(access: &RequestAccess) -> Self {
        let base = match &access.by {
            Follower::Link(link) => path::follow(link),
            Follower::Person(_) => path::request(access.number()),
        };
        Self {
            attachments: format!("{base}/attachments"),
            files: format!("{base}/files"),
            reply: format!("{base}/reply"),
            close: format!("{base}/close"),
            renew: format!("{base}/link"),
        }
    }
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &RequestAccess, notice: Notice) -> Result<Page, Error> {
    let request = portal::requests::view(access).await?;
    let attached = portal::requests::attachments(&access.into()).await?;
    let key = access.portal().new_submission_key();
    let zone = match &access.by {
        Follower::Link(_) => UTC,
        Follower::Person(caller) => caller.person().time_zone,
    };
    let addresses = Addresses::of(access);
    let by_link = matches!(access.by, Follower::Link(_));
    let status = match &notice {
        Notice::Typed(_, Some(NotSent::KeyReused)) => 409,
        Notice::Typed(_, Some(_)) | Notice::NotAttached(_) => 422,
        _ => 200,
    };
    let title = if status == 200 { format!("Request {}", request.number) } else { format!("Error: Request {}", request.number) };
    let page = Page::new(title, move || {
        let (typed, problem) = match &notice {
            Notice::Typed(typed, why) => (typed.clone(), why.as_ref().map(ToString::to_string)),
            _ => (String::new(), None),
        };
        let done = match &notice {
            Notice::Sent => Some("Your message was sent."),
            Notice::Closed => Some("The request is closed."),
            Notice::Renewed => Some("The link was renewed: the one of before no longer works. It was mailed to the requester."),
            Notice::Confirmed => Some("Your mailbox is confirmed. An analyst sees the request now."),
            Notice::Attached => Some("The files were attached."),
            Notice::Nothing | Notice::Typed(..) | Notice::NotAttached(_) => None,
        };
        let upload: Vec<Problem> = match &notice {
            Notice::NotAttached(refused) => refused.iter().map(|why| Problem::new(FILES, why.to_string())).collect(),
            _ => Vec::new(),
        };
        let of_message =
            problem.clone().map(|words| Problem { field: field::MESSAGE.to_owned(), label: "Message".to_owned(), words });
        let problems: Vec<Problem> = of_message.into_iter().chain(upload.clone()).collect();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            {done.map(|words| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> })}
            <Head request=request.clone() zone />
            {files(&request, &addresses.files, zone)}
            <h2>"Conversation"</h2>
            <Conversation messages=request.messages.clone() zone />
            <form method="post" action=addresses.reply novalidate>
                <Key key />
                <TextArea name=field::MESSAGE label="Message" value=typed rows=5 error=problem prose=true help="The analyst who works on the request gets a mail about it." />
                <div class="buttons"><button class="button primary">"Send message"</button></div>
            </form>
            <h2>"Attachments"</h2>
            {list_of(attached, Action::Download(&addresses.attachments))}
            <UploadForm action=addresses.attachments.clone() problems=upload />
            <h2>"Details"</h2>
            <Answers answers=request.answers.clone() />
            <div class="buttons">
                {request.state.is_open().then(|| view! {
                    <form method="post" action=addresses.close><button class="button">"Close the request"</button></form>
                })}
                {by_link.then(|| view! {
                    <form method="post" action=addresses.renew><button class="button">"Renew the private link"</button></form>
                })}
            </div>
        }
    });
    Ok(page.with_status(status))
}

/// The key of a submission, carried unseen.
#[component]
pub(super) fn Key(key: SubmissionKey) -> AnyView {
    view! { <input type="hidden" name=crate::page::files::form::KEY value=key.as_str().to_owned() /> }.into_any()
}

/// Activation files that were handed over, each with how to check it.
fn files(request: &RequestView, base: &str, zone: Tz) -> Option<AnyView> {
    let rows: Vec<Vec<AnyView>> = request
        .files
        .iter()
        .map(|file| {
            let (serial, id) = (file.serial.to_string(), format!("sha256-{}", file.serial));
            vec![
                view! { <a href=format!("{base}/{serial}") class="code">{format!("{serial}.I3Lic")}</a> }.into_any(),
                view! { <Instant at=file.at zone /> }.into_any(),
                view! { <span class="code wrap" id=id.clone()>{file.sha256.clone()}</span>" "<Copy of=id what=format!("SHA-256 of {serial}") /> }.into_any(),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <h2>"Activation files"</h2>
            <Table columns=FILE_COLUMNS rows />
            <p><a href="/check">"Check a file"</a></p>
        }
        .into_any()
    })
}

const FILE_COLUMNS: [Column; 3] = [Column::text("File"), Column::text("Handed over"), Column::text("SHA-256")];

#[component]
fn Head(request: RequestView, zone: Tz) -> AnyView {
    let RequestView { number, state, held, subject, name, email, copies, submitted_at, .. } = request;
    let recipients: Vec<String> = std::iter::once(email).chain(copies).collect();
    view! {
        <h1>{format!("{number}: {subject}")}</h1>
        <p class="lead"><span class="badge">{state.to_string()}</span>" "{next_step(state, held)}</p>
        <dl class="facts">
            <div><dt>"Sent"</dt><dd><Instant at=submitted_at zone />" by "{name}</dd></div>
            <div><dt>"Answers go to"</dt><dd class="wrap">{recipients.join(", ")}</dd></div>
        </dl>
    }
    .into_any()
}

/// The page that asks whether the mailbox is the reader's: a scanner that follows the link confirms nothing.
#[must_use]
pub fn mailbox(access: &RequestAccess, action: String) -> Page {
    let number = access.number();
    Page::new(format!("Confirm your mailbox: {number}"), move || {
        view! {
            <h1>"Confirm your mailbox"</h1>
            <p class="lead">{format!("Confirm that you sent the request {number} and read the mailbox that it names.")}</p>
            <form method="post" action=action><div class="buttons"><button class="button primary">"Confirm"</button></div></form>
        }
    })
}

const COLUMNS: [Column; 5] =
    [Column::text("Request"), Column::text("Subject"), Column::text("State"), Column::text("Sent"), Column::text("Last change")];

/// Requests of the person, and of accounts that they see; and what can be asked about `account`.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(caller: &Caller, account: Option<&AccountAccess>) -> Result<Page, Error> {
    let requests = portal::requests::own_requests(caller).await?;
    let zone = caller.person().time_zone;
    let file = (form::KIND, RequestKind::File.code());
    let about = |fields: &[(&'static str, &'static str)]| match account {
        Some(account) => path::new_request_about(&account.garn, fields.iter().copied()),
        None => path::asking(path::NEW_REQUEST, fields.iter().copied()),
    };
    let entries = [
        ("Activation file related question", about(&[(form::KIND, RequestKind::Question.code())])),
        ("Third-party activation file request", about(&[file, (form::CATEGORY, "third-party")])),
        ("Non-perpetual activation file request", about(&[file, (form::CATEGORY, "pay-per-use")])),
        ("Another activation file request", about(&[file])),
    ];
    Ok(Page::new("Requests", move || {
        let entries = entries.into_iter().map(|(words, href)| view! { <li><a href=href>{words}</a></li> }).collect_view();
        let rows: Vec<Vec<AnyView>> = requests
            .into_iter()
            .map(|request| {
                vec![
                    view! { <a href=path::request(request.number) class="code">{request.number.to_string()}</a> }.into_any(),
                    view! { <span class="wrap">{request.subject}</span> }.into_any(),
                    request.state.to_string().into_any(),
                    view! { <Instant at=request.submitted_at zone /> }.into_any(),
                    view! { <Instant at=request.changed_at zone /> }.into_any(),
                ]
            })
            .collect();
        view! {
            <h1>"Requests"</h1>
            <p class="lead">"Licensing analysts answer questions, and generate the files that you cannot generate yourself."</p>
            <h2>"New request"</h2>
            <ul>{entries}</ul>
            <h2>"Sent"</h2>
            {if rows.is_empty() {
                view! { <div class="empty"><p>"You have sent no activation file request, and none is linked to your accounts."</p></div> }.into_any()
            } else {
                view! { <Table columns=COLUMNS rows /> }.into_any()
            }}
        }
    }))
}
