#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| licensing::file::replay::text(bytes));
