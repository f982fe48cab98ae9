//! The list of an account's activation files.

use crate::{
    Page, Tab,
    component::{Columns, Day, Icon, Instant, StateBadge, icon},
};
use chrono_tz::Tz;
use leptos::prelude::*;
use portal::{AccountAccess, Error, FilePage, FileRow, PageSize};

/// Files of the account, from the latest, or those after the file `after`; `size` of them.
///
/// # Errors
/// [`Error::NotFound`] when `after` is not a file of this account.
pub async fn show(access: &AccountAccess, after: Option<&str>, size: PageSize) -> Result<Page, Error> {
    let FilePage { rows, total, next } = access.files(after, size).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.to_string();
    let later = after.is_some();
    let page = Page::new("Activation files", move || {
        let new = format!("/accounts/{garn}/files/new");
        let files = format!("/accounts/{garn}/files");
        // The usual size needs no word in the address.
        let sized = |size: PageSize| if size == PageSize::default() { String::new() } else { format!("rows={}", size.rows()) };
        let list = |query: String| if query.is_empty() { files.clone() } else { format!("{files}?{query}") };
        let first = later.then(|| list(sized(size)));
        let next = next.map(|serial| list(format!("after={serial}&{}", sized(size)).trim_end_matches('&').to_owned()));
        let sizes = (total > PageSize::default().rows() as u64).then(|| {
            PageSize::ALL.map(|other| {
                let current = (other == size).then_some("true");
                view! { <a href=list(sized(other)) aria-current=current>{other.rows()}<span class="visually-hidden">" rows"</span></a> }
            })
        });
        let count = if total == 1 { "1 activation file".to_owned() } else { format!("{total} activation files") };
        view! {
            <div class="page-head">
                <h1>"Activation files"</h1>
                <a class="button primary" href=new.clone()><Icon icon=icon::ADD />"New activation file"</a>
            </div>
            {if rows.is_empty() {
                view! {
                    <div class="empty">
                        <p>"No activation file yet. A file binds what you ordered to the host id of your server."</p>
                        <p><a href=new>"Generate the first one"</a></p>
                    </div>
                }.into_any()
            } else {
                view! { <p class="count">{count}", the latest first"</p><FileTable garn rows zone /> }.into_any()
            }}
            <nav class="pages" aria-label="Pages">
                {first.map(|href| view! { <a href=href>"Latest files"</a> })}
                {next.map(|href| view! { <a href=href rel="next">"Older files"</a> })}
                {sizes.map(|sizes| view! { <span class="sizes">"Rows: "{sizes}</span> })}
            </nav>
        }
    });
    Ok(page.of_account(access, Tab::Files))
}

/// Files, a row each; cards on a narrow screen.
#[component]
pub fn FileTable(garn: String, rows: Vec<FileRow>, zone: Tz) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/accounts/{garn}/files/{}", row.serial);
            let download = format!("{href}/download");
            let machines = row.machines.join(" and ");
            let name = format!(" {} for {machines}", row.serial);
            view! {
                <tr>
                    <th scope="row" data-label="Serial"><a class="code" href=href>{row.serial.to_string()}</a></th>
                    <td data-label="Machines">
                        {row.machines.into_iter().map(|machine| view! { <span class="line">{machine}</span> }).collect_view()}
                    </td>
                    <td data-label="Product"><span class="line">{row.product}</span><span class="line sub">{row.version}</span></td>
                    <td data-label="Type">{row.licence_type.to_string()}</td>
                    <td data-label="Install site">{row.site}</td>
                    <td data-label="Generated">
                        <span class="line"><Instant at=row.generated_at zone /></span>
                        <span class="line sub">{row.generated_by}</span>
                    </td>
                    <td data-label="Valid through"><Day on=row.valid_through /></td>
                    <td data-label="State"><StateBadge state=row.state /></td>
                    <td data-label="Actions">
                        <a class="button compact" href=download>
                            <Icon icon=icon::DOWNLOAD />
                            "Download"
                            <span class="visually-hidden">{name}</span>
                        </a>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="list">
            <Columns names=&[("Serial", false), ("Machines", false), ("Product", false), ("Type", false), ("Install site", false), ("Generated", false), ("Valid through", false), ("State", false), ("Actions", false)] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
