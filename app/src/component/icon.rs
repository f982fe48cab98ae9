//! Icons of the Lucide set. They decorate: the word beside an icon carries the meaning.
//!
//! A page has each drawing once, in [`Sprite`]; an [`Icon`] only refers to it.

use leptos::prelude::*;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// An icon, by the id of its drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(&'static str);

macro_rules! icons {
    ($($name:ident = $drawing:ident,)+) => {
        $(pub const $name: Name = Name(stringify!($drawing));)+

        const DRAWINGS: &[(Name, icondata::Icon)] = &[$(($name, icondata::$drawing)),+];
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

/// Icons that a page has drawn so far.
#[derive(Clone, Default)]
pub struct Drawn(Arc<Mutex<BTreeSet<&'static str>>>);

#[component]
pub fn Icon(icon: Name) -> AnyView {
    let Drawn(drawn) = expect_context();
    drawn.lock().unwrap_or_else(PoisonError::into_inner).insert(icon.0);
    view! { <svg aria-hidden="true" inner_html=format!("<use href=#{} />", icon.0)></svg> }.into_any()
}

/// The drawings of all icons before it, once: the last thing in a page.
#[component]
pub fn Sprite() -> AnyView {
    let Drawn(drawn) = expect_context();
    let drawn = std::mem::take(&mut *drawn.lock().unwrap_or_else(PoisonError::into_inner));
    let symbols = DRAWINGS.iter().filter(|(name, _)| drawn.contains(name.0)).map(|(name, drawing)| {
        let view_box = drawing.view_box.unwrap_or("0 0 24 24");
        view! { <symbol id=name.0 viewBox=view_box inner_html=drawing.data></symbol> }
    });
    view! { <svg class="sprite" aria-hidden="true">{symbols.collect_view()}</svg> }.into_any()
}
