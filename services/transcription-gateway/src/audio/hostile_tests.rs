//! Files that were made to hurt: small ones that decode to hours, headers that lie, more channels than a call has.

use proptest::prelude::*;

use super::*;

fn opened(bytes: &[u8]) -> Result<Inspection, AudioError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    inspect(file.path(), || false).map(Option::unwrap)
}

/// A check of `bits` bits, as FLAC's frames carry two of.
fn crc(bytes: &[u8], bits: u32, polynomial: u32) -> u32 {
    let (top, mask) = (1 << (bits - 1), u32::MAX >> (32 - bits));
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << (bits - 8)), |crc, _| {
            if crc & top == 0 { crc << 1 & mask } else { (crc << 1 ^ polynomial) & mask }
        })
    })
}

/// Samples in a frame of the bomb: the most there can be.
const BLOCK: u64 = 65_535;

/// FLAC of 8 kHz: `frames` blocks of one loud value, each 8.2 s in 18 bytes or fewer. `announced` samples in its header.
fn flac(frames: u32, announced: u64) -> Vec<u8> {
    let mut file = b"fLaC\x80\0\0\x22".to_vec();
    file.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
    // 20 bits of sample rate, 3 of channels less one, 5 of bits less one, 36 of samples.
    file.extend((8_000_u64 << 44 | 15 << 36 | announced).to_be_bytes());
    file.extend([0; 16]);
    for number in 0..frames {
        // Fixed block size, given in 16 bits after the header; 8 kHz; one channel; 16 bits.
        let mut frame = vec![0xff, 0xf8, 0x74, 0x08];
        let number = char::from_u32(number).unwrap();
        frame.extend(number.encode_utf8(&mut [0; 4]).as_bytes());
        frame.extend((BLOCK as u16 - 1).to_be_bytes());
        frame.push(crc(&frame, 8, 0x07) as u8);
        frame.push(0); // a constant
        frame.extend(9_000_i16.to_be_bytes());
        frame.extend((crc(&frame, 16, 0x8005) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

#[test]
fn a_small_file_that_decodes_to_hours_ends_at_the_longest_duration() {
    let hour = 3_600 * 8_000;
    let two_minutes = opened(&flac(15, 15 * BLOCK)).unwrap();
    assert_eq!((two_minutes.info.sample_rate_hz, two_minutes.duration_ms), (8_000, 15 * BLOCK / 8));

    // 40 KB, five hours; whatever the header says of it.
    let frames = (5 * hour / BLOCK) as u32;
    for announced in [0, hour] {
        let bomb = flac(frames, announced);
        assert!(bomb.len() < 45_000);
        assert_eq!(opened(&bomb).unwrap_err(), AudioError::TooLong);
    }
}

#[test]
fn what_a_header_announces_past_the_longest_duration_is_refused_unread() {
    let bytes = flac(1, 100 * 3_600 * 8_000);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    assert_eq!(Reader::open(file.path()).unwrap_err(), AudioError::TooLong);
}

#[test]
fn a_bomb_that_should_stop_stops() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), flac(1_000, 0)).unwrap();
    assert_eq!(inspect(file.path(), || true), Ok(None));
}

/// The header of a wav file, every number in it free, and half a second of sound.
struct Wav {
    riff_bytes: u32,
    format_bytes: u32,
    tag: u16,
    channels: u16,
    rate_hz: u32,
    bytes_per_s: u32,
    block: u16,
    bits: u16,
    data_bytes: u32,
}

const SOUND: [u8; 16_000] = [0x21; 16_000];

impl Default for Wav {
    fn default() -> Self {
        let data_bytes = SOUND.len() as u32;
        Self {
            riff_bytes: 36 + data_bytes,
            format_bytes: 16,
            tag: 1,
            channels: 1,
            rate_hz: 16_000,
            bytes_per_s: 32_000,
            block: 2,
            bits: 16,
            data_bytes,
        }
    }
}

impl Wav {
    fn bytes(&self) -> Vec<u8> {
        let Self { riff_bytes, format_bytes, tag, channels, rate_hz, bytes_per_s, block, bits, data_bytes } = self;
        let mut file = b"RIFF".to_vec();
        file.extend(riff_bytes.to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(format_bytes.to_le_bytes());
        file.extend([*tag, *channels].map(u16::to_le_bytes).as_flattened());
        file.extend([*rate_hz, *bytes_per_s].map(u32::to_le_bytes).as_flattened());
        file.extend([*block, *bits].map(u16::to_le_bytes).as_flattened());
        file.extend(b"data");
        file.extend(data_bytes.to_le_bytes());
        file.extend(SOUND);
        file
    }
}

#[test]
fn forty_channels_are_refused_by_their_number() {
    let wav = Wav { channels: 40, block: 80, bytes_per_s: 80 * 16_000, ..Wav::default() };
    assert_eq!(opened(&wav.bytes()).unwrap_err(), AudioError::Channels(40));
}

#[test]
fn a_length_that_is_not_there_is_no_length() {
    let hour = 3_600 * 32_000;
    let lie = |data_bytes: u32| opened(&Wav { riff_bytes: data_bytes + 36, data_bytes, ..Wav::default() }.bytes());
    assert_eq!(lie(hour).unwrap_err(), AudioError::Truncated { decoded_ms: 500, announced_ms: 3_600_000 });
    assert_eq!(lie(hour * 10).unwrap_err(), AudioError::TooLong);
    // What writers put there that stream: the file is as long as it is.
    assert_eq!(lie(u32::MAX - 36).unwrap().duration_ms, 500);
}

#[rstest::rstest]
#[case::no_channel(Wav { channels: 0, ..Wav::default() })]
#[case::all_channels(Wav { channels: u16::MAX, ..Wav::default() })]
#[case::no_rate(Wav { rate_hz: 0, ..Wav::default() })]
#[case::absurd_rate(Wav { rate_hz: u32::MAX, ..Wav::default() })]
#[case::no_bits(Wav { bits: 0, ..Wav::default() })]
#[case::absurd_bits(Wav { bits: u16::MAX, ..Wav::default() })]
#[case::unknown_codec(Wav { tag: 0x7abc, ..Wav::default() })]
#[case::format_past_the_end(Wav { format_bytes: u32::MAX, ..Wav::default() })]
#[case::no_data(Wav { data_bytes: 0, ..Wav::default() })]
fn a_header_that_makes_no_sense_is_the_files_fault(#[case] wav: Wav) {
    let error = opened(&wav.bytes()).unwrap_err();
    assert!(!matches!(error, AudioError::Io(_)), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_header_decodes_to_more_than_the_file_holds(
        sizes in any::<[u32; 3]>(),
        tag in prop_oneof![Just(1_u16), Just(2), Just(3), Just(6), Just(7), Just(0x11), any::<u16>()],
        channels in prop_oneof![1_u16..3, any::<u16>()],
        rates in any::<[u32; 2]>(),
        (block, bits) in (any::<u16>(), prop_oneof![Just(8_u16), Just(16), Just(24), any::<u16>()]),
    ) {
        let [riff_bytes, data_bytes, format_bytes] = sizes;
        let [rate_hz, bytes_per_s] = rates;
        // Most sizes and rates would end all at the first look.
        let format_bytes = if format_bytes % 4 == 0 { format_bytes } else { 16 };
        let rate_hz = if rate_hz % 4 == 0 { rate_hz } else { 8_000 + rate_hz % 40_001 };
        let wav = Wav { riff_bytes, format_bytes, tag, channels, rate_hz, bytes_per_s, block, bits, data_bytes };
        if let Ok(found) = opened(&wav.bytes()) {
            // Two samples a byte are the most that any codec in a wav file packs.
            let samples = found.duration_ms * u64::from(found.info.sample_rate_hz) / 1000;
            prop_assert!(samples <= 2 * SOUND.len() as u64 + 2, "{samples} samples");
        }
    }
}
