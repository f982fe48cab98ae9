use leptos::prelude::*;

const WIDTH: u32 = 200;
const HEIGHT: u32 = 8;

/// One pool as a bar that fills as its words count: what is available, what the choice would take of that, and the rest of what is owned.
#[component]
pub fn EntitlementBar(
    owned: u32,
    allocated: u32,
    /// Quantity that the current choice would take; 0 where nothing is chosen.
    #[prop(optional)]
    change: u32,
) -> impl IntoView {
    let available = owned.saturating_sub(allocated);
    let over = change > available;
    let scale = u64::from(owned.max(1));
    let x = move |units: u32| u64::from(units) * u64::from(WIDTH) / scale;
    let left = available.saturating_sub(change);
    let (change_class, begin, taken) = if over { ("bar-over", 0, owned.max(1)) } else { ("bar-change", left, change) };
    view! {
        <svg class="bar" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-owned" width=WIDTH height=HEIGHT></rect>
            <rect class="bar-available" width=x(left) height=HEIGHT></rect>
            <rect class=change_class x=x(begin) width=x(taken) height=HEIGHT></rect>
        </svg>
    }
}
