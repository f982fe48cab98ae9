//! *Certifications*: a table that enters many at once. For licensing analysts.

use crate::{
    component::{Column, ErrorSummary, Icon, Problem, Table, counted, error_id, icon},
    frame::Page,
};
use leptos::prelude::*;
use portal::{
    AnalystAccess, path,
    people::{CERTIFICATION_COLUMNS, CertifiedByTable, NotCertifiedByTable},
};

/// Field of the file.
pub const TABLE: &str = "table";

/// The form, with what came of a table before.
#[must_use]
pub fn show(_: &AnalystAccess, done: Option<CertifiedByTable>, why: Option<NotCertifiedByTable>) -> Page {
    let words = why.map(|why| why.to_string());
    let title = if words.is_some() { "Error: Certifications" } else { "Certifications" };
    let status = if words.is_some() { 422 } else { 200 };
    Page::new(title, move || {
        let refused = words.is_some();
        let problems = words.clone().map(|words| vec![Problem::new(TABLE, words)]);
        let described = refused.then(|| error_id(TABLE));
        let done = done.map(|CertifiedByTable { new, there }| {
            let words = format!("{} entered; there already: {there}.", counted(new as u64, "certification was", "certifications were"));
            view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> }
        });
        let columns = CERTIFICATION_COLUMNS
            .iter()
            .map(|(name, what)| vec![view! { <span class="code">{*name}</span> }.into_any(), (*what).into_any()])
            .collect();
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {done}
            <p><a href=path::ACCOUNTS><Icon icon=icon::BACK />"Accounts"</a></p>
            <h1>"Certifications"</h1>
            <p class="lead">"A table enters many at once: all of its lines, or none. Those of one person are on the account’s page "<em>"People"</em>"."</p>
            <form method="post" action=path::CERTIFICATIONS enctype="multipart/form-data" novalidate class="section">
                <div class="field" class:invalid=refused>
                    <label for=TABLE>"Table: CSV or XLSX, at most 10,000 lines"</label>
                    <p class="help"><a href=path::CERTIFICATION_TEMPLATE>"Download the template"</a></p>
                    {words.map(|words| view! { <p class="error" id=error_id(TABLE)><Icon icon=icon::PROBLEM />{words}</p> })}
                    <input type="file" id=TABLE name=TABLE accept=".csv,.xlsx" aria-invalid=refused.then_some("true") aria-describedby=described />
                </div>
                <button class="button primary">"Enter the certifications"</button>
            </form>
            <h2>"Columns of the table"</h2>
            <Table columns=[Column::text("Column"), Column::text("Content")] rows=columns />
        }
    })
    .with_status(status)
}
