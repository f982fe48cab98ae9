//! Sending the public form.

use super::{
    browser::BrowserAccess,
    confirmation::{ConfirmRequest, Confirmed, WAIT, confirm},
    limits::{self, TooMany},
    message::{self, MessageKind},
};
use crate::{
    access::caller::Caller,
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    jobs::queue::enqueue,
    store::{
        entity::{request, request_host},
        insertion::{insert, insert_returning_ids},
        statement::{row, run},
        write::Write,
    },
    submission::key::SubmissionKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use licensing::requests::{RequestDetails, RequestNumber, RequestState};
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Whoever sends the form.
pub struct Sender<'a> {
    pub browser: &'a BrowserAccess,
    pub address: IpAddr,
    /// Somebody who has signed in.
    pub caller: Option<&'a Caller>,
}

/// A request that was sent from this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub number: RequestNumber,
    /// It waits until its mailbox is confirmed.
    pub held: bool,
    /// The confirmation is on its way.
    pub confirmed: bool,
}

/// Why a request was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSubmitted {
    /// The form was sent before, with other content.
    #[error(
        "This form was sent already, as {0}. What you changed since was not sent: follow the link in the mail about {0}, and write there."
    )]
    SentBefore(RequestNumber),
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Error(#[from] Error),
}

#[derive(FromQueryResult)]
struct Sent {
    id: i64,
    request_sha256: Vec<u8>,
    held: bool,
    confirmed: bool,
}

/// The request that was sent under `key` from this browser, if there is one.
async fn sent(browser: &BrowserAccess, on: &impl ConnectionTrait, key: &str) -> Result<Option<Sent>, Error> {
    let sql = "SELECT id, request_sha256, held, confirmed_at IS NOT NULL AS confirmed FROM requests
               WHERE draft_key = $1 AND browser_sha256 = $2";
    row(on, "request: of a form", sql, [key.into(), browser.sha256().into()]).await
}

impl Sent {
    fn submitted(&self) -> Submitted {
        Submitted { number: RequestNumber::of_id(self.id), held: self.held, confirmed: self.confirmed }
    }
}

/// The request that was sent under `key` from this browser.
///
/// # Errors
/// [`Error::NotFound`], the same for another browser's and for none.
pub async fn submitted(browser: &BrowserAccess, key: &str) -> Result<Submitted, Error> {
    let sent = sent(browser, browser.portal().database.read(), key).await?;
    sent.map(|sent| sent.submitted()).ok_or(Error::NotFound)
}

