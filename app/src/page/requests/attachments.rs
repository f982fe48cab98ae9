//! Attachments of a request: what is there, and the form that adds more.

use crate::component::{Column, Icon, Problem, Table, error_id, icon};
use leptos::prelude::*;
use portal::requests::{Attachment, Scan};

/// Name of the field of the files.
pub const FILES: &str = "files";

const COLUMNS: [Column; 3] = [Column::text("File"), Column::text("Content"), Column::figures("Size")];

/// Action on each attachment of a list, with the address of all of them.
#[derive(Clone, Copy)]
pub(super) enum Action<'a> {
    Download(&'a str),
    Remove(&'a str),
}

/// The attachments.
pub(super) fn list_of(attached: Vec<Attachment>, action: Action<'_>) -> AnyView {
    if attached.is_empty() {
        return view! { <p class="help">"None yet."</p> }.into_any();
    }
    let row = |Attachment { id, name, bytes, about, scan, provided, .. }: Attachment| {
        let what = view! {
            {(scan == Scan::Pending).then(|| view! { <span class="badge warn">"Being checked for viruses"</span>" " })}
            {(scan == Scan::Infected).then(|| view! { <span class="badge bad"><Icon icon=icon::WARNING />"Infected"</span>" " })}
            {provided.then(|| view! { <span class="badge">"From the analyst"</span>" " })}
            <span class="wrap">{about}</span>
        };
        let content = [what.into_any(), size(bytes).into_any()];
        match action {
            _ if scan == Scan::Infected => {
                let nothing = matches!(action, Action::Remove(_)).then(|| ().into_any());
                let file = view! { <span class="wrap">{name}</span> }.into_any();
                std::iter::once(file).chain(content).chain(nothing).collect()
            }
            Action::Download(_) if scan == Scan::Pending => {
                std::iter::once(view! { <span class="wrap">{name}</span> }.into_any()).chain(content).collect()
            }
            Action::Download(base) => {
                let file = view! { <a class="wrap" href=format!("{base}/{id}")>{name}</a> }.into_any();
                std::iter::once(file).chain(content).collect()
            }
            Action::Remove(base) => {
                let file = view! { <span class="wrap">{name.clone()}</span> }.into_any();
                let remove = view! {
                    <form method="post" action=format!("{base}/{id}/remove")>
                        <button class="button compact"><Icon icon=icon::CLEAR />"Remove"<span class="visually-hidden">{format!(" {name}")}</span></button>
                    </form>
                };
                std::iter::once(file).chain(content).chain([remove.into_any()]).collect::<Vec<_>>()
            }
        }
    };
    let columns = match action {
        Action::Download(_) => COLUMNS.to_vec(),
        Action::Remove(_) => COLUMNS.into_iter().chain([Column::text("Actions")]).collect(),
    };
    let rows = attached.into_iter().map(row).collect();
    view! { <Table columns rows /> }.into_any()
}

/// `412 bytes`, `41 KB`, `4.1 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Chooses files and uploads them. Script shows how far each is.
#[component]
pub(super) fn UploadForm(action: String, problems: Vec<Problem>) -> AnyView {
    let refused = !problems.is_empty();
    let words = problems.into_iter().map(|problem| problem.words).collect::<Vec<_>>().join(" ");
    let described = if refused { format!("{FILES}-help {}", error_id(FILES)) } else { format!("{FILES}-help") };
    view! {
        <form method="post" action=action enctype="multipart/form-data" novalidate class="upload" data-upload>
            <div class="field" class:invalid=refused>
                <label for=FILES>"Add files"</label>
                <p class="help" id=format!("{FILES}-help")>
                    "Pictures, PDF, text, CSV, Word, Excel, ZIP and activation files; at most 10 MB each, 10 files and 50 MB together."
                </p>
                {refused.then(|| view! { <p class="error" id=error_id(FILES)><Icon icon=icon::PROBLEM />{words}</p> })}
                <input type="file" id=FILES name=FILES multiple aria-describedby=described aria-invalid=refused.then_some("true") />
            </div>
            <button class="button">"Upload"</button>
        </form>
    }
    .into_any()
}
