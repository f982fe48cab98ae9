//! Messages of a request.

use crate::component::Instant;
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::requests::Answer;
use portal::requests::{Message, MessageKind};

/// The conversation, the first message first. Notes for analysts are unmistakably apart.
#[component]
pub(super) fn Conversation(messages: Vec<Message>, zone: Tz) -> AnyView {
    let items = messages
        .into_iter()
        .map(|Message { kind, at, author, body, resolution }| {
            let (class, side) = match kind {
                MessageKind::Requester => ("message", "Requester"),
                MessageKind::Reply => ("message reply", "Licensing analyst"),
                MessageKind::Note => ("message internal", "Internal note"),
            };
            let led = resolution.map(|resolution| format!(" · {resolution}"));
            view! {
                <li class=class>
                    <p class="by"><b>{author}</b>" · "{side}" · "<Instant at zone />{led}</p>
                    <p class="body">{body}</p>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="conversation">{items}</ol> }.into_any()
}

/// Answers to the fields of the form.
#[component]
pub(super) fn Answers(answers: Vec<Answer>) -> AnyView {
    let rows = answers
        .into_iter()
        .map(|answer| view! { <div><dt>{answer.label}</dt><dd class="wrap">{answer.value}</dd></div> })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }.into_any()
}
