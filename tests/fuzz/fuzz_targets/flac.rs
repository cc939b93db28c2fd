//! Any bytes as a FLAC file: sound inside the limits, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/audio.rs"]
mod audio;

fuzz_target!(|content: &[u8]| audio::check(content, 0, b"fLaC"));
