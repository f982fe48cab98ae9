use crate::component::{Copy, Day, Icon, icon};
use leptos::prelude::*;
use licensing::{LicenceType, activation_file::Enforcement};
use portal::files::{FileState, FileView, Machine};

/// The state of a file: icon, word and colour.
#[component]
pub fn StateBadge(state: FileState) -> AnyView {
    let (class, icon, word) = match state {
        FileState::Active => ("badge ok", icon::ACTIVE, "Active"),
        FileState::Deactivated => ("badge", icon::ENDED, "Deactivated"),
        FileState::Revoked => ("badge bad", icon::REVOKED, "Revoked"),
    };
    view! { <span class=class><Icon icon />{word}</span> }.into_any()
}

/// The licence plate: what identifies an activation file, the same wherever one appears.
#[component]
pub fn Plate(file: FileView) -> AnyView {
    let machines = std::iter::once(("Primary", file.primary.clone()))
        .chain(file.switchover.clone().map(|machine| ("Switchover", machine)))
        .map(|(role, Machine { name, host_id, .. })| {
            let id = format!("host-{}", role.to_lowercase());
            let host = match host_id {
                Some(host_id) => view! {
                    <span class="host">
                        <span id=id.clone() class="code">{host_id.to_string()}</span>
                        <Copy of=id what=format!("the host id of {name}") />
                    </span>
                }
                .into_any(),
                None => view! { <span class="code">"virtual cloud"</span> }.into_any(),
            };
            view! {
                <div class="plate-machine">
                    <dt>{role}</dt>
                    <dd>
                        <span class="machine">{name}</span>
                        {host}
                    </dd>
                </div>
            }
        })
        .collect_view();
    let row = &file.row;
    view! {
        <div class="plate">
            <div class="plate-head">
                <span id="serial" class="serial code">{row.serial.to_string()}</span>
                <Copy of="serial" what="the serial" />
                <span class="revision">{format!("Revision {}", row.revision)}</span>
                <StateBadge state=row.state />
            </div>
            <dl>{machines}</dl>
            <p class="plate-foot">
                {format!("{} {}, {}", row.product, row.version, row.licence_type.to_string().to_lowercase())}
                ", valid through " <Day on=row.valid_through />
            </p>
            {row.licence_type.restriction().map(|words| view! { <p class="plate-foot">{words}</p> })}
        </div>
    }
    .into_any()
}

/// The restriction of a licence type, as a row of a list of facts; nothing where there is none.
#[component]
pub fn Restriction(of: LicenceType) -> AnyView {
    of.restriction().map(|words| view! { <div><dt>"Restriction"</dt><dd>{words}</dd></div> }).into_any()
}

/// When and how a virtual cloud enforces, as rows of a list of facts. Domain §8.
#[component]
pub fn EnforcementFacts(enforcement: Enforcement) -> AnyView {
    let Enforcement { ramp_date, grace_days, organization_id } = enforcement;
    let days = if grace_days == 1 { "1 day".to_owned() } else { format!("{grace_days} days") };
    view! {
        <div><dt>"Cloud organisation"</dt><dd class="code wrap">{organization_id.to_string()}</dd></div>
        <div><dt>"Ramp date"</dt><dd><Day on=ramp_date /> ", the day on which enforcement starts"</dd></div>
        <div><dt>"Grace period"</dt><dd>{days} " without a good check-in before each next stage"</dd></div>
    }
    .into_any()
}
