//! Any bytes as an MPEG-4 file, AAC or ALAC: sound inside the limits, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/audio.rs"]
mod audio;

fuzz_target!(|content: &[u8]| audio::check(content, 4, b"ftyp"));
