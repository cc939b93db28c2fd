//! What decoding promises of any file: sound inside the limits, or an error that says what is wrong with it; and that in
//! bounded time and memory, which libFuzzer watches.

use std::cell::Cell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use transcription_gateway::audio::{
    AudioError, MAX_CHANNELS, MAX_DURATION_MS, MAX_RATE_HZ, MIN_RATE_HZ, Reader, inspect,
};

/// Packets whose samples are looked at.
const PACKETS: usize = 50;
/// Packets that are decoded at all: how a file ends that decodes to hours is known, and waiting for it finds nothing.
const PACKETS_MAX: usize = 2_000;

static HOOK: Once = Once::new();

thread_local! {
    /// Whether the last panic was the gateway's own.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// A decoder that panics is caught by the gateway, and the file refused: that is no find. A panic of the gateway is.
fn caught<T>(decode: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            let ours = !file.contains("symphonia") && !file.contains("/rustc/");
            OURS.with(|flag| flag.set(ours));
            if ours {
                abort(panic);
            }
        }));
    });
    let decoded = catch_unwind(AssertUnwindSafe(decode)).ok();
    assert!(decoded.is_some() || !OURS.with(Cell::get), "the gateway's own code broke down");
    decoded
}

/// `magic` at `offset` keeps a target with its format: what begins otherwise is no input.
pub fn check(content: &[u8], offset: usize, magic: &[u8]) {
    if content.get(offset..offset + magic.len()) != Some(magic) {
        return;
    }
    let Ok(mut file) = tempfile::NamedTempFile::new_in("/dev/shm").or_else(|_| tempfile::NamedTempFile::new()) else {
        return;
    };
    if file.write_all(content).is_err() {
        return;
    }
    caught(|| {
        if let Ok(mut reader) = Reader::open(file.path()) {
            let info = reader.info().clone();
            assert!((1..=MAX_CHANNELS).contains(&info.channels));
            assert!((MIN_RATE_HZ..=MAX_RATE_HZ).contains(&info.sample_rate_hz));
            let mut planes = Vec::new();
            for _ in 0..PACKETS {
                match reader.read(&mut planes) {
                    Ok(true) => {}
                    Ok(false) | Err(_) => break,
                }
                assert_eq!(planes.len(), info.channels);
                assert!(planes.iter().all(|plane| plane.len() == planes[0].len()), "channels of different lengths");
                assert!(planes.iter().flatten().all(|sample| (-1.0..=1.0).contains(sample)));
            }
        }
    });
    let packets = Cell::new(0);
    let enough = || packets.replace(packets.get() + 1) > PACKETS_MAX;
    match caught(|| inspect(file.path(), enough)) {
        Some(Ok(Some(found))) => assert!(found.duration_ms <= MAX_DURATION_MS),
        Some(Ok(None)) => assert!(packets.get() > PACKETS_MAX),
        Some(Err(AudioError::Io(error))) => panic!("a file that can be read: {error}"),
        Some(Err(error)) => assert!(!error.to_string().is_empty()),
        None => {}
    }
}
