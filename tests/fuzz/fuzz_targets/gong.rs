//! Any bytes as an export of Gong's: refused with places, or a transcript that holds what the gateway promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcription_gateway::domain::import::Format;

#[path = "../src/import.rs"]
mod import;

fuzz_target!(|content: &[u8]| import::check(content, Format::GongJson));
