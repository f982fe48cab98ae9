//! *View*: one activation file.

use crate::{
    Page, Site, Tab,
    component::{Columns, Day, EnforcementFacts, Icon, Instant, KeyTable, Plain, Plate, icon},
};
use leptos::prelude::*;
use licensing::{LicenceType, key::KeyClass};
use portal::{AccountAccess, Error, FileView, PartRow};

/// `generated`: the file was generated just now, which the page says first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(site: &Site, access: &AccountAccess, serial: &str, generated: bool) -> Result<Page, Error> {
    let file = access.file(serial).await?;
    let zone = access.caller().person().time_zone;
    let base = format!("/accounts/{}/files", access.garn);
    let [openssl, python, node] = commands(&file, &site.public_url);
    let title = format!("Activation file {}", file.row.serial);
    let page = Page::new(title.clone(), move || {
        let download = format!("{base}/{}/download", file.row.serial);
        let row = file.row.clone();
        let updates = match file.updates_through {
            Some(on) => view! { "Updates may be installed until " <Day on /> "." }.into_any(),
            None if row.licence_type == LicenceType::Production => {
                view! { "Updates may not be installed: maintenance was not current." }.into_any()
            }
            None => view! { "Updates may not be installed with a file of this type." }.into_any(),
        };
        view! {
            {generated.then(|| view! { <Done serial=row.serial.to_string() base=base.clone() /> })}
            <div class="page-head"><h1>{title}</h1></div>
            <Plate file=file.clone() />
            <section class="download" aria-labelledby="download-title">
                <h2 id="download-title">"Download"</h2>
                <p>
                    <a class="button primary" href=download><Icon icon=icon::DOWNLOAD />{format!("Download {}", file.file_name)}</a>
                </p>
                <dl class="facts">
                    <div><dt>"Size"</dt><dd>{format!("{} bytes", file.size_bytes)}</dd></div>
                    <div><dt>"SHA-256"</dt><dd class="code wrap">{file.sha256.clone()}</dd></div>
                </dl>
                <p class="help">"Every download gives the same bytes. Keep a copy beside your server's backup."</p>
            </section>
            <section aria-labelledby="facts-title">
                <h2 id="facts-title">"Facts"</h2>
                <dl class="facts">
                    <div><dt>"Install site"</dt><dd>{row.site}</dd></div>
                    <div><dt>"Product"</dt><dd>{format!("{} {}", row.product, row.version)}</dd></div>
                    <div><dt>"Licence type"</dt><dd>{row.licence_type.to_string()}</dd></div>
                    <div><dt>"Generated"</dt><dd><Instant at=row.generated_at zone /> " by " {row.generated_by}</dd></div>
                    <div><dt>"Valid through"</dt><dd><Day on=row.valid_through /> ", the end of that day by the server’s date"</dd></div>
                    <div><dt>"Updates"</dt><dd>{updates}</dd></div>
                    {file.enforcement.clone().map(|enforcement| view! { <EnforcementFacts enforcement /> })}
                    {file.system_type.map(|t| view! { <div><dt>"System type"</dt><dd>{t.to_string()}</dd></div> })}
                    {file.mail_connector.map(|c| view! { <div><dt>"Mail connector"</dt><dd>{c.to_string()}</dd></div> })}
                    <div><dt>"Signed by"</dt><dd><a class="code" href="/keys">{file.signed_by.clone()}</a></dd></div>
                </dl>
            </section>
            <Parts parts=file.parts.clone() />
            <Keys file=file.clone() />
            <section aria-labelledby="revisions-title">
                <h2 id="revisions-title">"Revisions"</h2>
                <ol class="revisions" reversed>
                    {file.revisions.iter().map(|revision| view! {
                        <li>
                            <strong>{format!("Revision {}", revision.revision)}</strong>
                            ", " <Instant at=revision.generated_at zone /> " by " {revision.generated_by.clone()}
                        </li>
                    }).collect_view()}
                </ol>
            </section>
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
    Ok(page.of_account(access, Tab::Files).with_islands())
}

#[component]
fn Done(serial: String, base: String) -> AnyView {
    view! {
        <div class="note ok" role="status">
            <p><Icon icon=icon::ACTIVE /><strong>{format!("Activation file {serial} was generated.")}</strong></p>
            <p>
                "It is valid from now on. Download it, copy it to the server, and load it there. "
                <a href=format!("{base}/new")>"Generate another one"</a>
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Parts(parts: Vec<PartRow>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|PartRow { number, description, class, quantity }| {
            view! {
                <tr>
                    <th scope="row" data-label="Part"><span>{description}</span><span class="code sub">{number.to_string()}</span></th>
                    <td data-label="Class">{class.to_string()}</td>
                    <td data-label="Assigned" class="number">{quantity.assigned}</td>
                    <td data-label="Pooled" class="number">{quantity.pooled}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="parts-title">
            <h2 id="parts-title">"Server and add-on items"</h2>
            <table class="list">
                <Columns names=&[("Part", false), ("Class", false), ("Assigned", true), ("Pooled", true)] />
                <tbody>{rows}</tbody>
            </table>
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

/// What anybody types to verify the file: with openssl, with Python, with Node. `tests` runs each as it is printed.
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
