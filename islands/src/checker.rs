use crate::changes::Changes;
use chrono::NaiveDate;
use leptos::prelude::*;
use licensing::{
    activation_file::{ActivationFile, Change, Examined, Expected, KeyRing, Verdict},
    capitalised,
    value::date,
};

/// Names of the fields of the form, as sent without script.
pub mod check_field {
    pub const FILE: &str = "file";
    pub const TEXT: &str = "text";
    pub const SECOND: &str = "second";
}

/// File that was chosen, dropped or pasted: its name, and its bytes.
type Chosen = (String, Vec<u8>);

/// Checks an activation file in the browser: choose it, drop it or paste its text; nothing is sent. Without script the form is posted.
#[island]
pub fn Checker(
    /// The trusted verifier keys, one a line.
    keys: String,
    /// Problem of a form that was posted without script.
    problem: Option<String>,
) -> impl IntoView {
    let first: RwSignal<Option<Chosen>> = RwSignal::new(None);
    let second: RwSignal<Option<Chosen>> = RwSignal::new(None);
    let ready = RwSignal::new(false);
    Effect::new(move || ready.set(true));
    let ring: KeyRing = keys.parse().unwrap_or_default();
    let report = move || {
        let (name, bytes) = first.get()?;
        let expected = Expected { on: today(), ..Expected::default() };
        let examined = ring.examine(&bytes, &expected);
        let other = second.get().map(|(_, bytes)| ring.examine(&bytes, &expected));
        Some(
            view! { <p class="help">"Checked: " <span class="code">{name}</span></p> {report(&examined, other.as_ref(), expected.on)} },
        )
    };
    let refused = problem.is_some();
    let (described, invalid) = if refused { ("file-help file-error", Some("true")) } else { ("file-help", None) };
    view! {
        <form
            method="post"
            action="/check"
            enctype="multipart/form-data"
            class="checker"
            data-ready=move || ready.get().to_string()
            on:submit=move |event| event.prevent_default()
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| dropped(&event, first)
        >
            <div class="field" class:invalid=refused>
                <label for=check_field::FILE>"Activation file"</label>
                <p class="help" id="file-help">"Choose it, or drop it anywhere on this form."</p>
                {problem.map(|words| view! { <p class="error" id="file-error">{words}</p> })}
                <input
                    type="file"
                    id=check_field::FILE
                    name=check_field::FILE
                    accept=".I3Lic,text/plain"
                    aria-describedby=described
                    aria-invalid=invalid
                    on:change=move |event| chosen(&event, first)
                />
            </div>
            <div class="field">
                <label for=check_field::TEXT>"Or its text, from the first line to the end of the last one"</label>
                <textarea
                    id=check_field::TEXT
                    name=check_field::TEXT
                    rows="6"
                    class="code"
                    autocapitalize="off"
                    spellcheck="false"
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        first.set((!text.is_empty()).then(|| ("the pasted text".to_owned(), text.into_bytes())));
                    }
                ></textarea>
            </div>
            <div class="field">
                <label for=check_field::SECOND>"Compare with a second file (optional)"</label>
                <input
                    type="file"
                    id=check_field::SECOND
                    name=check_field::SECOND
                    accept=".I3Lic,text/plain"
                    on:change=move |event| chosen(&event, second)
                />
            </div>
            <button class="button primary" hidden=move || ready.get()>"Check"</button>
        </form>
        <div role="status" class="checked">{report}</div>
    }
}

/// The verdict about a file on the day `on`, what it says, and what a second one says differently.
#[must_use]
pub fn report(examined: &Examined, second: Option<&Examined>, on: Option<NaiveDate>) -> AnyView {
    let valid = matches!(examined.verdict, Verdict::Valid(_));
    // Of what is no activation file nothing was put right.
    let repairs = examined
        .repairs
        .iter()
        .filter(|_| examined.file.is_some())
        .map(|repair| view! { <p class="help">{repair.to_string()}</p> })
        .collect_view();
    let class = if valid { "note ok" } else { "note bad" };
    let says = examined.file.as_ref().map(|file| contents(file, valid));
    let compared = second.map(|second| {
        let changes = examined.file.as_ref().zip(second.file.as_ref()).map(|(file, second)| file.changes(second));
        comparison(second, changes)
    });
    view! {
        <section class=class aria-labelledby="verdict">
            <h2 id="verdict">{capitalised(examined.verdict.word())}</h2>
            <p>{examined.verdict.to_string()}</p>
            {repairs}
            {valid.then(|| view! {
                <p class="help">
                    {on.map(|on| format!("Checked for {}. ", date::words(on)))}
                    "A later deactivation or revision cannot be seen in the file itself: the portal’s list shows it."
                </p>
            })}
        </section>
        {compared}
        {says}
    }
    .into_any()
}

