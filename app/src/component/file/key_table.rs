use crate::component::{Column, Table};
use leptos::prelude::*;
use licensing::catalogue::key::KeyName;

const COLUMNS: [Column; 2] = [Column::text("Key"), Column::figures("Count")];

/// Keys with their counts.
#[component]
pub fn KeyTable(
    keys: Vec<(KeyName, u32)>,
    /// Class that the keys share.
    #[prop(optional, into)]
    caption: Option<String>,
) -> AnyView {
    let rows = keys
        .into_iter()
        .map(|(key, count)| vec![view! { <span class="code">{key.to_string()}</span> }.into_any(), count.into_any()])
        .collect();
    view! { <Table columns=COLUMNS rows caption class="keys" labels=false /> }.into_any()
}
