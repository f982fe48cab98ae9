#![no_main]
use licensing::{activation_file::{KeyRing, replay}};
use std::sync::LazyLock;

static RING: LazyLock<KeyRing> = LazyLock::new(|| include_str!("../../licensing/vectors/keys.txt").parse().expect("a key ring"));
const SIGNED: [&[u8]; 5] = [
    include_bytes!("../../licensing/vectors/production.I3Lic"),
    include_bytes!("../../licensing/vectors/development.I3Lic"),
    include_bytes!("../../licensing/vectors/virtual-cloud.I3Lic"),
    include_bytes!("../../licensing/vectors/evaluation.I3Lic"),
    include_bytes!("../../licensing/vectors/expired.I3Lic"),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| replay::note(bytes, &RING, &SIGNED));
