use super::page::{ACCOUNT, AccountFrame, Page, SEARCH, Script, Site, Tab, Theme, Visit, query_value};
use crate::{
    component::{Icon, Sprite, icon},
    page,
};
use leptos::prelude::*;
use portal::path;
use std::sync::Arc;

/// The whole document: head, header with account and tabs, the page, footer.
#[must_use]
pub fn document(visit: Visit, page: Page) -> impl IntoView {
    provide_context(icon::Drawn::default());
    let beside = ["/check", path::REQUEST, "/help", "/keys"].map(|path| visit.keeping(path));
    let Visit { site, caller, theme, address, .. } = visit;
    let Page { title, account, script, again, body, .. } = page;
    let module = match script {
        Script::None => None,
        Script::Islands => Some("afmt"),
        Script::Checker => Some("checker"),
    };
    let vendor = site.portal.vendor().to_owned();
    let theme_code = (theme != Theme::System).then(|| theme.code());
    let style = format!("{}/pkg/afmt.css", site.assets);
    let script = format!("{}/pkg/frame.js", site.assets);
    let font = format!("{}/fonts/source-sans-3-latin-wght-normal.woff2", site.assets);
    let icon_href = format!("{}/icons/favicon.svg", site.assets);
    let root = site.assets.to_string();
    let title = format!("{title} – AFMT – {vendor}");
    let searches = caller.as_ref().is_some_and(|caller| caller.administrator().is_err());
    let searched = account.as_ref().map(|account| account.garn.to_string());
    let typed = if address.starts_with(path::SEARCH) { query_value(&address, SEARCH) } else { String::new() };
    let signed_in = caller.is_some();
    let analyses = caller.as_ref().is_some_and(|caller| caller.analyst().is_ok());
    let administration = [
        ("Checklist", path::SETUP),
        ("People", path::PEOPLE),
        ("Catalogue", path::CATALOGUE),
        ("Request form", path::REQUEST_FORM),
        ("Background jobs", path::JOBS),
        ("History", path::HISTORY),
    ]
    .map(|(label, href)| {
        let open = address.split('?').next() == Some(href);
        view! { <li><a href=href aria-current=open.then_some("page")>{label}</a></li> }
    });
    let administers = caller.as_ref().is_some_and(|caller| caller.administrator().is_ok());
    let description = format!("Activation files of {vendor}: generate, download, update and check them.");
    let scripts = module.map(|module| {
        let options = LeptosOptions::builder().output_name(module).site_pkg_dir("pkg").build();
        view! { <HydrationScripts options islands=true root=root /> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme_code>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=description />
                <title>{title}</title>
                <link rel="preload" href=font r#as="font" r#type="font/woff2" crossorigin="anonymous" />
                <link rel="stylesheet" href=style />
                <link rel="icon" href=icon_href r#type="image/svg+xml" />
                <script defer src=script></script>
                {scripts}
                {again.then(|| view! { <noscript><meta http-equiv="refresh" content="3" /></noscript> })}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to the page"</a>
                <header class="site">
                    <div class="bar-row">
                        <a class="brand" href="/"><strong>"AFMT"</strong><span>{vendor}</span></a>
                        {searches.then(|| view! { <Search account=searched typed /> })}
                        {analyses.then(|| view! { <a class="button compact quiet" href=path::REQUESTS>"Requests"</a> })}
                        {caller.map(|caller| view! { <SignedIn name=caller.person().name.clone() /> })}
                    </div>
                    {account.map(|account| view! { <AccountHeader account analyses /> })}
                    {administers.then(|| view! {
                        <nav class="account" aria-label="Administration">
                            <ul class="tabs">{administration.collect_view()}</ul>
                        </nav>
                    })}
                </header>
                <main id="main" tabindex="-1">{body()}</main>
                <Footer site theme beside signed_in />
                <Sprite />
            </body>
        </html>
    }
}

/// One search for all that can be named; a slash leads to it.
#[component]
fn Search(
    /// The account that is searched first.
    account: Option<String>,
    typed: String,
) -> AnyView {
    let label = "Search: serial, host id, machine, site, account or order";
    view! {
        <form method="get" action=path::SEARCH role="search" class="find">
            {account.map(|garn| view! { <input type="hidden" name=ACCOUNT value=garn /> })}
            <input type="search" name=SEARCH value=typed aria-label=label placeholder="Serial, host id, machine…" autocapitalize="off" spellcheck="false" />
            <button class="button compact" aria-label="Search"><Icon icon=icon::SEARCH /></button>
        </form>
    }
    .into_any()
}

#[component]
fn SignedIn(name: String) -> AnyView {
    view! {
        <div class="signed-in">
            <a class="person" href=path::PROFILE>{name}</a>
            <form method="post" action="/sign-out">
                <button class="button compact quiet"><Icon icon=icon::SIGN_OUT />"Sign out"</button>
            </form>
        </div>
    }
    .into_any()
}

#[component]
fn AccountHeader(
    account: AccountFrame,
    /// The reader is a licensing analyst, who enters what the account is.
    analyses: bool,
) -> AnyView {
    let AccountFrame { garn, name, subscribes, others, tab: open } = account;
    let help = page::help::of_tab(open).map_or_else(|| "/help".to_owned(), |topic| format!("/help/{topic}"));
    let help = format!("{help}?{ACCOUNT}={garn}");
    let tabs = [
        (Tab::Dashboard, "Overview", path::account(&garn)),
        (Tab::Summary, "Account summary", path::summary(&garn)),
        (Tab::Software, "Software details", path::software(&garn)),
        (Tab::Files, "Activation file activity", path::files(&garn)),
        (Tab::Upgrade, "Upgrade software", path::upgrade(&garn)),
        (Tab::NewFile, "New activation file", path::new_file(&garn)),
        (Tab::Sites, "Install sites", path::sites(&garn)),
        (Tab::People, "People", path::people(&garn)),
    ];
    let requests = path::asking(path::REQUESTS, [(ACCOUNT, garn.as_str())]);
    let cloud = subscribes.then(|| (Tab::Cloud, "Cloud connection", path::cloud(&garn)));
    let links = tabs
        .into_iter()
        .chain(cloud)
        .map(|(tab, label, href)| view! { <li><a href=href aria-current=(tab == open).then_some("page")>{label}</a></li> })
        .collect_view();
    view! {
        <div class="account">
            <p class="account-name">
                <span class="name">{name}</span>
                <span class="code">{garn.to_string()}</span>
                {others.then(|| view! { <a href=path::ACCOUNTS>"Change account"</a> })}
                <a href=requests>"Requests"</a>
                <a href=path::history(&garn)>"History"</a>
                {analyses.then(|| view! { <a href=path::settings(&garn)>"Settings"</a> })}
                <a href=help>"Help"</a>
            </p>
            <label class="menu"><input type="checkbox" aria-label="Show tabs and search" />"Menu"</label>
            <nav aria-label="Manage activation files"><ul class="tabs">{links}</ul></nav>
        </div>
    }
    .into_any()
}

#[component]
fn Footer(
    site: Arc<Site>,
    theme: Theme,
    /// Addresses of the file checker, the request form, help and the keys.
    beside: [String; 4],
    /// Somebody has signed in, and has a profile.
    signed_in: bool,
) -> AnyView {
    let [check, request, help, keys] = beside;
    let choices = Theme::ALL
        .into_iter()
        .map(|choice| {
            let label = match choice {
                Theme::System => "System",
                Theme::Light => "Light",
                Theme::Dark => "Dark",
            };
            let checked = choice == theme;
            view! {
                <label>
                    <input type="radio" name="theme" value=choice.code() checked=checked autocomplete="off" />
                    {label}
                </label>
            }
        })
        .collect_view();
    view! {
        <footer class="site">
            <p>
                <a href=check>"Check a file"</a>
                ", "
                <a href=request>"request a file"</a>
                ", "
                <a href=help>"help"</a>
                ", "
                <a href=keys>"public keys"</a>
                {signed_in.then(|| view! { ", "<a href=path::PROFILE>"your profile"</a>"; all" })}
                " of "{site.portal.vendor().to_owned()}
                ". Dates of files are valid through the end of that day, by the date of the server that reads them."
            </p>
            // The page shows what is chosen at once; what is kept leaves it as it is, and loses nothing that is typed there.
            <form method="post" action="/theme">
                <fieldset class="theme">
                    <legend>"Theme"</legend>
                    {choices}
                    <button class="button compact">"Keep"<span class="visually-hidden">" this theme for all pages"</span></button>
                </fieldset>
            </form>
        </footer>
    }
    .into_any()
}
