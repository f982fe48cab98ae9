use crate::{
    component::{Icon, icon},
    frame::SEARCH,
};
use leptos::prelude::*;
use licensing::form::Refusal;
use std::error::Error;

/// Every problem of `field`.
#[must_use]
pub fn problem_of<P: Error>(refusals: &[Refusal<P>], field: &str) -> Option<String> {
    let words: Vec<_> = refusals.iter().filter(|r| r.field == field).map(|r| r.problem.to_string()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Id of the text that says what is wrong with the field `id`.
#[must_use]
pub fn error_id(id: &str) -> String {
    format!("{id}-error")
}

fn described_by(id: &str, help: bool, error: bool) -> Option<String> {
    let ids = [help.then(|| format!("{id}-help")), error.then(|| error_id(id))];
    let ids: Vec<_> = ids.into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

#[component]
fn FieldError(id: String, words: Option<String>) -> AnyView {
    words.map(|words| view! { <p class="error" id=error_id(&id)><Icon icon=icon::PROBLEM />{words}</p> }).into_any()
}

/// Whether a field is required, as a star behind its label tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Needed {
    /// Nothing tells: the form's labels say what is optional.
    #[default]
    Untold,
    Always,
    /// Only with some choices; the style sheet of the form shows it then.
    Sometimes,
}

impl Needed {
    fn star(self) -> Option<AnyView> {
        match self {
            Self::Untold => None,
            Self::Always => Some(view! { <span class="star">" *"</span> }.into_any()),
            Self::Sometimes => Some(view! { <span class="star sometimes">" *"</span> }.into_any()),
        }
    }
}

/// A search of its own: one line that the address keeps as `q`.
#[component]
pub fn SearchForm(
    #[prop(into)] action: String,
    label: &'static str,
    /// The text as it was typed.
    value: String,
    #[prop(optional)] help: &'static str,
) -> AnyView {
    let described = described_by(SEARCH, !help.is_empty(), false);
    view! {
        <form method="get" action=action role="search" class="search" aria-label=label>
            <label for=SEARCH>{label}</label>
            {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{}-help", SEARCH)>{help}</p> })}
            <div class="row">
                <input
                    id=SEARCH
                    name=SEARCH
                    type="search"
                    value=value
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby=described
                />
                <button class="button"><Icon icon=icon::SEARCH />"Search"</button>
            </div>
        </form>
    }
    .into_any()
}

/// A line of text under its label.
#[component]
pub fn TextField(
    /// Name and id of the field.
    #[prop(into)]
    name: String,
    #[prop(into)] label: String,
    /// Value as it was typed.
    #[prop(into)]
    value: String,
    #[prop(optional, into)] help: String,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional, into)] autocomplete: Option<String>,
    #[prop(optional)] needed: Needed,
    /// Typed in a fixed-width font: host ids and codes.
    #[prop(optional)]
    code: bool,
    /// Id of a `<datalist>` whose entries are offered.
    #[prop(optional)]
    list: Option<&'static str>,
    /// Content below the field, such as an island.
    #[prop(optional)]
    children: Option<Children>,
) -> AnyView {
    let described = described_by(&name, !help.is_empty(), error.is_some());
    let refused = error.is_some();
    let invalid = refused.then_some("true");
    view! {
        <div class="field" class:invalid=refused>
            <label for=name.clone()>{label}{needed.star()}</label>
            {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{name}-help")>{help}</p> })}
            <FieldError id=name.clone() words=error />
            <input
                id=name.clone()
                name=name
                type=kind.unwrap_or("text")
                value=value
                class:code=code
                list=list
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=invalid
            />
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// Several lines of text under their label.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    /// Lines that are seen at once.
    rows: u32,
    #[prop(optional, into)] help: String,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] needed: Needed,
    /// Words, with the browser's help to spell them; otherwise codes in a fixed-width font.
    #[prop(optional)]
    prose: bool,
) -> AnyView {
    let described = described_by(&name, !help.is_empty(), error.is_some());
    let refused = error.is_some();
    let invalid = refused.then_some("true");
    let (class, spellcheck) = if prose { (None, "true") } else { (Some("code"), "false") };
    let capitals = (!prose).then_some("off");
    view! {
        <div class="field wide" class:invalid=refused>
            <label for=name.clone()>{label}{needed.star()}</label>
            {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{name}-help")>{help}</p> })}
            <FieldError id=name.clone() words=error />
            <textarea
                id=name.clone()
                name=name
                class=class
                rows=rows
                spellcheck=spellcheck
                autocapitalize=capitals
                aria-describedby=described
                aria-invalid=invalid
                inner_html=escaped(&value)
            ></textarea>
        </div>
    }
    .into_any()
}

/// Text for the inside of a `<textarea>`, which Leptos does not escape on the server. A first line end would not be read.
fn escaped(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// One of a list. Nothing is chosen until somebody chooses, unless there is only one thing to choose.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// (value, words)
    options: Vec<(String, String)>,
    #[prop(into)] value: String,
    #[prop(default = None)] error: Option<String>,
    /// A filter: choosing nothing means all of them.
    #[prop(optional)]
    all: bool,
    /// Choosing nothing leaves everything as it is.
    #[prop(optional)]
    keep: bool,
    #[prop(optional)] needed: Needed,
) -> AnyView {
    let described = described_by(&name, false, error.is_some());
    let refused = error.is_some();
    let invalid = refused.then_some("true");
    let only = options.len() == 1 && value.is_empty() && !all && !keep;
    let nothing = match (all, keep) {
        (true, _) => "All",
        (_, true) => "Keep as it is",
        _ => "Select…",
    };
    let items = options
        .into_iter()
        .map(|(option, words)| {
            let selected = option == value || only;
            view! { <option value=option selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <div class="field" class:invalid=refused>
            <label for=name.clone()>{label}{needed.star()}</label>
            <FieldError id=name.clone() words=error />
            <select id=name.clone() name=name aria-describedby=described aria-invalid=invalid>
                {(!only).then(|| view! { <option value="">{nothing}</option> })}
                {items}
            </select>
        </div>
    }
    .into_any()
}

/// One of a list whose items need a line of explanation each: radio buttons.
#[component]
pub fn Choice(
    #[prop(into)] name: String,
    #[prop(into)] legend: String,
    /// (value, words, explanation)
    options: Vec<(String, String, String)>,
    #[prop(into)] value: String,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] needed: Needed,
) -> AnyView {
    let described = described_by(&name, false, error.is_some());
    let refused = error.is_some();
    let items = options
        .into_iter()
        .enumerate()
        .map(|(position, (option, words, explanation))| {
            // The first one carries the group's id, so that an error summary leads there.
            let id = if position == 0 { name.clone() } else { format!("{name}-{position}") };
            let checked = option == value;
            view! {
                <div class="choice">
                    <input type="radio" id=id.clone() name=name.clone() value=option checked=checked />
                    <label for=id>
                        <span>{words}</span>
                        {(!explanation.is_empty()).then(|| view! { <span class="help">{explanation}</span> })}
                    </label>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" class:invalid=refused aria-describedby=described>
            <legend>{legend}{needed.star()}</legend>
            <FieldError id=name.clone() words=error />
            {items}
        </fieldset>
    }
    .into_any()
}

/// Everything that was typed, carried along unseen.
#[component]
pub fn Hidden(fields: Vec<(String, String)>) -> AnyView {
    fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view().into_any()
}
