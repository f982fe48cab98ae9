//! The public form: step 1, what is asked, and step 2, what is attached.

use super::attachments::{Action, FILES, UploadForm, list_of};
use crate::{
    component::{Choice, ErrorSummary, Icon, Needed, Problem, SelectField, TextArea, TextField, icon, labelled, problem_of},
    frame::Page,
};
use leptos::{nonce::use_nonce, prelude::*};
use licensing::{
    form::Refusal,
    requests::{Field, FieldKind, Group, RequestForm, RequestKind, RequestProblem, Section, field},
};
use portal::{
    SubmissionKey, path,
    requests::{Attachment, NotAttached, Submitted},
};
use std::{fmt::Write, sync::Arc};

/// The form as it is shown: what was typed, and why it was not taken.
pub struct FormState {
    pub key: SubmissionKey,
    /// (field, typed)
    pub fields: Vec<(String, String)>,
    pub refusals: Vec<Refusal<RequestProblem>>,
    /// Reason that no field explains, with its status.
    pub told: Option<(u16, String)>,
    /// It was kept before.
    pub kept: bool,
}

impl FormState {
    fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone())
    }
}

/// Step 1: the details.
#[must_use]
pub fn details(form: Arc<RequestForm>, state: FormState) -> Page {
    let status = match &state.told {
        Some((status, _)) => *status,
        None if state.refusals.is_empty() => 200,
        None => 422,
    };
    let title = if status == 200 { "Activation file request" } else { "Error: Activation file request" };
    let page = Page::new(title, move || {
        let problems = labelled(&state.refusals, |name| form.label(name));
        let (action, draft) = (path::request_form(state.key.as_str()), path::request_draft(state.key.as_str()));
        let told = state.told.clone().map(|(_, words)| words);
        let groups = Group::ALL.iter().map(|group| fields(&form, *group, &state)).collect_view();
        view! {
            <style nonce=use_nonce() inner_html=rules(&form)></style>
            <div class="request-form">
                {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
                {told.map(|words| view! { <p class="note bad" role="alert" tabindex="-1" autofocus>{words}</p> })}
                <p class="step">"Step 1 of 2: request details"</p>
                <h1>"Activation file request"</h1>
                <p class="help">"Fields with * are required. "<span data-kept="">{if state.kept { "What you type is kept in this browser." } else { "" }}</span></p>
                <form method="post" action=action novalidate data-draft=draft>
                    <div class="field" data-reads-file="" hidden>
                        <label for="activation-file">"Activation file that it is about"</label>
                        <p class="help">"Choose it, or drop it anywhere on this form: its account, serial, host ids and product are filled in. It is read here and not sent."</p>
                        <input type="file" id="activation-file" accept=".I3Lic" />
                        <p role="status"></p>
                    </div>
                    {groups}
                    {suggestions(&form)}
                    <div class="buttons"><button class="button primary">"Submit and continue"<Icon icon=icon::NEXT /></button></div>
                </form>
            </div>
        }
    });
    page.with_status(status)
}

/// Whether a field is asked of everybody.
fn of_everybody(section: &Section) -> bool {
    section.kinds.is_empty() && section.categories.is_empty() && section.types.is_empty() && !section.urgent
}

/// A part of the form, with all that it may ask. The style sheet shows what is asked by what was chosen.
fn fields(form: &RequestForm, group: Group, state: &FormState) -> AnyView {
    let named = |list: &[String], field: &Field| list.contains(&field.name);
    let fields = form.field.iter().filter(|field| field.group == group);
    let fields = fields.filter(|field| form.section.iter().any(|section| named(&section.asks, field)));
    let fields = fields
        .map(|field| {
            let always =
                |list: fn(&Section) -> &Vec<String>| form.section.iter().any(|s| of_everybody(s) && named(list(s), field));
            let needed =
                match (always(|section| &section.requires), form.section.iter().any(|section| named(&section.requires, field))) {
                    (true, _) => Needed::Always,
                    (false, true) => Needed::Sometimes,
                    (false, false) => Needed::Untold,
                };
            let class =
                if always(|section| &section.asks) { format!("f-{}", field.name) } else { format!("when f-{}", field.name) };
            view! { <div class=class>{one(field, needed, state)}</div> }
        })
        .collect_view();
    let choices = (group == Group::Request).then(|| choices(form, state));
    let class = if group == Group::Details { "section when details" } else { "section" };
    view! {
        <fieldset class=class>
            <legend><h2>{group.to_string()}</h2></legend>
            {choices}
            {fields}
        </fieldset>
    }
    .into_any()
}

/// Choices that decide which other fields are asked.
fn choices(form: &RequestForm, state: &FormState) -> AnyView {
    let kinds = RequestKind::ALL.iter().map(|kind| (kind.code().to_owned(), kind.to_string(), String::new())).collect();
    let options = |choices: &[licensing::requests::Choice]| {
        choices.iter().map(|choice| (choice.code.clone(), choice.label.clone(), choice.help.clone())).collect::<Vec<_>>()
    };
    let problem = |name: &str| problem_of(&state.refusals, name);
    let radios = |name: &'static str, options: Vec<(String, String, String)>| {
        view! { <Choice name legend=form.label(name) options value=state.value(name) error=problem(name) needed=Needed::Always /> }
    };
    view! {
        {radios(field::KIND, kinds)}
        <div class="when of-file">
            {radios(field::CATEGORY, options(&form.category))}
            {radios(field::TYPE, options(&form.r#type))}
        </div>
    }
    .into_any()
}

/// One field.
fn one(field: &Field, needed: Needed, state: &FormState) -> AnyView {
    let Field { name, label, kind, hint, autocomplete, choices, .. } = field.clone();
    let (value, error) = (state.value(&name), problem_of(&state.refusals, &name));
    let line = |kind: &'static str, code: bool| {
        let (name, label, value, hint, autocomplete, error) =
            (name.clone(), label.clone(), value.clone(), hint.clone(), autocomplete.clone(), error.clone());
        view! { <TextField name label value help=hint error kind autocomplete needed code /> }
    };
    match kind {
        FieldKind::Line | FieldKind::Garn | FieldKind::Emails => line("text", false).into_any(),
        FieldKind::Hosts => line("text", true).into_any(),
        FieldKind::Email | FieldKind::EmailAgain => line("email", false).into_any(),
        FieldKind::Date | FieldKind::FutureDate => line("date", false).into_any(),
        FieldKind::Lines => view! { <TextArea name label value rows=6 help=hint error needed prose=true /> }.into_any(),
        FieldKind::Choice => {
            let options = choices.into_iter().map(|choice| (choice.clone(), choice)).collect();
            view! { <SelectField name label options value error needed /> }.into_any()
        }
        FieldKind::Yes => {
            let checked = !value.is_empty();
            view! {
                <div class="choice">
                    <input type="checkbox" id=name.clone() name=name.clone() value="yes" checked=checked />
                    <label for=name><span>{label}</span><span class="help">{hint}</span></label>
                </div>
            }
            .into_any()
        }
    }
}

/// Attachments that help, by what was chosen.
fn suggestions(form: &RequestForm) -> AnyView {
    let items = form
        .section
        .iter()
        .enumerate()
        .flat_map(|(at, section)| section.attachments.iter().map(move |words| (at, of_everybody(section), words.clone())))
        .map(|(at, always, words)| {
            let class = if always { None } else { Some(format!("when a-{at}")) };
            view! { <li class=class>{words}</li> }
        })
        .collect_view();
    view! {
        <section class="section suggestions when" aria-labelledby="suggestions-title">
            <h2 id="suggestions-title">"Attachments that help"</h2>
            <p class="help">"You add them in step 2."</p>
            <ul>{items}</ul>
        </section>
    }
    .into_any()
}

/// The style sheet of the form: what is not asked by what was chosen is not shown. A browser that cannot do that shows all of it, and the server reads
/// what is asked.
fn rules(form: &RequestForm) -> String {
    let mut css = String::from("@supports selector(:has(*)){.when,.sometimes{display:none}");
    let chosen = |name: &str, codes: Vec<&str>| {
        let any: Vec<String> = codes.iter().map(|code| format!("[value=\"{code}\"]")).collect();
        if any.is_empty() { String::new() } else { format!(":has([name=\"{name}\"]:is({}):checked)", any.join(",")) }
    };
    let of_file = chosen(field::KIND, vec![RequestKind::File.code()]);
    let _ = write!(css, "form{of_file} .of-file{{display:block}}");
    for (at, section) in form.section.iter().enumerate().filter(|(_, section)| !of_everybody(section)) {
        let kinds = chosen(field::KIND, section.kinds.iter().map(|kind| kind.code()).collect());
        let categories = chosen(field::CATEGORY, section.categories.iter().map(String::as_str).collect());
        let types = chosen(field::TYPE, section.types.iter().map(String::as_str).collect());
        let urgent = if section.urgent { format!(":has([name=\"{}\"]:checked)", field::URGENT) } else { String::new() };
        let held = format!("form{kinds}{categories}{types}{urgent}");
        let mut shown: Vec<String> = section.asks.iter().map(|name| format!(".f-{name}")).collect();
        if section.asks.iter().any(|name| form.field.iter().any(|f| f.name == *name && f.group == Group::Details)) {
            shown.push(".details".to_owned());
        }
        if !section.attachments.is_empty() {
            shown.push(".suggestions".to_owned());
        }
        if !shown.is_empty() {
            let _ = write!(css, "{held} :is({}){{display:block}}", shown.join(","));
        }
        if !section.attachments.is_empty() {
            let _ = write!(css, "{held} .a-{at}{{display:list-item}}");
        }
        if !section.requires.is_empty() {
            let stars: Vec<String> = section.requires.iter().map(|name| format!(".f-{name}")).collect();
            let _ = write!(css, "{held} :is({}) .sometimes{{display:inline}}", stars.join(","));
        }
    }
    css.push('}');
    css
}

/// Step 2: what is attached, and the end.
#[must_use]
pub fn attachments(key: &SubmissionKey, submitted: Submitted, attached: Vec<Attachment>, refused: &[NotAttached]) -> Page {
    let (done, upload) = (path::finish_request(key.as_str()), path::request_attachments(key.as_str()));
    let Submitted { number, held, confirmed } = submitted;
    let problems: Vec<Problem> = refused.iter().map(|why| Problem::new(FILES, why.to_string())).collect();
    let status = if problems.is_empty() { 200 } else { 422 };
    let title = if status == 200 { format!("Request {number}") } else { format!("Error: Request {number}") };
    let page = Page::new(title, move || {
        if confirmed {
            return view! {
                <div class="request-form">
                    <h1>{format!("Request {number} is with us")}</h1>
                    <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"A mail with the number and a private link to follow the request is on its way to all addresses that you gave."</p></div>
                    {held.then(|| view! {
                        <p class="note warn">"This mailbox has other open requests that nobody has confirmed. Confirm it by the link in the mail: an analyst sees this request then."</p>
                    })}
                    <p><a href=path::REQUEST>"Send another request"</a></p>
                </div>
            }
            .into_any();
        }
        view! {
            <div class="request-form">
                {(!problems.is_empty()).then(|| view! { <ErrorSummary problems=problems.clone() /> })}
                <p class="step">"Step 2 of 2: attachments"</p>
                <h1>{format!("Request {number}")}</h1>
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{format!("Your request has the number {number}. Nothing is lost if you close this page.")}</p></div>
                <h2>"Attachments"</h2>
                {list_of(attached, Action::Remove(&upload))}
                <UploadForm action=upload.clone() problems />
                <form method="post" action=done>
                    <div class="buttons"><button class="button primary">"Done"</button></div>
                    <p class="help">"The confirmation is mailed when you are done, at the latest after 30 minutes."</p>
                </form>
            </div>
        }
        .into_any()
    });
    page.with_status(status)
}
