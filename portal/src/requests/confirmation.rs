//! The mail that confirms a request to all addresses given with it. It says nothing that the sender wrote.

use crate::{
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    jobs::job::{Job, Outcome},
    mail::{Letter, message},
    path,
    portal::Portal,
    requests::reply_address::reply_address,
    store::{statement::row, write::Write},
};
use chrono::TimeDelta;
use licensing::requests::RequestNumber;
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};

/// A confirmation goes out after this time where nobody says that all attachments are there.
pub(super) const WAIT: TimeDelta = TimeDelta::minutes(30);

/// Queues the confirmation of a request, unless that was done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConfirmRequest {
    pub(crate) request: i64,
}

impl Job for ConfirmRequest {
    const KIND: &'static str = "request-confirmation";
    const MOST_ATTEMPTS: u32 = 10;
    const DISCARDABLE: bool = false;

    fn subject(&self) -> String {
        RequestNumber::of_id(self.request).to_string()
    }
}

/// A mail about a request, shown with all others about it.
pub(super) fn letter_about(number: RequestNumber) -> Letter {
    Letter::default().in_thread(number.to_string().to_lowercase())
}

/// A mail about a request to who takes part in it. `secret` is the request's own.
pub(super) fn letter_to_parties(portal: &Portal, number: RequestNumber, secret: &str) -> Letter {
    let replies_to = portal.settings.mail.replies_to.as_ref().map(|mailbox| reply_address(mailbox, number, secret));
    letter_about(number).replies_to(replies_to)
}

/// What says where an answer goes.
pub(super) fn how_to_answer(portal: &Portal) -> &'static str {
    if portal.settings.mail.replies_to.is_some() {
        "Reply to this mail, or follow the request and write to us here"
    } else {
        "Follow it and write to us here"
    }
}

/// Confirms a request that nobody has said to be complete.
pub(crate) async fn confirm_request(portal: &Portal, job: &ConfirmRequest) -> Result<Outcome, Error> {
    let write = portal.database.write().await?;
    if let Some(Confirmed { account }) = confirm(portal, &write, job.request).await? {
        let number = RequestNumber::of_id(job.request);
        let event = AuditEvent::by_operator(portal.now(), "portal", EventType::RequestConfirmed, number.to_string());
        let event = match account {
            Some(account) => event.on_account(account),
            None => event,
        };
        write.commit(event).await?;
    }
    Ok(Outcome::Done)
}

/// Account of a request that was confirmed now.
pub(super) struct Confirmed {
    pub(super) account: Option<i64>,
}

/// Queues the mails that confirm a request, and notes that; `None` when it was confirmed before.
pub(super) async fn confirm(portal: &Portal, write: &Write, id: i64) -> Result<Option<Confirmed>, Error> {
    #[derive(FromQueryResult)]
    struct Unconfirmed {
        link: String,
        mailbox_key: String,
        held: bool,
        mailbox_confirmed: bool,
        email: String,
        copies: serde_json::Value,
        account_id: Option<i64>,
    }
    let now = portal.now();
    let sql = "UPDATE requests SET confirmed_at = $1 WHERE id = $2 AND confirmed_at IS NULL
               RETURNING link, mailbox_key, held, mailbox_confirmed_at IS NOT NULL AS mailbox_confirmed, email, copies, account_id";
    let found: Option<Unconfirmed> = row(write.on(), "request: confirm", sql, [now.into(), id.into()]).await?;
    let Some(request) = found else { return Ok(None) };
    let (url, vendor) = (&portal.settings.public_url, &portal.settings.vendor);
    let number = RequestNumber::of_id(id);
    let follow = format!("{url}{}", path::follow(&request.link));
    let confirm = format!("{url}{}", path::confirm_mailbox(&request.link, &request.mailbox_key));
    let subject = format!("Activation file request {number}");
    let secret = "Whoever has this link can read the request and what is answered. Pass it on only to those whom it concerns.";
    let mut letter =
        letter_to_parties(portal, number, &request.mailbox_key).words(format!("{vendor} has received your request {number}."));
    letter = match (request.held, request.mailbox_confirmed) {
        (true, _) => letter
            .words(
                "Before we work on it, confirm that you sent it: this address has other open requests that nobody has confirmed.",
            )
            .link("Confirm it", confirm),
        (false, false) => letter.link("Confirm that this mailbox is yours", confirm),
        (false, true) => letter,
    };
    letter = letter.link(how_to_answer(portal), &follow).words(secret);
    letter = letter.words("If you did not send a request, ignore this mail.");
    message::queue(write, &letter.mail(request.email, &subject), now).await?;
    let copies: Vec<String> = serde_json::from_value(request.copies).map_err(Error::internal)?;
    let copy = letter_to_parties(portal, number, &request.mailbox_key)
        .words(format!("{vendor} has received the request {number}. Its sender named you as an additional recipient."))
        .link(how_to_answer(portal), &follow)
        .words(secret);
    // A mailbox that must confirm first does not make us write to others.
    for recipient in copies.into_iter().filter(|_| !request.held) {
        message::queue(write, &copy.mail(recipient, &subject), now).await?;
    }
    Ok(Some(Confirmed { account: request.account_id }))
}
