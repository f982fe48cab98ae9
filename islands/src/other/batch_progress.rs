use leptos::prelude::*;

/// Progress of a batch, followed while it runs; its page is loaded anew at its end.
#[island]
pub fn BatchProgress(
    /// Address of the page that shows the batch.
    address: String,
    done: u32,
    of: u32,
    /// All lines are one step: there is nothing between none and all.
    whole: bool,
) -> impl IntoView {
    let reached = RwSignal::new(done);
    follow(address, reached);
    let words = move || {
        if whole { format!("All {of} files together") } else { format!("{} of {of} files", reached.get()) }
    };
    view! {
        <p class="progress">
            <progress
                id="progress"
                aria-label="How far the batch is"
                max=of
                value=move || (!whole).then(|| reached.get())
                data-done=move || reached.get()
            ></progress>
            <span role="status">{words}</span>
        </p>
    }
}

/// Asks every second.
#[cfg(feature = "hydrate")]
fn follow(address: String, reached: RwSignal<u32>) {
    Effect::new(move || {
        let address = address.clone();
        leptos::task::spawn_local(async move {
            loop {
                wait().await;
                match ask(&address).await {
                    Some(Some(done)) => reached.set(done),
                    // The page says that it is over, or something that somebody should see.
                    Some(None) => break,
                    // The network comes back, or not.
                    None => {}
                }
            }
            let _ = window().location().reload();
        });
    });
}

#[cfg(feature = "hydrate")]
async fn wait() {
    let second = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 1_000);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(second).await;
}

/// Progress that the page shows; `Some(None)` once it shows none.
#[cfg(feature = "hydrate")]
async fn ask(address: &str) -> Option<Option<u32>> {
    let page = super::page::fetch(address).await?;
    let progress = page.query_selector("#progress").ok().flatten();
    Some(progress.and_then(|progress| progress.get_attribute("data-done")?.parse().ok()))
}

#[cfg(not(feature = "hydrate"))]
fn follow(_: String, _: RwSignal<u32>) {}
