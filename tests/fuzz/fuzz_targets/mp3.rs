//! Any bytes as MP3, with or without tags in front: sound inside the limits, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/audio.rs"]
mod audio;

fuzz_target!(|content: &[u8]| {
    let magic: &[u8] = if content.starts_with(b"ID3") { b"ID3" } else { b"\xff" };
    audio::check(content, 0, magic);
});
