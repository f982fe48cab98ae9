//! Boxes of what a person may do in an account.

use leptos::prelude::*;
use licensing::people::{Permission, Permissions};

/// Field of each box.
pub const PERMISSION: &str = "permission";

/// Permissions whose boxes are ticked.
#[must_use]
pub fn ticked(fields: &[(String, String)]) -> Permissions {
    let ticked = fields.iter().filter(|(name, _)| name == PERMISSION);
    ticked.filter_map(|(_, code)| Permission::from_code(code)).collect()
}

/// A box for each permission, ticked as `permissions` has them.
#[component]
pub(super) fn Boxes(legend: &'static str, permissions: Permissions) -> AnyView {
    let boxes = Permission::ALL
        .iter()
        .map(|permission| {
            let id = format!("{PERMISSION}-{}", permission.code());
            let checked = permissions.contains(*permission);
            view! {
                <div class="choice">
                    <input type="checkbox" id=id.clone() name=PERMISSION value=permission.code() checked=checked />
                    <label for=id>{licensing::capitalised(&permission.to_string())}</label>
                </div>
            }
        })
        .collect_view();
    view! { <fieldset class="field"><legend>{legend}</legend>{boxes}</fieldset> }.into_any()
}
