//! *Upgrade software*: parts, and what they can become. Domain §5.

use crate::{
    component::{
        Column, ErrorSummary, Hidden, Icon, Instant, ObstacleNote, PartName, SelectField, Table, capped, icon, labelled,
        problem_of,
    },
    frame::{Page, Tab},
    page::files::{
        batch,
        form::{KEY, STEP, STEP_EDIT, STEP_GENERATE},
    },
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{
    Garn, Quantity, Serial,
    files::batch::Kind,
    form::Refusal,
    orders::upgrade::{FORM, Moved, UpgradablePart, UpgradeProblem, target_field},
    value::date,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    offer::Obstacles,
    orders::{NotUpgraded, PlannedUpgrade, UpgradeDone, UpgradeOptions, UpgradeRow, UpgradeStep},
    path,
};

/// Fields as they were typed, and the reasons they were refused.
#[derive(Default)]
pub struct FormState {
    pub fields: Vec<(String, String)>,
    pub why: Option<NotUpgraded>,
    pub tab: UpgradeTab,
}

/// A tab of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpgradeTab {
    #[default]
    With,
    Without,
    History,
}

impl UpgradeTab {
    pub const ALL: [Self; 3] = [Self::With, Self::Without, Self::History];

    /// As it stands in the address; that of the first tab has none.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::With => "with",
            Self::Without => "without",
            Self::History => "history",
        }
    }
}

/// Parts with and without options.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess, key: SubmissionKey, typed: FormState) -> Result<Page, Error> {
    let UpgradeOptions { mirrored, with_options, without_options, ineligible } = portal::orders::upgrade_options(access).await?;
    let outdated = portal::orders::files_to_update(access).await?;
    let history = portal::orders::upgrades(access).await?;
    let zone = access.caller().person().time_zone;
    let obstacles = Obstacles::of(access, ineligible.into_iter().collect(), None).await?;
    let today = access.today();
    let garn = access.garn.clone();
    let (status, refusals, told) = match &typed.why {
        None => (200, Vec::new(), None),
        Some(NotUpgraded::Refused(refusals)) => (422, refusals.clone(), None),
        Some(NotUpgraded::Ineligible(_)) => (403, Vec::new(), None),
        Some(why) => (409, Vec::new(), Some(why.to_string())),
    };
    let title = if status == 200 { "Upgrade software" } else { "Error: Upgrade software" };
    let page = Page::new(title, move || {
        let action = path::upgrade(&garn);
        let of_part = |name: &str| with_options.iter().find(|part| target_field(&part.number) == name);
        let problems =
            labelled(&refusals, |name| of_part(name).map_or_else(|| "Parts".to_owned(), |part| part.description.clone()));
        let may = obstacles.is_empty();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <h1>"Upgrade software"</h1>
            <p class="lead">
                "Owned and allocated quantities of a part become those of a newer part, one for one. It needs maintenance that is current today. Your files stay valid, and can then be updated to the new parts."
            </p>
            {(!may).then(|| view! { <ObstacleNote garn=garn.clone() obstacles title="You cannot upgrade parts here" /> })}
            <Outdated garn=garn.clone() files=outdated key=key.clone() />
            <Tabs action=action.clone() counts=[with_options.len(), without_options.len(), history.len()] open=typed.tab />
            {match typed.tab {
                UpgradeTab::Without => view! { <Without parts=without_options /> }.into_any(),
                UpgradeTab::History => view! { <History garn=garn.clone() upgrades=history zone /> }.into_any(),
                UpgradeTab::With => view! {
                    <section id=FORM tabindex="-1" aria-labelledby="with-title">
                        <h2 id="with-title">"Parts with upgrade options"</h2>
                        {if with_options.is_empty() {
                            view! { <div class="empty"><p>"None of this account’s parts can be upgraded: all are of the latest generation."</p></div> }.into_any()
                        } else {
                            view! { <Options parts=with_options mirrored may action key typed refusals today /> }.into_any()
                        }}
                    </section>
                }.into_any(),
            }}
        }
    });
    Ok(page.of_account(access, Tab::Upgrade).with_status(status))
}

