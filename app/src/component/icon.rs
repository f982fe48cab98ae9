//! Icons of the Lucide set. They decorate: the word beside an icon carries the meaning.
//!
//! A page has each drawing once, in [`Sprite`]; an [`Icon`] only refers to it.

use leptos::{prelude::*, tachys::html::InertElement};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// An icon.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// Its bit in [`Drawn`].
    bit: u64,
    /// Reference to its drawing.
    html: &'static str,
}

macro_rules! icons {
    ($($name:ident = $drawing:ident,)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the icons are")]
        enum Bit { $($name),+ }

        $(pub const $name: Name = Name {
            bit: 1 << Bit::$name as u64,
            html: concat!("<svg aria-hidden=true><use href=#", stringify!($name), " /></svg>"),
        };)+

        /// The drawing of each icon, with its id.
        const DRAWINGS: &[(Name, &str, icondata::Icon)] = &[$(($name, stringify!($name), icondata::$drawing)),+];
    };
}

icons! {
    ACTIVE = LuCircleCheck,
    ADD = LuPlus,
    BACK = LuArrowLeft,
    CLEAR = LuX,
    DEACTIVATE = LuPowerOff,
    DOWN = LuArrowDown,
    DOWNLOAD = LuDownload,
    ENDED = LuArchive,
    NEXT = LuArrowRight,
    PROBLEM = LuCircleAlert,
    REVOKED = LuBan,
    REFRESH = LuRefreshCw,
    SEARCH = LuSearch,
    SIGN_OUT = LuLogOut,
    UP = LuArrowUp,
    UPDATE = LuPencil,
    VIEW = LuEye,
    WARNING = LuTriangleAlert,
}

/// Icons that a page has drawn so far, a bit each.
#[derive(Clone, Default)]
pub struct Drawn(Arc<AtomicU64>);

#[component]
pub fn Icon(icon: Name) -> AnyView {
    let Drawn(drawn) = expect_context();
    drawn.fetch_or(icon.bit, Ordering::Relaxed);
    InertElement::new(icon.html).into_any()
}

/// The drawings of all icons before it, once: the last thing in a page.
#[component]
pub fn Sprite() -> AnyView {
    let Drawn(drawn) = expect_context();
    let drawn = drawn.load(Ordering::Relaxed);
    let symbols = DRAWINGS.iter().filter(|(name, ..)| drawn & name.bit != 0).map(|(_, id, drawing)| {
        let view_box = drawing.view_box.unwrap_or("0 0 24 24");
        view! { <symbol id=*id viewBox=view_box inner_html=drawing.data></symbol> }
    });
    view! { <svg class="sprite" aria-hidden="true">{symbols.collect_view()}</svg> }.into_any()
}
