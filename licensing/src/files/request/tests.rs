use super::*;
use crate::{
    LicenceType, Quantity, UsageTracking,
    catalogue::{
        PartClass,
        key::{KeyMapping, KeyName},
    },
    form::Refusal,
    licence::LicenceModel,
    offer::{Choosable, Offer, OfferedPart, OfferedProduct, OfferedSite},
    orders::entitlement::Entitlement,
};

fn part(number: &str, class: PartClass, keys: &[(&str, u32, u32)], owned: Quantity, allocated: Quantity) -> OfferedPart {
    OfferedPart {
        number: number.parse().expect("a part number"),
        description: format!("Part {number}"),
        class,
        requires: vec![],
        keys: keys
            .iter()
            .map(|(key, per_assigned, per_pooled)| KeyMapping {
                key: key.parse::<KeyName>().expect("a key"),
                per_assigned: *per_assigned,
                per_pooled: *per_pooled,
            })
            .collect(),
        lines: vec![Entitlement {
            sales_order: "SO-1".into(),
            ordered_on: "2019-03-01".parse().expect("a date"),
            owned,
            allocated,
            unlimited: false,
            maintenance_end: Some("2027-06-30".parse().expect("a date")),
            term_days: None,
            ends_on: None,
        }],
        choosable: Choosable::Free,
        held: Quantity::ZERO,
    }
}

fn offer() -> Offer {
    let one = Quantity::ONE_SERVER;
    let mut analyzer = part("AN", PartClass::AccessAddOn, &[("I3_ACCESS_ANALYZER", 1, 0)], Quantity::new(5, 0), Quantity::ZERO);
    analyzer.requires = vec!["RE".parse().expect("a part number")];
    Offer {
        product: OfferedProduct { code: "CIC".into(), name: "CIC".into(), switchover: true, mail_connector: true },
        version: "2020 R2".into(),
        generation: "4.0".into(),
        licence_type: LicenceType::Production,
        ended_on: None,
        virtual_cloud: Err(crate::offer::CloudObstacle::LicenceModel(LicenceModel::Perpetual)),
        updates: None,
        today: "2026-11-22".parse().expect("a date"),
        sites: vec![
            OfferedSite { id: "1".into(), name: "Indianapolis DC 1".into(), active: true },
            OfferedSite { id: "2".into(), name: "Old Mill".into(), active: false },
        ],
        parts: vec![
            part("SV", PartClass::ServerItem, &[("I3_FEATURE_SERVER", 1, 0)], one, Quantity::ZERO),
            part("SO", PartClass::SwitchoverItem, &[("I3_FEATURE_SWITCHOVER", 1, 0)], one, Quantity::ZERO),
            part(
                "AL",
                PartClass::Access,
                &[("I3_ACCESS_CLIENT", 1, 0), ("I3_ACCESS_CLIENT_CONCURRENT", 0, 1), ("I3_LICENSE_BASIC_STATION", 1, 1)],
                Quantity::new(10, 25),
                Quantity::new(8, 0),
            ),
            analyzer,
            part("RE", PartClass::AccessAddOn, &[("I3_ACCESS_RECORDER", 1, 0)], Quantity::new(5, 0), Quantity::ZERO),
        ],
    }
}

const COMPLETE: [(&str, &str); 13] = [
    ("site", "1"),
    ("product", "CIC"),
    ("version", "2020 R2"),
    ("type", "production"),
    ("host_id", "63:00:27:0e:26:df"),
    ("machine_name", "IC-PRD-01"),
    ("system_type", "media-server-based"),
    ("mail_connector", "exchange"),
    ("server_item", "SV"),
    ("switchover_host_id", "A3155D1E8B32"),
    ("switchover_machine_name", "IC-PRD-02"),
    ("switchover_item", "SO"),
    ("assigned.AL", "2"),
];

fn form(changes: &[(&str, &str)]) -> NewFileForm {
    changes.iter().chain(COMPLETE.iter()).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn refused(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let refusals = form(changes).generate_request().check(&offer()).expect_err("refused");
    refusals.into_iter().map(|r| (r.field, r.problem.to_string())).collect()
}

fn one(field: &str, words: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), words.to_owned())]
}

