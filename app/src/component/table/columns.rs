use leptos::prelude::*;

/// The head of a table.
#[component]
pub fn Columns(
    /// (name, whether the column holds figures)
    names: &'static [(&'static str, bool)],
) -> AnyView {
    let heads = names.iter().map(|(name, figures)| view! { <th scope="col" class:number=*figures>{*name}</th> }).collect_view();
    view! { <thead><tr>{heads}</tr></thead> }.into_any()
}
