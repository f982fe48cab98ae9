use super::{field, form::Asked, *};
use crate::form::Refusal;
use chrono::NaiveDate;

const SHIPPED: &str = include_str!("../../../portal/catalogue/request-form.toml");
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 28).expect("a date");

fn form() -> RequestForm {
    RequestForm::from_toml(SHIPPED).expect("the shipped form")
}

const QUESTION: [(&str, &str); 9] = [
    (field::KIND, "question"),
    (field::FIRST_NAME, "Dana"),
    (field::LAST_NAME, "Reyes"),
    (field::EMAIL, "dana.reyes@acme.example"),
    (field::EMAIL_AGAIN, " Dana.Reyes@ACME.example"),
    (field::EMPLOYER, "Acme"),
    (field::END_USER, "Acme"),
    (field::SUBJECT, "Where is the host id?"),
    (field::DESCRIPTION, "We look for it.\r\nOn Windows."),
];

/// Reads the question with `changes`.
fn read(changes: &[(&str, &str)], signed_in: bool) -> Result<RequestDetails, Vec<Refusal<RequestProblem>>> {
    let value = |name: &str| {
        let of = |fields: &[(&str, &str)]| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.to_string());
        of(changes).or_else(|| of(&QUESTION)).unwrap_or_default()
    };
    let names = form().field.into_iter().map(|field| field.name);
    let names = names.chain([field::KIND, field::CATEGORY, field::TYPE].map(str::to_owned));
    let fields: Vec<(String, String)> = names.map(|name| (name.clone(), value(&name))).collect();
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    form().read(value, Requester { signed_in, today: TODAY })
}

fn refused(changes: &[(&str, &str)]) -> Vec<String> {
    let refusals = read(changes, false).expect_err("a refusal");
    refusals.iter().map(|refusal| format!("{}: {}", refusal.field, refusal.problem)).collect()
}

#[test]
fn a_question_has_no_category_type_or_urgency() {
    let changes = [(field::CATEGORY, "genesys"), (field::TYPE, "upgrade"), (field::URGENT, "yes"), ("primary_host", "nonsense")];
    let question = read(&changes, false).expect("a question");
    assert_eq!((question.category, question.file_type, question.urgent), (None, None, false));
    assert_eq!((question.name.as_str(), question.email.as_str()), ("Dana Reyes", "dana.reyes@acme.example"));
    assert_eq!(question.description, "We look for it.\nOn Windows.");
    let labels: Vec<_> = question.answers.iter().map(|answer| answer.label.as_str()).collect();
    assert_eq!(labels, ["Employer", "End user account"]);
}

#[test]
fn a_request_has_its_hosts_and_answers() {
    let request = read(
        &[
            (field::KIND, "file"),
            (field::CATEGORY, "genesys"),
            (field::TYPE, "new-deployment"),
            ("implementation_type", "New deployment"),
            ("deployment_type", "Lab"),
            ("primary_host", "63:00:27:0e:26:df; 505689001E12"),
            ("backup_host", "6300270E26DF"),
            ("order", "SO-10007"),
            (field::COPIES, "a@acme.example, B@acme.example,\nA@acme.example"),
            (field::GARN, "acme-1001"),
            (field::NEEDED_BY, "2026-11-28"),
            ("clarification", "not asked by this type"),
        ],
        false,
    );
    let request = request.expect("a request");
    assert_eq!(request.hosts.iter().map(crate::HostId::as_str).collect::<Vec<_>>(), ["6300270E26DF", "505689001E12"]);
    assert_eq!(request.copies.iter().map(crate::EmailAddress::as_str).collect::<Vec<_>>(), ["a@acme.example", "b@acme.example"]);
    assert_eq!((request.garn.map(String::from), request.needed_by), (Some("ACME-1001".into()), Some(TODAY)));
    assert!(request.answers.iter().any(|answer| answer.label == "Date needed" && answer.value == "28 Nov 2026"));
    assert!(request.answers.iter().all(|answer| answer.field != "clarification"));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let empty: Vec<(&str, &str)> = QUESTION.map(|(field, _)| (field, "")).to_vec();
    assert_eq!(refused(&empty)[0], "kind: Select what you send: a question, or an activation file request.");
    assert_eq!(refused(&empty).len(), 9);
    assert_eq!(
        refused(&[(field::KIND, "file")]),
        ["category: Select a category.", "type: Select what the activation file is for."]
    );
    assert_eq!(
        refused(&[
            (field::EMAIL, "dana@gmail.com"),
            (field::COPIES, "a@b.example, nobody"),
            (field::GARN, "acme 1001"),
            (field::NEEDED_BY, "2026-11-27"),
            (field::SUBJECT, "a\u{202E}b"),
            (field::DESCRIPTION, &"x".repeat(4_001)),
        ]),
        [
            "email: gmail.com gives mailboxes to anybody. Enter your address at work, so that we know whom you ask for.",
            "email_again: The two addresses differ. Enter the same one twice.",
            "copies: “nobody” is not an e-mail address. Enter one such as name@company.example.",
            "garn: “acme 1001” is not written as a GARN, such as ACME-1001. Correct it, or leave it empty.",
            "subject: This cannot be used: it has a control or text-direction character (U+202E), which a reader cannot see.",
            "description: The text is longer than 4000 characters. Shorten it.",
            "needed_by: That day is over. Enter a date from today on.",
        ]
    );
    let request = [(field::KIND, "file"), (field::CATEGORY, "pay-per-use"), (field::TYPE, "add-on"), (field::URGENT, "yes")];
    assert_eq!(
        refused(&request),
        [
            "needed_by: Enter the date by which you need it: an urgent request names one.",
            "needed_because: Say why it is needed by then: an urgent request gives the reason.",
            "deployment_type: Select a deployment type.",
            "order: Enter the sales order or the purchase order.",
            "primary_host: Enter one of these: Primary MAC id or host id, Cloud organisation id of a virtual cloud.",
        ]
    );
    assert_eq!(
        refused(&[(field::KIND, "file"), (field::CATEGORY, "x"), (field::TYPE, "other"), ("clarification", "c")]),
        ["category: What was sent is not among the choices. Select one of the list."]
    );
    let many = ["6300270E26DF"; 21].join(",");
    let host = [
        (field::KIND, "file"),
        (field::CATEGORY, "genesys"),
        (field::TYPE, "temporary"),
        ("host", &many),
        ("clarification", "c"),
        ("deployment_type", "Lab"),
    ];
    assert_eq!(refused(&host), ["host: There are 21 host ids; at most 20 are possible. Send a list as an attachment."]);
}