#[test]
fn a_complete_form_becomes_a_request() {
    let (request, _) = form(&[("pooled.AL", "25")]).generate_request().check(&offer()).expect("complete");
    let servers: Vec<_> = request.binding.servers().into_iter().map(|s| (s.host_id, s.server_item)).collect();
    let server = |host: &str, item: &str| (Some(host.parse().expect("a host id")), Some(item.parse().expect("a part number")));
    assert_eq!(servers, [server("6300270E26DF", "SV"), server("A3155D1E8B32", "SO")]);
    let parts: Vec<_> = request.parts.iter().map(|(part, quantity)| (part.as_str(), *quantity)).collect();
    assert_eq!(parts, [("SV", Quantity::ONE_SERVER), ("SO", Quantity::ONE_SERVER), ("AL", Quantity::new(2, 25))]);
    assert_eq!(request.valid_through.to_string(), "2100-01-01");
}

#[test]
fn the_switchover_server_can_wait() {
    let request = form(&[("switchover_later", "yes"), ("switchover_host_id", ""), ("switchover_item", "")])
        .generate_request()
        .check(&offer());
    assert_eq!(request.map(|(request, _)| request.binding.servers().len()), Ok(1));
}

#[test]
fn each_fault_has_its_words() {
    assert_eq!(refused(&[("host_id", "6300270E26D")]), one("host_id", "A host id has 12 hexadecimal digits; this one has 11."));
    assert_eq!(
        refused(&[("switchover_host_id", "6300270E26DF")]),
        one("switchover_host_id", "6300270E26DF is the primary server. Enter the host id of the other server.")
    );
    assert_eq!(refused(&[("site", "2")]), one("site", "Install site Old Mill is not active. Choose an active site."));
    assert_eq!(
        refused(&[("site", "99")]),
        one("site", "What was sent is not among this account's choices. Select an install site from the list.")
    );
    assert_eq!(
        refused(&[("server_item", "AL")]),
        one("server_item", "What was sent is not among this account's choices. Select one valid server item from the list.")
    );
    assert_eq!(refused(&[("server_item", "")]), one("server_item", "Select one valid server item."));
    assert_eq!(refused(&[("machine_name", "")]), one("machine_name", "Enter the machine name."));
    assert_eq!(
        refused(&[("machine_name", "IC\u{202E}1")]),
        one(
            "machine_name",
            "The machine name cannot be used: it has a control or text-direction character (U+202E), which a reader cannot see."
        )
    );
    assert_eq!(
        refused(&[("assigned.AL", "5")]),
        one("assigned.AL", "Only 2 of 10 assigned Part AL are available; you asked for 5.")
    );
    assert_eq!(
        refused(&[("pooled.AL", "x")]),
        one("pooled.AL", "“x” is not a whole number. Enter 0 or more, or leave the field empty.")
    );
    assert_eq!(
        refused(&[("pooled.AL", "99999999999999999999")]),
        one("pooled.AL", "99999999999999999999 is more than one file can hold. Enter at most 1,000,000.")
    );
    assert_eq!(
        refused(&[("assigned.AN", "1")]),
        one("assigned.AN", "Part AN works only together with Part RE. Add it, or leave Part AN out.")
    );
    assert_eq!(
        refused(&[("assigned.ZZ", "1")]),
        one("assigned.ZZ", "Part ZZ is not among what this account owns for this product. Choose from the current list.")
    );
    assert_eq!(
        refused(&[("usage_tracking", "upload")]),
        one("usage_tracking", "A perpetual licence carries no usage tracking. Leave it out.")
    );
    assert_eq!(
        refused(&[("type", "trial")]),
        one("type", "What was sent is not among this account's choices. Select a licence type from the list.")
    );
}

#[test]
fn what_was_chosen_for_another_product_is_left_behind() {
    let typed = form(&[("server_item", "OTHER"), ("assigned.ZZ", "3"), ("assigned.AL", "2")]);
    let fitting = typed.fitting(&offer());
    let kept: Vec<_> = fitting.fields().map(|(name, _)| name).collect();
    assert!(!kept.contains(&"assigned.ZZ") && kept.contains(&"assigned.AL") && kept.contains(&"host_id"), "{kept:?}");
    assert_eq!(fitting.preview(&offer()).refusals, vec![]);
}

