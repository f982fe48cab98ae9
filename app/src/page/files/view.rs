//! *View*: one activation file.

use super::form::{BEGAN, KEY, STEP, STEP_GENERATE};
use crate::{
    component::{
        Column, Copy, Day, EnforcementFacts, Hidden, Icon, Instant, KeyTable, Known, ObstacleNote, PartName, Plain, Plate,
        Restriction, Seal, Table, icon,
    },
    frame::{Page, Site, Tab},
};
use chrono_tz::Tz;
use islands::Changes;
use leptos::prelude::*;
use licensing::{
    Garn, LicenceType, Serial,
    catalogue::key::KeyClass,
    offer::eligibility::Action,
    requests::{RequestKind, field as request},
};
use portal::{
    AccountAccess, Error,
    files::{Ended, FileEvent, FileRow, FileState, FileView, NotGenerated, PartRow, Revision, Updatable},
    offer::Obstacles,
    path,
};

/// Message above the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Nothing,
    Generated,
    Updated,
    Deactivated,
    Revoked,
}

/// The file, and what was done to it just now. `list` leads back to the list that it was opened from.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(site: &Site, access: &AccountAccess, serial: &str, told: Notice, list: String) -> Result<Page, Error> {
    let file = portal::files::view(access, serial).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.clone();
    let account = format!("{} ({})", access.name, access.garn);
    let [openssl, python, node] = commands(&file, &site.public_url);
    let active = file.row.state == FileState::Active;
    let reasons = if active { access.change(Action::Update).err() } else { None };
    let changes = active && reasons.is_none();
    let revokes = access.analyst().is_ok();
    let obstacles = Obstacles::of(access, reasons.into_iter().collect(), None).await?;
    let refresh = if changes { refresh(access, serial).await? } else { None };
    let title = format!("Activation file {}", file.row.serial);
    let vendor = site.portal.vendor().to_owned();
    let today = site.portal.now().with_timezone(&zone).date_naive();
    let page = Page::new(title.clone(), move || {
        let row = file.row.clone();
        let download = path::download(&garn, &row.serial);
        let updates = match file.updates_through {
            Some(on) => view! { "Updates may be installed until " <Day on /> "." }.into_any(),
            None if row.licence_type == LicenceType::Production => {
                view! { "Updates may not be installed: maintenance was not current." }.into_any()
            }
            None => view! { "Updates may not be installed with a file of this type." }.into_any(),
        };
        let actions = changes.then(|| {
            view! { <Actions garn=garn.clone() serial=row.serial.clone() machines=row.machines.join(" and ") revokes /> }
        });
        let subject = format!("About {}", row.serial);
        let question = [(request::KIND, RequestKind::Question.code()), (request::SUBJECT, subject.as_str())];
        let question = path::new_request_about(&garn, question);
        view! {
            <p class="back no-print"><a href=list><Icon icon=icon::BACK />"Back to the list"</a></p>
            {done(told, &file, &garn)}
            {file.ended.clone().map(|ended| view! { <NoLongerActive ended state=row.state zone /> })}
            {refresh.map(|updatable| view! { <Refresh action=path::update(&garn, &row.serial) updatable /> })}
            <p class="print-only">{vendor}", certificate of an activation file, printed on "<Day on=today />"."</p>
            <div class="page-head"><h1>{title}</h1>{actions}</div>
            {(!obstacles.is_empty()).then(|| view! {
                <ObstacleNote garn=garn.clone() obstacles title="You cannot update or deactivate this file" known=about(&row.serial) />
            })}
            <div class="certified">
                <Plate file=file.clone() />
                <Seal digest=file.signature_sha256.clone() label=format!("Seal of {}", row.serial) />
            <section class="download no-print" aria-labelledby="download-title">
                <h2 id="download-title">"Download"</h2>
                <p>
                    <a class=if active { "button primary" } else { "button" } href=download><Icon icon=icon::DOWNLOAD />{format!("Download {}", file.file_name)}</a>
                </p>
                <p class="help">"Every download gives the same bytes. Keep a copy beside your server's backup."</p>
                <p><a href=question>"Ask about this file"</a></p>
            </section>
            </div>
            <div class="columns">
            <section aria-labelledby="facts-title">
                <h2 id="facts-title">"Facts"</h2>
                <dl class="facts">
                    <div><dt>"Account"</dt><dd>{account}</dd></div>
                    <div><dt>"Install site"</dt><dd>{row.site}</dd></div>
                    <div><dt>"Product"</dt><dd>{format!("{} {}", row.product, row.version)}</dd></div>
                    <div><dt>"Licence type"</dt><dd>{row.licence_type.to_string()}</dd></div>
                    <Restriction of=row.licence_type />
                    <div><dt>"Generated"</dt><dd><Instant at=row.generated_at zone /> " by " {row.generated_by}</dd></div>
                    {row.updated.map(|(by, at)| view! { <div><dt>"Updated"</dt><dd><Instant at zone /> " by " {by}</dd></div> })}
                    <div><dt>"Valid through"</dt><dd><Day on=row.valid_through /> ", the end of that day by the server’s date"</dd></div>
                    <div><dt>"Updates"</dt><dd>{updates}</dd></div>
                    {file.enforcement.clone().map(|enforcement| view! { <EnforcementFacts enforcement /> })}
                    {file.system_type.map(|t| view! { <div><dt>"System type"</dt><dd>{t.to_string()}</dd></div> })}
                    {file.mail_connector.map(|c| view! { <div><dt>"Mail connector"</dt><dd>{c.to_string()}</dd></div> })}
                    <div><dt>"Signed by"</dt><dd><a class="code" href="/keys">{file.signed_by.clone()}</a></dd></div>
                    <div><dt>"Size"</dt><dd>{format!("{} bytes", file.size_bytes)}</dd></div>
                    <div><dt>"SHA-256"</dt><dd><span id="sha256" class="code wrap">{file.sha256.clone()}</span> <Copy of="sha256" what="the SHA-256 of the file" /></dd></div>
                </dl>
            </section>
            <Parts parts=file.parts.clone() />
            <Keys file=file.clone() />
            <Revisions file=file.clone() garn=garn.clone() zone />
            <Events events=file.events.clone() zone />
            </div>
            <section class="verify no-print" aria-labelledby="verify-title">
                <h2 id="verify-title">"Verify it yourself"</h2>
                <p><a href="/check">"Check the file in your browser"</a>", where nothing is sent anywhere, or with your own tools:"</p>
                <p>
                    "The file is a readable text with its signature. With openssl 3 or later, in the folder of the file: "
                    <strong>"Signature Verified Successfully"</strong> " means that not one byte was changed."
                </p>
                <Plain id="openssl" text=openssl what="openssl commands" />
                <p>
                    "With Python and its package cryptography, thirty lines to read through check the rules of the text, too: "
                    <strong>"valid"</strong> " means that it is an activation file, signed and not expired."
                </p>
                <Plain id="python" text=python what="Python commands" />
                <p>"With Node: " <strong>"true"</strong> " means that not one byte was changed."</p>
                <Plain id="node" text=node what="Node commands" />
            </section>
        }
    });
    Ok(page.of_account(access, Tab::Files))
}

