//! Icons of the Lucide set, drawn on the server. They decorate: the word beside an icon carries the meaning.

use icondata::Icon as Data;
use leptos::prelude::*;

pub const ACTIVE: Data = icondata::LuCircleCheck;
pub const ADD: Data = icondata::LuPlus;
pub const BACK: Data = icondata::LuArrowLeft;
pub const CLEAR: Data = icondata::LuX;
pub const DEACTIVATE: Data = icondata::LuPowerOff;
pub const DOWN: Data = icondata::LuArrowDown;
pub const DOWNLOAD: Data = icondata::LuDownload;
pub const ENDED: Data = icondata::LuArchive;
pub const NEXT: Data = icondata::LuArrowRight;
pub const PROBLEM: Data = icondata::LuCircleAlert;
pub const REVOKED: Data = icondata::LuBan;
pub const REFRESH: Data = icondata::LuRefreshCw;
pub const SEARCH: Data = icondata::LuSearch;
pub const SIGN_OUT: Data = icondata::LuLogOut;
pub const UP: Data = icondata::LuArrowUp;
pub const UPDATE: Data = icondata::LuPencil;
pub const VIEW: Data = icondata::LuEye;
pub const WARNING: Data = icondata::LuTriangleAlert;

#[component]
pub fn Icon(icon: Data) -> AnyView {
    view! {
        <svg
            class="icon"
            viewBox=icon.view_box.unwrap_or("0 0 24 24")
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            focusable="false"
            inner_html=icon.data
        ></svg>
    }
    .into_any()
}