/// Parts with options, those without, and the upgrades that were made.
#[component]
fn Tabs(action: String, counts: [usize; 3], open: UpgradeTab) -> AnyView {
    let links = UpgradeTab::ALL
        .into_iter()
        .zip(counts)
        .map(|(tab, count)| {
            let (href, words) = match tab {
                UpgradeTab::With => (action.clone(), "With upgrade options"),
                UpgradeTab::Without => (format!("{action}?{}", tab.code()), "Without upgrade options"),
                UpgradeTab::History => (format!("{action}?{}", tab.code()), "Upgrades made"),
            };
            view! { <li><a href=href aria-current=(tab == open).then_some("page")>{format!("{words} ({count})")}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs-of-page" aria-label="Parts"><ul class="tabs">{links}</ul></nav> }.into_any()
}

const UPGRADES: [Column; 4] = [Column::text("Upgrade"), Column::figures("Parts"), Column::text("Made"), Column::text("By")];

#[component]
fn History(garn: Garn, upgrades: Vec<UpgradeRow>, zone: Tz) -> AnyView {
    if upgrades.is_empty() {
        return view! { <div class="empty"><p>"No part of this account was upgraded yet."</p></div> }.into_any();
    }
    let rows = upgrades
        .into_iter()
        .map(|UpgradeRow { reference, at, by, parts }| {
            let href = path::upgrade_done(&garn, &reference);
            vec![
                view! { <a class="code" href=href>{reference.clone()}</a> }.into_any(),
                parts.into_any(),
                view! { <Instant at zone /> }.into_any(),
                by.into_any(),
            ]
        })
        .collect();
    view! {
        <section aria-labelledby="history-title">
            <h2 id="history-title">"Upgrades made"</h2>
            <Table columns=UPGRADES rows />
        </section>
    }
    .into_any()
}

/// Files that an upgrade left behind. They are updated as a batch, whose page says first what changes in each.
#[component]
fn Outdated(garn: Garn, files: Vec<(Serial, String)>, key: SubmissionKey) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let serials = files.iter().map(|(serial, _)| (batch::SERIAL.to_owned(), serial.to_string()));
    let own = [(KEY.to_owned(), key.as_str().to_owned()), (batch::KIND.to_owned(), Kind::Refresh.code().to_owned())];
    let carried = serials.chain(own).collect();
    let action = path::selection(&garn);
    let items = files
        .into_iter()
        .map(|(serial, machine)| {
            view! {
                <li>
                    <a class="code" href=path::file(&garn, &serial)>{serial.to_string()}</a>
                    " of " {machine}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="note info" aria-labelledby="outdated-title">
            <h2 id="outdated-title"><Icon icon=icon::REFRESH />"Updates are available"</h2>
            <p>"These files are made of parts that were upgraded since. They stay valid."</p>
            <ul>{items}</ul>
            <form method="post" action=action>
                <Hidden fields=carried />
                <div class="buttons">
                    <button class="button">"Update to the new parts"<Icon icon=icon::NEXT /></button>
                    <span class="help">"The next page says what changes in each file. Nothing is done yet."</span>
                </div>
            </form>
        </section>
    }
    .into_any()
}

const OPTIONS: [Column; 5] = [
    Column::text("Part"),
    Column::figures("Assigned"),
    Column::figures("Pooled"),
    Column::text("Maintenance"),
    Column::text("Becomes"),
];

#[component]
fn Options(
    parts: Vec<UpgradablePart>,
    mirrored: bool,
    may: bool,
    action: String,
    key: SubmissionKey,
    typed: FormState,
    refusals: Vec<Refusal<UpgradeProblem>>,
    today: NaiveDate,
) -> AnyView {
    let count = parts.len();
    let rows = parts
        .into_iter()
        .map(|part| {
            let field = target_field(&part.number);
            let chosen = typed.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone());
            // A mirrored account has nothing to choose where there is one target.
            let only = (mirrored && part.targets.len() == 1 && typed.fields.is_empty()).then(|| part.targets[0].0.to_string());
            let error = problem_of(&refusals, &field);
            row(part, mirrored, may, chosen.or(only).unwrap_or_default(), error, today)
        })
        .collect();
    let mirrored_words = mirrored.then(|| {
        view! {
            <p class="note info">
                {format!("This account is mirrored: all {count} parts with an upgrade option are upgraded together, or none is.")}
            </p>
        }
    });
    let button = if mirrored { format!("Upgrade all {count} parts") } else { "Upgrade".to_owned() };
    view! {
        {mirrored_words}
        <form method="post" action=action>
            <input type="hidden" name=KEY value=key.as_str().to_owned() />
            <Table columns=OPTIONS rows />
            {may.then(|| view! {
                <div class="buttons">
                    <button class="button primary">{button}<Icon icon=icon::NEXT /></button>
                    <span class="help">"You check what moves on the next page. Nothing is upgraded yet."</span>
                </div>
            })}
        </form>
    }
    .into_any()
}

/// Cells of a part with upgrade options.
fn row(part: UpgradablePart, mirrored: bool, may: bool, value: String, error: Option<String>, today: NaiveDate) -> Vec<AnyView> {
    let (moves, stays) = part.split(today);
    let together = moves.owned.checked_add(stays.owned).unwrap_or_default();
    let last = part.lines.iter().filter_map(|line| line.maintenance_end).max();
    let maintenance = match last {
        Some(end) if today <= end => format!("current until {}", date::words(end)),
        Some(end) => format!("ended on {}", date::words(end)),
        None => "none".to_owned(),
    };
    let field = target_field(&part.number);
    let targets: Vec<(String, String)> =
        part.targets.iter().map(|(number, words)| (number.to_string(), format!("{words} ({number})"))).collect();
    let becomes = if may {
        let label = format!("{} becomes", part.description);
        view! { <SelectField name=field label options=targets value error keep=!mirrored /> }.into_any()
    } else {
        view! { <span>{targets.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(", ")}</span> }.into_any()
    };
    vec![
        view! { <PartName description=part.description number=part.number /> }.into_any(),
        together.assigned.into_any(),
        together.pooled.into_any(),
        maintenance.into_any(),
        becomes.into_any(),
    ]
}

const PARTS: [Column; 3] = [Column::text("Part"), Column::figures("Assigned"), Column::figures("Pooled")];

#[component]
fn Without(parts: Vec<UpgradablePart>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|part| {
            let owned = part.lines.iter().fold(Quantity::ZERO, |sum, line| sum.saturating_add(line.owned));
            vec![
                view! { <PartName description=part.description number=part.number /> }.into_any(),
                owned.assigned.into_any(),
                owned.pooled.into_any(),
            ]
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return view! { <div class="empty"><p>"Each of this account’s parts has an upgrade option."</p></div> }.into_any();
    }
    view! {
        <section aria-labelledby="without-title">
            <h2 id="without-title">"Parts without upgrade options"</h2>
            <Table columns=PARTS rows />
        </section>
    }
    .into_any()
}

const STEPS: [Column; 5] = [
    Column::text("Part"),
    Column::text("Becomes"),
    Column::text("Owned"),
    Column::text("Of it in files"),
    Column::text("Not upgraded"),
];

/// Check what moves, before it does.
#[must_use]
pub fn check(access: &AccountAccess, key: &SubmissionKey, fields: &[(String, String)], planned: PlannedUpgrade) -> Page {
    let action = path::upgrade(&access.garn);
    let mut carried: Vec<_> = fields.iter().filter(|(name, _)| name.starts_with("to.")).cloned().collect();
    carried.push((KEY.to_owned(), key.as_str().to_owned()));
    let page = Page::new("Check the upgrade", move || {
        let PlannedUpgrade { steps, files } = planned;
        let rows = steps.into_iter().map(step).collect();
        let files = match files {
            0 => "No active file holds any of it.".to_owned(),
            1 => "1 active file holds some of it. It stays valid, and can then be updated to the new parts.".to_owned(),
            files => format!(
                "{} active files hold some of it. They stay valid, and can then be updated to the new parts.",
                capped(files)
            ),
        };
        view! {
            <h1>"Check the upgrade"</h1>
            <p class="lead">{files}</p>
            <Table columns=STEPS rows />
            <div class="note warn"><p><Icon icon=icon::WARNING />"An upgrade cannot be taken back. Ask the licensing analysts if one was made by mistake."</p></div>
            <form method="post" action=action class="buttons">
                <Hidden fields=carried />
                <button class="button primary" name=STEP value=STEP_GENERATE>"Upgrade software"</button>
                <button class="button" name=STEP value=STEP_EDIT>"Change"</button>
            </form>
        }
    });
    page.of_account(access, Tab::Upgrade)
}

/// Cells of what moves from one part to another.
fn step(step: UpgradeStep) -> Vec<AnyView> {
    let UpgradeStep { from, to, moves, stays } = step;
    let words = |quantity: Quantity| format!("{} assigned, {} pooled", quantity.assigned, quantity.pooled);
    let stays =
        if stays == Moved::default() { "nothing".to_owned() } else { format!("{}, without maintenance", words(stays.owned)) };
    vec![
        view! { <PartName description=from.1 number=from.0 /> }.into_any(),
        view! { <PartName description=to.1 number=to.0 /> }.into_any(),
        words(moves.owned).into_any(),
        words(moves.allocated).into_any(),
        stays.into_any(),
    ]
}

/// An upgrade that was made: its reference, and what to do next.
///
/// # Errors
/// [`Error::NotFound`] when there is no such upgrade.
pub async fn done(access: &AccountAccess, reference: &str) -> Result<Page, Error> {
    let UpgradeDone { reference, at, by, parts } = portal::orders::upgrade_done(access, reference).await?;
    let files = portal::orders::files_to_update(access).await?;
    let zone = access.caller().person().time_zone;
    let key = access.caller().portal().new_submission_key();
    let garn = access.garn.clone();
    let title = format!("Upgrade {reference}");
    let page = Page::new(title.clone(), move || {
        let items = parts.into_iter().map(|(part, target)| view! { <li>{part} " → " {target}</li> }).collect_view();
        let updated = files.is_empty();
        view! {
            <div class="note ok" role="status">
                <p><Icon icon=icon::ACTIVE /><strong>"Upgrade complete"</strong></p>
                <p><Instant at zone />", by " {by} "."</p>
            </div>
            <h1>{format!("Upgrade {reference}")}</h1>
            <ul>{items}</ul>
            {updated.then(|| view! { <p>"No active file is made of the parts of before."</p> })}
            <Outdated garn=garn.clone() files key />
            <p><a href=path::summary(&garn)>"Account summary"</a></p>
            <p><a href=format!("{}?{}", path::upgrade(&garn), UpgradeTab::History.code())>"Upgrades made"</a></p>
        }
    });
    Ok(page.of_account(access, Tab::Upgrade))
}
