use leptos::prelude::*;

const WIDTH: u32 = 200;
const HEIGHT: u32 = 8;

/// Owned, allocated, this change and available of one pool, as one bar. The text beside it says the same in figures.
#[component]
pub fn EntitlementBar(
    owned: u32,
    allocated: u32,
    /// Quantity that the current choice would take; 0 where nothing is chosen.
    #[prop(optional)]
    change: u32,
) -> impl IntoView {
    let over = allocated.saturating_add(change) > owned;
    let scale = u64::from(owned.max(allocated.saturating_add(change)).max(1));
    let x = move |units: u32| u64::from(units) * u64::from(WIDTH) / scale;
    let change_class = if over { "bar-over" } else { "bar-change" };
    view! {
        <svg class="bar" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-owned" width=x(owned) height=HEIGHT></rect>
            <rect class="bar-allocated" width=x(allocated) height=HEIGHT></rect>
            <rect class=change_class x=x(allocated) width=x(change) height=HEIGHT></rect>
        </svg>
    }
}
