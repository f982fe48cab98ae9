#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| licensing::activation_file::replay::key_ring(bytes));
