//! Pages that say what went wrong, and what to do.

use crate::frame::Page;
use leptos::prelude::*;

fn page(status: u16, title: &'static str, words: String, next: impl IntoView + 'static) -> Page {
    Page::new(title, move || {
        view! {
            <h1>{title}</h1>
            <p class="lead">{words}</p>
            <p>{next}</p>
        }
    })
    .with_status(status)
}

fn home() -> impl IntoView {
    view! { <a href="/">"Go to the start page"</a> }
}

/// The same for what does not exist and for what belongs to others.
#[must_use]
pub fn not_found() -> Page {
    page(404, "Not found", "There is nothing at this address, or you may not see it.".into(), home())
}

#[must_use]
pub fn unavailable(reference: &str) -> Page {
    let words = format!("The database cannot be reached. Nothing was changed. Reference: {reference}.");
    page(503, "Not available right now", words, "Try again in a moment: reload this page, or go back and send the form again.")
}

/// The answer was given up. Whether the work was finished is not known here, so the words promise nothing but that repeating does no harm.
#[must_use]
pub fn too_slow(reference: &str) -> Page {
    let words = format!("The answer took too long and was given up. Reference: {reference}.");
    let next =
        "Try again in a moment: reload this page, or go back and send the form again. What was already done is not done twice.";
    page(503, "Not available right now", words, next)
}

/// `reference` leads to the entries in the log.
#[must_use]
pub fn internal(reference: &str) -> Page {
    let words = format!("An internal error occurred. Reference: {reference}.");
    page(500, "Internal error", words, "Nothing was changed. Try again; if it happens again, tell us the reference.")
}

/// Something that administrators do, asked for by somebody else.
#[must_use]
pub fn for_administrators() -> Page {
    let next = view! { <a href=portal::path::ACCOUNTS>"Your accounts"</a> };
    page(403, "For administrators", "Administrators alone do this. Nothing was changed.".into(), next)
}

/// An action of the workbench, asked for by somebody else.
#[must_use]
pub fn for_analysts() -> Page {
    let next = view! { <a href=portal::path::REQUESTS>"Your requests"</a> };
    page(403, "For licensing analysts", "Licensing analysts alone do this. Nothing was changed.".into(), next)
}

/// Something that this person may not do in an account whose page has this address.
#[must_use]
pub fn not_permitted(why: portal::NotPermitted, people: String) -> Page {
    let next = view! { <a href=people>"People of the account"</a> };
    page(403, "Not permitted", format!("{why} Nothing was changed."), next)
}

#[must_use]
pub fn too_large(most_bytes: usize) -> Page {
    let words = format!("What was sent is larger than {} KiB, the most that a form may have.", most_bytes / 1024);
    page(413, "Too large", words, "Go back, shorten it and send it again.")
}

#[must_use]
pub fn busy_uploading(reference: &str) -> Page {
    let words = format!("Many files are uploaded at the moment. None of yours was taken. Reference: {reference}.");
    page(503, "Not available right now", words, "Try again in a moment: go back and send them again.")
}

/// The virus scanner has not spoken about an attachment.
#[must_use]
pub fn being_checked(reference: &str) -> Page {
    let words = format!("This file is still being checked for viruses. Reference: {reference}.");
    page(503, "Not available yet", words, "Try again in a moment: nobody gets it before.")
}

/// Nothing moved on the line for a while.
#[must_use]
pub fn upload_stalled() -> Page {
    let words = "Nothing of the upload arrived for 30 seconds, so it was given up. Files that had arrived whole were kept.";
    page(408, "The upload stalled", words.into(), "Go back, and send the others again.")
}

/// One person sends table after table.
#[must_use]
pub fn busy_planning() -> Page {
    let words = "Several plans of yours are being worked out. Nothing was changed.";
    page(429, "One after the other", words.into(), "Wait until they are there, then send this one again.")
}

/// `origin` is where people reach the portal.
#[must_use]
pub fn other_host(origin: String) -> Page {
    let words = "This is not the host that you asked for.".to_owned();
    let link = origin.clone();
    page(421, "Another host", words, view! { "This portal is at " <a href=link>{origin}</a> "." })
}

#[must_use]
pub fn address_too_long() -> Page {
    let words = "The address is longer than any page of this site has.";
    page(414, "The address is too long", words.into(), home())
}

/// A body that is not the form that this product sends.
#[must_use]
pub fn unreadable(fact: String) -> Page {
    page(400, "Not readable", fact, "Nothing was changed. Open the form again and send it from there.")
}

#[must_use]
pub fn method_not_allowed() -> Page {
    page(405, "Not possible here", "This address does not take what was sent.".into(), home())
}

#[must_use]
pub fn foreign_origin() -> Page {
    let words = "The form was sent from another site. Nothing was changed.";
    page(403, "Not accepted", words.into(), "Open the page here and send the form from it.")
}