#[test]
fn everything_wrong_is_told_at_once_in_page_order() {
    let fields: Vec<_> =
        refused(&[("pooled.AL", "26"), ("assigned.AL", "3"), ("host_id", ""), ("site", ""), ("mail_connector", "")])
            .into_iter()
            .map(|(field, _)| field)
            .collect();
    assert_eq!(fields, ["site", "host_id", "mail_connector", "assigned.AL", "pooled.AL"]);
}

#[test]
fn the_preview_shows_keys_and_what_is_left() {
    let preview = form(&[("pooled.AL", "25")]).preview(&offer());
    assert_eq!(preview.refusals, vec![]);
    let keys: Vec<_> = preview.keys.iter().map(|(key, count)| (key.as_str(), count)).collect();
    assert_eq!(
        keys,
        [
            ("I3_ACCESS_CLIENT", 2),
            ("I3_ACCESS_CLIENT_CONCURRENT", 25),
            ("I3_FEATURE_SERVER", 1),
            ("I3_FEATURE_SU_ALLOWED", 1),
            ("I3_FEATURE_SWITCHOVER", 1),
            ("I3_LICENSE_BASIC_STATION", 27),
        ]
    );
    assert_eq!(preview.updates_through.map(|d| d.to_string()), Some("2027-06-30".into()));
    assert_eq!(preview.parts[2].available_after(), Quantity::ZERO);
}

#[test]
fn updates_are_allowed_while_the_server_items_maintenance_is_current() {
    let mut offer = offer();
    for (today, allowed) in [("2027-06-30", true), ("2027-07-01", false)] {
        offer.today = today.parse().expect("a date");
        let preview = form(&[]).preview(&offer);
        assert_eq!(preview.keys.contains(&KeyName::updates_allowed()), allowed, "{today}");
        assert_eq!(preview.updates_through.is_some(), allowed, "{today}");
    }
}

#[test]
fn a_second_server_needs_a_switchover_item_to_be_there() {
    let mut offer = offer();
    offer.parts.retain(|part| part.class != PartClass::SwitchoverItem);
    let refusals = form(&[]).generate_request().check(&offer).expect_err("refused");
    let said = "This account has no switchover server item for this product and version. Leave the second server out.";
    assert_eq!(refusals, [Refusal::new(field::SWITCHOVER_HOST_ID, FileProblem::NoSwitchover)]);
    assert_eq!(refusals[0].problem.to_string(), said);
}

#[test]
fn what_an_update_only_gives_back_cannot_be_chosen_and_is_told() {
    let mut offer = offer();
    let part = offer.parts.iter_mut().find(|part| part.number.as_str() == "AL").expect("a part");
    (part.choosable, part.held) = (Choosable::GivenBack, Quantity::new(2, 0));
    let refused = form(&[("assigned.AL", "1")]).generate_request().check(&offer).expect_err("refused");
    assert_eq!(refused[0].field, "assigned.AL");
    let given_back = form(&[("assigned.AL", "")]).preview(&offer).parts;
    let given_back = given_back.iter().find(|change| change.part.as_str() == "AL").expect("it is told");
    assert_eq!((given_back.held, given_back.asked), (Quantity::new(2, 0), Quantity::ZERO));
    // What analysts alone add can be kept as far as it is held.
    let part = offer.parts.iter_mut().find(|part| part.number.as_str() == "AL").expect("a part");
    part.choosable = Choosable::AsHeld;
    assert!(form(&[("assigned.AL", "2")]).generate_request().check(&offer).is_ok());
    offer.parts.iter_mut().for_each(|part| part.held = Quantity::ZERO);
    assert!(form(&[("assigned.AL", "2")]).generate_request().check(&offer).is_err());
}

#[test]
fn a_subscription_file_says_how_usage_is_reported() {
    let mut offer = offer();
    for part in &mut offer.parts {
        part.lines[0].unlimited = true;
    }
    let words = form(&[]).generate_request().check(&offer).expect_err("refused")[0].problem.to_string();
    assert_eq!(words, "Select how usage is reported.");
    let preview = form(&[("usage_tracking", "local"), ("assigned.AL", "5000")]).preview(&offer);
    assert_eq!(preview.refusals, vec![]);
    assert!(preview.keys.contains(&UsageTracking::Local.key()));
}
