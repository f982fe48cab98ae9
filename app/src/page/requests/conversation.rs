//! Messages of a request.

use crate::component::{Icon, Instant, icon};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::requests::{Answer, quoted};
use portal::requests::{Message, MessageKind};

/// The conversation, the first message first. Notes for analysts are unmistakably apart.
#[component]
pub(super) fn Conversation(messages: Vec<Message>, zone: Tz) -> AnyView {
    let items = messages
        .into_iter()
        .map(|Message { kind, at, author, body, history, resolution, mail }| {
            let (class, side) = match kind {
                MessageKind::Requester => ("message", "Requester"),
                MessageKind::Reply => ("message reply", "Licensing analyst"),
                MessageKind::Note => ("message internal", "Internal note"),
            };
            let by_mail = mail.is_some().then_some(" · by mail");
            let remarks = mail.filter(|remarks| !remarks.is_empty());
            let led = resolution.map(|resolution| format!(" · {resolution}"));
            view! {
                <li class=class>
                    <p class="by"><b>{author}</b>" · "{side}" · "<Instant at zone />{by_mail}{led}</p>
                    <p class="body">{body}</p>
                    <History text=history />
                    {remarks.map(|remarks| view! { <p class="help wrap"><Icon icon=icon::WARNING />{remarks}</p> })}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="conversation">{items}</ol> }.into_any()
}

/// Text of a mail, with the history that it quotes folded.
#[component]
pub(super) fn Text(text: String) -> AnyView {
    let (own, history) = quoted(&text);
    view! { <p class="body">{own.to_owned()}</p><History text=history.to_owned() /> }.into_any()
}

#[component]
fn History(text: String) -> AnyView {
    let folded = (!text.is_empty())
        .then(|| view! { <details class="history"><summary>"Quoted history"</summary><p class="body">{text}</p></details> });
    folded.into_any()
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
