use leptos::prelude::*;
use licensing::form::Refusal;
use std::error::Error;

/// Line of an error summary.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Id of the field.
    pub field: String,
    /// Its label; empty where the words name it.
    pub label: String,
    pub words: String,
}

impl Problem {
    /// Problem whose words name its field.
    pub fn new(field: impl Into<String>, words: impl Into<String>) -> Self {
        Self { field: field.into(), label: String::new(), words: words.into() }
    }
}

/// Problems of a form, each named as its field is.
#[must_use]
pub fn labelled<P: Error>(refusals: &[Refusal<P>], label: impl Fn(&str) -> String) -> Vec<Problem> {
    let problem = |refusal: &Refusal<P>| Problem {
        field: refusal.field.clone(),
        label: label(&refusal.field),
        words: refusal.problem.to_string(),
    };
    refusals.iter().map(problem).collect()
}

/// Summary of the problems on top of a refused form: each line links to its field.
#[component]
pub fn ErrorSummary(problems: Vec<Problem>) -> AnyView {
    let items = problems
        .into_iter()
        .map(|Problem { field, label, words }| {
            let label = (!label.is_empty()).then(|| view! { <b>{format!("{label}: ")}</b> });
            view! { <li><a href=format!("#{field}")>{label}{words}</a></li> }
        })
        .collect_view();
    view! {
        <div class="note bad error-summary" role="alert" tabindex="-1" autofocus id="problem" aria-labelledby="problem-title">
            <h2 id="problem-title">"There is a problem"</h2>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}