/// The file, when a revision of it would say something else today: maintenance was renewed.
async fn refresh(access: &AccountAccess, serial: &str) -> Result<Option<Updatable>, Error> {
    match portal::files::updatable(access, serial).await {
        Ok(updatable) => Ok(Some(updatable).filter(|updatable| !updatable.refresh.is_empty())),
        Err(NotGenerated::Error(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Confirmation of what was just done: its reference, and the next step.
fn done(told: Notice, file: &FileView, garn: &Garn) -> Option<AnyView> {
    let FileRow { serial, revision, .. } = &file.row;
    let (done, next) = match told {
        Notice::Nothing => return None,
        Notice::Generated => (
            format!("Activation file {serial} was generated."),
            "It is valid from now on. Download it, copy it to the server, and load it there. ",
        ),
        Notice::Updated => (
            format!("Activation file {serial} was updated to revision {revision}."),
            "Download it and load it on the server: until then the server goes on with the revision that it has. ",
        ),
        Notice::Deactivated => (
            format!("Activation file {serial} was deactivated. {}", file.row.licence_type.returned()),
            "Remove the file from its server: an installed copy cannot be recalled. ",
        ),
        Notice::Revoked => (
            format!("Activation file {serial} was revoked. {}", file.row.licence_type.returned()),
            "The account’s people are told by mail. ",
        ),
    };
    let another = if told == Notice::Generated { "Generate another one" } else { "Generate a file" };
    Some(
        view! {
            <div class="note ok no-print" role="status">
                <p><Icon icon=icon::ACTIVE /><strong>{done}</strong></p>
                <p>{next}<a href=path::new_file(garn)>{another}</a></p>
            </div>
        }
        .into_any(),
    )
}

#[component]
fn Actions(garn: Garn, serial: Serial, machines: String, revokes: bool) -> AnyView {
    let name = format!(" the file of {machines}");
    view! {
        <div class="actions no-print">
            <a class="button" href=path::update(&garn, &serial)>
                <Icon icon=icon::UPDATE />"Update"<span class="visually-hidden">{name.clone()}</span>
            </a>
            <a class="button" href=path::deactivate(&garn, &serial)>
                <Icon icon=icon::DEACTIVATE />"Deactivate"<span class="visually-hidden">{name.clone()}</span>
            </a>
            {revokes.then(|| view! {
                <a class="button" href=path::revoke(&garn, &serial)>
                    <Icon icon=icon::DEACTIVATE />"Revoke"<span class="visually-hidden">{name}</span>
                </a>
            })}
        </div>
    }
    .into_any()
}

#[component]
fn NoLongerActive(ended: Ended, state: FileState, zone: Tz) -> AnyView {
    let Ended { at, by, reason, note } = ended;
    let word = match state {
        FileState::Revoked => "revoked",
        FileState::Active | FileState::Deactivated => "deactivated",
    };
    let why = reason.map(|reason| format!(" {reason}.")).unwrap_or_default();
    let note = note.map(|note| format!(" “{note}”")).unwrap_or_default();
    view! {
        <div class="note warn">
            <p>
                <Icon icon=icon::WARNING />
                <strong>{format!("This file was {word}")}</strong> " on " <Instant at zone /> " by " {by} "." {why} {note}
            </p>
            <p>"It holds no quantities. It can still be downloaded; a server that has it goes on with it until it is removed there."</p>
        </div>
    }
    .into_any()
}

/// One click makes the revision that renewed maintenance permits. Domain §6.7.
#[component]
fn Refresh(updatable: Updatable, action: String) -> AnyView {
    let Updatable { revision, form, refresh, key, .. } = updatable;
    let mut carried: Vec<(String, String)> =
        form.fields().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    carried.push((KEY.to_owned(), key.as_str().to_owned()));
    carried.push((BEGAN.to_owned(), revision.to_string()));
    view! {
        <section class="note info no-print" aria-labelledby="refresh-title">
            <h2 id="refresh-title"><Icon icon=icon::REFRESH />"A newer revision is available"</h2>
            <p>"With the same machines and quantities, a revision of today would say:"</p>
            <ul>{refresh.iter().map(|change| view! { <li>{change.to_string()}</li> }).collect_view()}</ul>
            <form method="post" action=action>
                <Hidden fields=carried />
                <div class="buttons"><button class="button" name=STEP value=STEP_GENERATE>"Refresh the file"</button></div>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Revisions(file: FileView, garn: Garn, zone: Tz) -> AnyView {
    let (current, serial) = (file.row.revision, file.row.serial);
    let items = file
        .revisions
        .into_iter()
        .map(|Revision { revision, generated_by, generated_at, changes }| {
            let superseded = (revision < current).then(|| {
                view! {
                    " "
                    <a class="no-print" href=path::revision(&garn, &serial, revision)>
                        "View the superseded revision"<span class="visually-hidden">{format!(" {revision}")}</span>
                    </a>
                }
            });
            view! {
                <li>
                    <strong>{format!("Revision {revision}")}</strong>
                    ", " <Instant at=generated_at zone /> " by " {generated_by} {superseded}
                    {(!changes.is_empty()).then(|| view! { <Changes changes /> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="revisions-title">
            <h2 id="revisions-title">"Revisions"</h2>
            <ol class="revisions" reversed>{items}</ol>
        </section>
    }
    .into_any()
}

#[component]
fn Events(events: Vec<FileEvent>, zone: Tz) -> AnyView {
    let items = events
        .into_iter()
        .map(|FileEvent { at, by, what }| view! { <li><Instant at zone />", " {by} ": " {what}</li> })
        .collect_view();
    view! {
        <section class="no-print" aria-labelledby="events-title">
            <h2 id="events-title">"History"</h2>
            <ul class="events">{items}</ul>
        </section>
    }
    .into_any()
}

/// A revision that another one took the place of: what it is, and its download, under a banner.
///
/// # Errors
/// [`Error::NotFound`] when there is no such revision, or it is the current one.
pub async fn superseded(access: &AccountAccess, serial: &str, revision: u32) -> Result<Page, Error> {
    let file = portal::files::view(access, serial).await?;
    let zone = access.caller().person().time_zone;
    let current = file.row.revision;
    let found = file.revisions.iter().find(|of| of.revision == revision && revision < current).cloned();
    let Revision { generated_by, generated_at, changes, .. } = found.ok_or(Error::NotFound)?;
    let of_file = path::file(&access.garn, &file.row.serial);
    let download = path::download_revision(&access.garn, &file.row.serial, revision);
    let title = format!("Activation file {}, revision {revision}", file.row.serial);
    let page = Page::new(title.clone(), move || {
        view! {
            <div class="note warn" role="status">
                <p><Icon icon=icon::WARNING /><strong>{format!("Revision {current} took the place of this revision")}</strong></p>
                <p>
                    "Loading it takes a server back to what it says: its quantities are no longer held by this file. "
                    <a href=of_file.clone()>{format!("View revision {current}")}</a>
                </p>
            </div>
            <h1>{title}</h1>
            <p>"Generated " <Instant at=generated_at zone /> " by " {generated_by} "."</p>
            <p>
                <a class="button" href=download>
                    <Icon icon=icon::DOWNLOAD />{format!("Download revision {revision}")}
                </a>
            </p>
            {(!changes.is_empty()).then(|| view! {
                <section aria-labelledby="changes-title">
                    <h2 id="changes-title">{format!("Changes since revision {}", revision - 1)}</h2>
                    <Changes changes />
                </section>
            })}
        }
    });
    Ok(page.of_account(access, Tab::Files))
}

const COLUMNS: [Column; 4] =
    [Column::text("Part"), Column::text("Class"), Column::figures("Assigned"), Column::figures("Pooled")];

#[component]
fn Parts(parts: Vec<PartRow>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|PartRow { number, description, class, quantity }| {
            vec![
                view! { <PartName description number /> }.into_any(),
                class.to_string().into_any(),
                quantity.assigned.into_any(),
                quantity.pooled.into_any(),
            ]
        })
        .collect();
    view! {
        <section aria-labelledby="parts-title">
            <h2 id="parts-title">"Server and add-on items"</h2>
            <Table columns=COLUMNS rows />
        </section>
    }
    .into_any()
}

#[component]
fn Keys(file: FileView) -> AnyView {
    let classes = KeyClass::ALL
        .iter()
        .filter_map(|class| {
            let of_class: Vec<_> =
                file.keys.iter().filter(|(key, _)| key.class() == *class).map(|(key, count)| (key.clone(), count)).collect();
            (!of_class.is_empty()).then(|| view! { <KeyTable keys=of_class caption=class.to_string() /> })
        })
        .collect_view();
    view! {
        <section aria-labelledby="keys-title">
            <h2 id="keys-title">"Licence keys"</h2>
            <div class="key-tables">{classes}</div>
        </section>
    }
    .into_any()
}

/// Commands that verify the file: with openssl, with Python, with Node. `tests` runs each as it is printed.
fn commands(file: &FileView, public_url: &str) -> [String; 3] {
    let name = &file.file_name;
    let key = &file.signed_by;
    let pem = key.rsplit('/').next().unwrap_or_default();
    let fetch = format!("curl -s -o {pem}.pem {public_url}/keys/{key}.pem");
    let openssl = format!(
        "{fetch}\n\
         grep -v '^— ' {name} | sed '$d' >text\n\
         grep '^— {key} ' {name} | sed 's/.* //' | base64 -d | tail -c 64 >sig\n\
         openssl pkeyutl -verify -pubin -inkey {pem}.pem -rawin -in text -sigfile sig"
    );
    let python = format!(
        "curl -s -o verify.py {public_url}/verify.py\n\
         curl -s -o keys.txt {public_url}/.well-known/activation-file-keys\n\
         python3 verify.py {name} keys.txt"
    );
    let node = format!(
        "{fetch}\n\
         node -e 'const fs = require(\"fs\"), note = fs.readFileSync(\"{name}\"), end = note.lastIndexOf(\"\\n\\n\") + 1;\n\
         const line = note.subarray(end + 1).toString().split(\"\\n\").find((line) => line.startsWith(\"— {key} \"));\n\
         const signature = Buffer.from(line.split(\" \")[2], \"base64\").subarray(4);\n\
         console.log(require(\"crypto\").verify(null, note.subarray(0, end), fs.readFileSync(\"{pem}.pem\"), signature));'"
    );
    [openssl, python, node]
}

/// Fields of a request about a file that are known.
pub(super) fn about(serial: &Serial) -> Known {
    vec![(request::SUBJECT, format!("About {serial}")), ("replaces", serial.to_string())]
}