/// Takes a request. The same form sent again is the same request.
///
/// # Errors
/// [`NotSubmitted`]; nothing was changed then.
pub async fn submit(sender: &Sender<'_>, key: &SubmissionKey, details: &RequestDetails) -> Result<Submitted, NotSubmitted> {
    let portal = sender.browser.portal();
    let sha256 = Sha256::digest(serde_json::to_vec(details).map_err(Error::internal)?).to_vec();
    let account = match (sender.caller, &details.garn) {
        (Some(caller), Some(garn)) => match caller.account(garn.as_str()).await {
            Ok(access) => Some(access.account_id()),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error.into()),
        },
        _ => None,
    };
    let write = portal.database.write().await?;
    limits::lock(&write, [key.as_str(), details.email.as_str()]).await?;
    if let Some(sent) = sent(sender.browser, write.on(), key.as_str()).await? {
        let same = sent.request_sha256 == sha256;
        return if same { Ok(sent.submitted()) } else { Err(NotSubmitted::SentBefore(sent.submitted().number)) };
    }
    write.reach("begun");
    let now = portal.now();
    let network = portal.pseudonym_of_address(sender.address);
    let (email, domain) = (details.email.as_str(), details.email.domain());
    let earlier = limits::check(&write, (email, domain, &network), now).await??;
    let own_mailbox = sender.caller.is_some_and(|caller| caller.person().email.eq_ignore_ascii_case(email));
    let held = !own_mailbox && earlier.holds();
    let row = request::ActiveModel {
        id: NotSet,
        draft_key: Set(key.as_str().to_owned()),
        browser_sha256: Set(sender.browser.sha256()),
        request_sha256: Set(sha256),
        link: Set(URL_SAFE_NO_PAD.encode(portal.ctx.random::<24>())),
        mailbox_key: Set(URL_SAFE_NO_PAD.encode(portal.ctx.random::<24>())),
        mailbox_confirmed_at: Set(own_mailbox.then_some(now)),
        held: Set(held),
        network: Set(network),
        kind: Set(details.kind.code().to_owned()),
        category: Set(details.category.clone()),
        file_type: Set(details.file_type.clone()),
        urgent: Set(details.urgent),
        needed_by: Set(details.needed_by),
        name: Set(details.name.clone()),
        email: Set(email.to_owned()),
        domain: Set(domain.to_owned()),
        copies: Set(json!(details.copies)),
        garn: Set(details.garn.as_ref().map(ToString::to_string)),
        subject: Set(details.subject.clone()),
        answers: Set(json!(details.answers)),
        person_id: Set(sender.caller.map(Caller::person_id)),
        account_id: Set(account),
        submitted_at: Set(now),
        confirmed_at: Set(None),
        state: Set(RequestState::New.code().to_owned()),
        assigned_to: Set(None),
        changed_at: Set(now),
        answered_at: Set(None),
        ended_at: Set(None),
        revision: Set(1),
    };
    let id = insert_returning_ids::<request::Entity>(write.on(), vec![row]).await?.remove(0);
    let number = RequestNumber::of_id(id);
    let hosts =
        details.hosts.iter().map(|host| request_host::ActiveModel { request_id: Set(id), host_id: Set(host.to_string()) });
    insert::<request_host::Entity>(write.on(), hosts.collect()).await?;
    let first = message::Draft {
        request: id,
        key,
        kind: MessageKind::Requester,
        person: sender.caller.map(Caller::person_id),
        author: &details.name,
        body: &details.description,
        resolution: None,
        mail: None,
    };
    message::store_alone(&write, &first, now).await?;
    let answers = details.answers.iter().map(|answer| answer.value.as_str());
    let told: Vec<&str> = [details.subject.as_str(), &details.name, email]
        .into_iter()
        .chain(answers)
        .chain([details.description.as_str()])
        .collect();
    message::note_words(&write, id, &told.join(" ")).await?;
    run(write.on(), "request draft: sent", "DELETE FROM request_drafts WHERE key = $1", [key.as_str().into()]).await?;
    enqueue(&write, &ConfirmRequest { request: id }, now + WAIT).await?;
    write.reach("request stored");
    let actor = sender.caller.map_or("requester", |caller| caller.person().name.as_str());
    let mut event = AuditEvent::by_operator(now, actor, EventType::RequestSubmitted, number.to_string());
    event = match sender.caller {
        Some(caller) => event.of_person(caller.person_id()),
        None => event,
    };
    event = match account {
        Some(account) => event.on_account(account),
        None => event,
    };
    let told = json!({ "kind": details.kind, "category": details.category, "type": details.file_type, "urgent": details.urgent });
    write.commit(event.changing(serde_json::Value::Null, told)).await?;
    tracing::info!(%number, kind = details.kind.code(), held, "request submitted");
    Ok(Submitted { number, held, confirmed: false })
}

/// Sends the confirmation now: all attachments are there. Doing so again changes nothing.
///
/// # Errors
/// [`Error::NotFound`]: nothing was sent under `key` from this browser.
pub async fn finish(browser: &BrowserAccess, key: &str) -> Result<Submitted, Error> {
    let portal = browser.portal();
    let write: Write = portal.database.write().await?;
    let sent = sent(browser, write.on(), key).await?.ok_or(Error::NotFound)?;
    if sent.confirmed {
        return Ok(sent.submitted());
    }
    let number = RequestNumber::of_id(sent.id).to_string();
    if let Some(Confirmed { account }) = confirm(portal, &write, sent.id).await? {
        let event = AuditEvent::by_operator(portal.now(), "requester", EventType::RequestConfirmed, number);
        let event = match account {
            Some(account) => event.on_account(account),
            None => event,
        };
        write.commit(event).await?;
    }
    Ok(Submitted { confirmed: true, ..sent.submitted() })
}
