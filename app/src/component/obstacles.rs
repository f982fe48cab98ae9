use crate::component::{Icon, icon};
use leptos::prelude::*;
use licensing::{
    Garn,
    offer::eligibility::{Ineligible, WayOut},
    requests::{RequestKind, field},
};
use portal::{
    offer::{Colleague, Obstacles},
    path,
};

/// Why somebody cannot do something here, and the way out of each reason: a colleague by name, a page, or a request.
#[component]
pub fn ObstacleNote(
    garn: Garn,
    obstacles: Obstacles,
    #[prop(into)] title: String,
    /// Somebody tried all the same: the reasons are what they read first.
    #[prop(optional)]
    refused: bool,
    /// Sentence about what stays possible.
    #[prop(default = None)]
    stays: Option<&'static str>,
) -> AnyView {
    let Obstacles { reasons, colleagues } = obstacles;
    let items = reasons
        .into_iter()
        .map(|reason| {
            let way = view! { <WayOutOf garn=garn.clone() reason=reason.clone() colleagues=colleagues.clone() /> };
            view! { <li><strong>{reason.to_string()}</strong>" "{reason.remedy()}" "{way}</li> }
        })
        .collect_view();
    view! {
        <section class="note warn" aria-labelledby="obstacles-title" tabindex="-1" autofocus=refused>
            <h2 id="obstacles-title"><Icon icon=icon::WARNING />{title}</h2>
            <ul>{items}</ul>
            {stays.map(|words| view! { <p>{words}</p> })}
        </section>
    }
    .into_any()
}

/// Link to the form of activation file requests, filled in for an account.
#[component]
pub fn RequestLink(garn: Garn) -> AnyView {
    let href = path::new_request_about(&garn, [(field::KIND, RequestKind::File.code())]);
    view! { <a href=href>"Send an activation file request"</a> }.into_any()
}

/// The way out of one reason, as links.
#[component]
pub fn WayOutOf(garn: Garn, reason: Ineligible, colleagues: Vec<Colleague>) -> AnyView {
    let request = view! { <RequestLink garn=garn.clone() /> };
    match reason.way_out() {
        WayOut::Colleagues if colleagues.is_empty() => {
            view! { "No colleague of this account is certified today. " {request} "." }.into_any()
        }
        WayOut::Colleagues => {
            let last = colleagues.len() - 1;
            let names = colleagues.into_iter().enumerate().map(|(at, Colleague { name, email })| {
                let after = if at == last { "." } else { ", " };
                view! { <a href=format!("mailto:{email}")>{name}</a> {after} }
            });
            view! { "Certified today: " {names.collect_view()} }.into_any()
        }
        WayOut::Request => view! { {request} "." }.into_any(),
        WayOut::InstallSites => view! { <a href=format!("{}?inactive", path::sites(&garn))>"Install sites"</a> }.into_any(),
        WayOut::Summary => view! { <a href=path::summary(&garn)>"Account summary"</a> }.into_any(),
    }
}
