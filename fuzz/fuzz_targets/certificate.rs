#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| sanspay_fuzz_targets::certificate(data));