#[test]
fn somebody_signed_in_may_have_any_mailbox() {
    let free = [(field::EMAIL, "dana@gmail.com"), (field::EMAIL_AGAIN, "dana@gmail.com")];
    assert!(read(&free, true).is_ok() && read(&free, false).is_err());
}

#[test]
fn every_combination_asks_something_that_can_be_answered() {
    let form = form();
    for category in &form.category {
        for file_type in &form.r#type {
            let asked =
                Asked { kind: Some(RequestKind::File), category: &category.code, file_type: &file_type.code, urgent: false };
            let details: Vec<_> = form.fields(asked).filter(|(field, _)| field.group == Group::Details).collect();
            assert!(details.iter().any(|(_, required)| *required), "{asked:?}");
        }
    }
}

#[test]
fn a_form_that_points_nowhere_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(SHIPPED.contains(from), "{from}");
        RequestForm::from_toml(&SHIPPED.replacen(from, to, 1)).expect_err("a refusal").to_string()
    };
    assert_eq!(
        refused("asks = [\"urgent\"]", "asks = [\"colour\"]"),
        "A section of the request form names field colour, which the form does not have."
    );
    assert_eq!(refused("name = \"pbx\"", "name = \"port_type\""), "Field port_type stands twice in the request form.");
    assert_eq!(
        refused("name = \"pbx\"", "name = \"PBX\""),
        "Field PBX of the request form cannot have this name: lower-case letters, digits and “_”."
    );
    assert_eq!(
        refused("requires = [\"deployment_type\", \"host\"", "requires = [\"order\", \"host\""),
        "A section of the request form requires or needs one of order, and does not ask it."
    );
    assert_eq!(
        refused("\"subject\", \"description\"]\n", "\"subject\"]\n"),
        "The request form does not ask description of everybody, without which no request can be answered."
    );
    assert_eq!(refused("kind = \"email\"\n", "kind = \"line\"\n"), "Field email of the request form must be an e-mail address.");
}

#[test]
fn numbers_have_seven_digits() {
    assert_eq!(RequestNumber::of_id(123).to_string(), "AFR-0000123");
    assert_eq!(" AFR-0000123".parse(), Ok(RequestNumber::of_id(123)));
    for wrong in ["AFR-123", "AF-0000123", "AFR-00001x3", ""] {
        assert!(wrong.parse::<RequestNumber>().is_err(), "{wrong}");
    }
}

#[test]
fn a_reply_opens_a_request_again() {
    for state in RequestState::ALL {
        let (held, free) = (state.replied(true), state.replied(false));
        assert!(held.is_open() && free == RequestState::New && held != RequestState::Waiting, "{state}");
    }
    assert_eq!(
        (RequestState::New.claimed().released(), RequestState::Waiting.released()),
        (RequestState::New, RequestState::New)
    );
    assert_eq!(RequestState::Closed.claimed(), RequestState::Closed);
}
