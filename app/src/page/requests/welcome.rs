//! Welcome page: purpose of the request form, before its first field.

use crate::{
    component::{Icon, Instant, icon},
    frame::Page,
};
use chrono_tz::UTC;
use leptos::prelude::*;
use licensing::requests::RequestForm;
use portal::{path, requests::Draft};
use std::sync::Arc;

/// `draft` is what was begun in this browser before; `asked` are fields that whoever sent the person here has filled in.
#[must_use]
pub fn show(form: Arc<RequestForm>, draft: Option<Draft>, asked: &[(String, String)]) -> Page {
    let begin = path::asking(path::NEW_REQUEST, asked.iter().map(|(name, value)| (name, value)));
    Page::new("Activation file request", move || {
        let categories = form
            .category
            .iter()
            .map(|category| view! { <div><dt>{category.label.clone()}</dt><dd>{category.help.clone()}</dd></div> })
            .collect_view();
        view! {
            <div class="request-form">
                <h1>"Activation file request"</h1>
                <p class="lead">
                    "Ask the licensing team for an activation file that you cannot generate yourself, or ask a question about one. You need no sign-in."
                </p>
                {draft.map(|draft| view! {
                    <div class="note info">
                        <p>
                            "You began a request in this browser on "<Instant at=draft.saved_at zone=UTC />". "
                            <a href=path::request_form(draft.key.as_str())>"Continue it"</a>
                        </p>
                    </div>
                })}
                <ol>
                    <li><b>"Request details."</b>" Who you are, which account it is for, and what you need."</li>
                    <li><b>"Attachments."</b>" What helps to answer it, such as the sales order. Then you get a mail with the number of the request and a link to follow it."</li>
                </ol>
                <h2>"Categories"</h2>
                <dl class="facts">{categories}</dl>
                <h2>"What you need"</h2>
                <ul>
                    <li>"Your e-mail address at work: the answer goes there."</li>
                    <li>
                        "The account reference number of the end user (GARN), if you have it. It stands in the software fulfilment notice and in quotes for the renewal of a sale or of maintenance; your sales contact and customer care know it, too."
                    </li>
                    <li>"For a new file: the host id of each server, which GetHostID shows, and the number of the sales order."</li>
                </ul>
                <div class="buttons">
                    <a class="button primary" href=begin>"Continue"<Icon icon=icon::NEXT /></a>
                </div>
            </div>
        }
    })
}
