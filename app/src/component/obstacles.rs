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
    /// Fields of a request that are known here.
    #[prop(optional)]
    known: Known,
) -> AnyView {
    let Obstacles { reasons, colleagues } = obstacles;
    let items = reasons
        .into_iter()
        .map(|reason| {
            let way =
                view! { <WayOutOf garn=garn.clone() reason=reason.clone() colleagues=colleagues.clone() known=known.clone() /> };
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

/// Fields of a request, as far as a page that leads there knows them.
pub type Known = Vec<(&'static str, String)>;

/// Link to the form of activation file requests, filled in for an account.
#[component]
pub fn RequestLink(
    garn: Garn,
    #[prop(optional)] known: Known,
    #[prop(default = "Send an activation file request")] words: &'static str,
) -> AnyView {
    let known = known.iter().map(|(name, value)| (*name, value.as_str())).filter(|(_, value)| !value.is_empty());
    let href = path::new_request_about(&garn, std::iter::once((field::KIND, RequestKind::File.code())).chain(known));
    view! { <a href=href>{words}</a> }.into_any()
}

/// The way out of one reason, as links.
#[component]
pub fn WayOutOf(garn: Garn, reason: Ineligible, colleagues: Vec<Colleague>, #[prop(optional)] known: Known) -> AnyView {
    let category = match reason {
        Ineligible::LicenceModel(..) => "pay-per-use",
        _ => "genesys",
    };
    let with =
        |more: Known| [(field::CATEGORY, category.to_owned())].into_iter().chain(more).chain(known.clone()).collect::<Known>();
    // A host that died while a certification had lapsed cannot wait for it.
    let urgent = matches!(reason, Ineligible::CertificationExpired { .. }).then(|| {
        let rehost = with(vec![(field::TYPE, "reallocation".to_owned()), (field::URGENT, "yes".to_owned())]);
        view! { " If a server is down: " <RequestLink garn=garn.clone() known=rehost words="ask for an urgent rehost" /> "." }
    });
    let request = view! { <RequestLink garn=garn.clone() known=with(Vec::new()) /> };
    match reason.way_out() {
        WayOut::Colleagues if colleagues.is_empty() => {
            view! { "No colleague of this account is certified today. " {request} "." {urgent} }.into_any()
        }
        WayOut::Colleagues => {
            let last = colleagues.len() - 1;
            let names = colleagues.into_iter().enumerate().map(|(at, Colleague { name, email })| {
                let after = if at == last { "." } else { ", " };
                view! { <a href=format!("mailto:{email}")>{name}</a> {after} }
            });
            view! { "Certified today: " {names.collect_view()} {urgent} }.into_any()
        }
        WayOut::Request => view! { {request} "." }.into_any(),
        WayOut::People => view! { <a href=path::people(&garn)>"People of the account"</a> }.into_any(),
        WayOut::InstallSites => view! { <a href=format!("{}?inactive", path::sites(&garn))>"Install sites"</a> }.into_any(),
        WayOut::Summary => view! { <a href=path::summary(&garn)>"Account summary"</a> }.into_any(),
    }
}
