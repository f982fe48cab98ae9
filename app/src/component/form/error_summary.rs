use leptos::prelude::*;

/// Summary of the problems on top of a refused form: each line links to its field.
#[component]
pub fn ErrorSummary(
    /// (id of the field, what is wrong with it)
    problems: Vec<(String, String)>,
) -> AnyView {
    let items =
        problems.into_iter().map(|(field, words)| view! { <li><a href=format!("#{field}")>{words}</a></li> }).collect_view();
    view! {
        <div class="note bad error-summary" role="alert" tabindex="-1" autofocus id="problem" aria-labelledby="problem-title">
            <h2 id="problem-title">"There is a problem"</h2>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}