fn contents(file: &ActivationFile, valid: bool) -> AnyView {
    let title = if valid { "Contents" } else { "Contents, which are not to be relied on" };
    let facts =
        file.facts().into_iter().map(|fact| view! { <div><dt>{fact.name}</dt><dd>{fact.value}</dd></div> }).collect_view();
    let keys = file
        .keys
        .iter()
        .map(|(key, count)| view! { <tr><th scope="row" class="code">{key.to_string()}</th><td class="number">{count}</td></tr> })
        .collect_view();
    view! {
        <section aria-labelledby="contents">
            <h2 id="contents">{title}</h2>
            <dl class="facts">{facts}</dl>
            <table class="keys">
                <caption>"Licence keys"</caption>
                <thead class="visually-hidden"><tr><th scope="col">"Key"</th><th scope="col">"Count"</th></tr></thead>
                <tbody>{keys}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn comparison(second: &Examined, changes: Option<Vec<Change>>) -> AnyView {
    let verdict = format!("The second file is: {}. {}", second.verdict.word(), second.verdict);
    let rows = match changes {
        None => view! { <p>"A file that cannot be read cannot be compared."</p> }.into_any(),
        Some(changes) if changes.is_empty() => view! { <p>"Both files say the same."</p> }.into_any(),
        Some(changes) => view! { <Changes changes sides=["First file", "Second file"] /> }.into_any(),
    };
    view! {
        <section aria-labelledby="comparison">
            <h2 id="comparison">"Differences of the second file"</h2>
            <p>{verdict}</p>
            {rows}
        </section>
    }
    .into_any()
}

/// Today, where the browser is.
#[cfg(feature = "hydrate")]
fn today() -> Option<NaiveDate> {
    let now = js_sys::Date::new_0();
    NaiveDate::from_ymd_opt(i32::try_from(now.get_full_year()).ok()?, now.get_month() + 1, now.get_date())
}

#[cfg(not(feature = "hydrate"))]
fn today() -> Option<NaiveDate> {
    None
}

/// The file that was chosen; none, when the choice was taken back.
#[cfg(feature = "hydrate")]
fn chosen(event: &leptos::ev::Event, into: RwSignal<Option<Chosen>>) {
    let input: web_sys::HtmlInputElement = event_target(event);
    match input.files().and_then(|files| files.get(0)) {
        Some(file) => read(&file, into),
        None => into.set(None),
    }
}

#[cfg(feature = "hydrate")]
fn dropped(event: &leptos::ev::DragEvent, into: RwSignal<Option<Chosen>>) {
    event.prevent_default();
    if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
        read(&file, into);
    }
}

/// More than any activation file has is not read: its length alone refuses it.
#[cfg(feature = "hydrate")]
fn read(file: &web_sys::File, into: RwSignal<Option<Chosen>>) {
    let name = file.name();
    let Ok(beginning) = file.slice_with_i32_and_i32(0, 4 * 64 * 1024) else { return };
    leptos::task::spawn_local(async move {
        let read = wasm_bindgen_futures::JsFuture::from(beginning.array_buffer()).await;
        into.set(read.ok().map(|buffer| (name, js_sys::Uint8Array::new(&buffer).to_vec())));
    });
}

#[cfg(not(feature = "hydrate"))]
fn chosen(_: &leptos::ev::Event, _: RwSignal<Option<Chosen>>) {}

#[cfg(not(feature = "hydrate"))]
fn dropped(_: &leptos::ev::DragEvent, _: RwSignal<Option<Chosen>>) {}
