//! Any lines as frames of Media Streams: refused with what is wrong, or read within their bounds and put side by side
//! without anything piling up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcription_gateway::telephony::frame::{Frame, MAX_PAYLOAD, Track, parse};
use transcription_gateway::telephony::mixer::Mixer;

fuzz_target!(|content: &str| {
    let mut mixer = Mixer::new(&[Track::Inbound, Track::Outbound]);
    let mut heard = 0;
    for line in content.lines() {
        match parse(line) {
            Err(problem) => assert!(!problem.is_empty(), "refused without a reason"),
            Ok(Frame::Media(media)) => {
                assert!(media.payload.len() <= MAX_PAYLOAD + 3);
                // What one frame may leap ahead by is bounded; a stream is over after four hours of it.
                if heard < 8_000 * 3_600 * 4 && mixer.push(&media).is_ok() {
                    heard += mixer.take().len() / 2;
                }
            }
            Ok(Frame::Start(start)) => assert!((1..=2).contains(&start.tracks.len())),
            Ok(_) => {}
        }
    }
    mixer.finish();
});
