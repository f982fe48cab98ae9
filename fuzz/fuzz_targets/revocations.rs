#![no_main]
use chrono::NaiveDate;
use licensing::{activation_file::{KeyRing, replay}};
use std::sync::LazyLock;

static RING: LazyLock<KeyRing> = LazyLock::new(|| include_str!("../../licensing/vectors/keys.txt").parse().expect("a key ring"));
const ON: NaiveDate = NaiveDate::from_ymd_opt(2026, 12, 31).expect("a date");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| replay::revocations(bytes, &RING, ON));
