use std::path::PathBuf;

use super::*;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn inspected(name: &str) -> Inspection {
    inspect(&fixture(name), || false).unwrap().unwrap()
}

/// A fixture cut off after `keep` of its bytes.
fn cut(name: &str, keep: f64) -> tempfile::NamedTempFile {
    let bytes = std::fs::read(fixture(name)).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap();
    file
}

#[rstest::rstest]
#[case("pcm.wav", 1, 8_000)]
#[case("mulaw.wav", 2, 8_000)]
#[case("alaw.wav", 1, 8_000)]
#[case("adpcm_ms.wav", 1, 16_000)]
#[case("adpcm_ima.wav", 1, 16_000)]
#[case("flac.flac", 1, 16_000)]
#[case("mp3.mp3", 1, 22_050)]
#[case("opus.ogg", 2, 48_000)]
#[case("vorbis.ogg", 1, 16_000)]
#[case("aac.m4a", 1, 44_100)]
#[case("aac_faststart.m4a", 1, 44_100)]
#[case("alac.m4a", 1, 16_000)]
fn reads_each_format_by_its_content(#[case] name: &str, #[case] channels: usize, #[case] rate_hz: u32) {
    let found = inspected(name);
    assert_eq!((found.info.channels, found.info.sample_rate_hz), (channels, rate_hz));
    // Lossy codecs add up to a tenth of a second of padding.
    assert!(found.duration_ms.abs_diff(4_000) <= 110, "{} ms", found.duration_ms);
    assert!(!found.channels_are_equal);
    let held = bytes::Bytes::from(std::fs::read(fixture(name)).unwrap());
    let from_memory = inspect(&held, || false).unwrap().unwrap();
    assert_eq!((from_memory.info, from_memory.frames), (found.info, found.frames));
}

#[test]
fn a_codec_that_is_not_supported_is_named() {
    let error = Reader::open(&fixture("gsm.wav")).unwrap_err();
    assert!(
        error.to_string().starts_with("GSM 06.10 in wav is not supported; convert the file to wav (PCM)"),
        "{error}"
    );
}

#[rstest::rstest]
fn a_file_that_was_cut_off_is_no_recording(
    #[values(
        "pcm.wav",
        "mulaw.wav",
        "adpcm_ima.wav",
        "flac.flac",
        "mp3.mp3",
        "aac.m4a",
        "aac_faststart.m4a",
        "alac.m4a"
    )]
    name: &str,
) {
    let error = inspect(cut(name, 0.6).path(), || false).unwrap_err();
    assert!(matches!(error, AudioError::Truncated { .. } | AudioError::Damaged(_)), "{name}: {error}");
}

#[test]
fn what_is_no_audio_is_said_to_be_none() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(Reader::open(file.path()).unwrap_err(), AudioError::Empty);
    for content in ["WEBVTT\n\n00:01.000 --> 00:02.000\nHello".to_owned(), "lorem ipsum ".repeat(20_000)] {
        std::fs::write(file.path(), content).unwrap();
        assert_eq!(Reader::open(file.path()).unwrap_err(), AudioError::NotAudio);
    }
}

#[test]
fn a_file_that_ends_within_its_header_is_damaged() {
    for keep in [0.0002, 0.0005, 0.0006] {
        let error = Reader::open(cut("pcm.wav", keep).path()).unwrap_err();
        assert!(matches!(error, AudioError::Damaged(_) | AudioError::NotAudio), "{error}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Damage may be found or played over; it must never break the process.
    #[test]
    fn no_damage_makes_a_decoder_panic(
        index in 0_usize..7,
        changes in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY), 1..20),
    ) {
        let names = ["pcm.wav", "adpcm_ima.wav", "flac.flac", "mp3.mp3", "opus.ogg", "vorbis.ogg", "aac.m4a"];
        let mut bytes = std::fs::read(fixture(names[index])).unwrap();
        for (place, value) in changes {
            // Most of the damage goes to the header, where sizes and counts are.
            let place = (place * place * bytes.len() as f64) as usize;
            bytes[place] = value;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let _ = inspect(file.path(), || false);
    }
}

/// All samples of a fixture, a vector a channel.
fn samples(name: &str) -> Vec<Vec<f32>> {
    let mut reader = Reader::open(&fixture(name)).unwrap();
    let (mut planes, mut all) = (Vec::new(), vec![Vec::new(); reader.info().channels]);
    while reader.read(&mut planes).unwrap() {
        all.iter_mut().zip(&planes).for_each(|(all, plane): (&mut Vec<f32>, _)| all.extend_from_slice(plane));
    }
    all
}

fn decoded(encoding: Encoding, rate_hz: u32, channels: usize, messages: &[Vec<u8>]) -> Vec<Vec<f32>> {
    let mut decoder = WireDecoder::new(encoding, rate_hz, channels).unwrap();
    let (mut planes, mut all) = (Vec::new(), vec![Vec::new(); channels]);
    for message in messages {
        decoder.decode(message, &mut planes).unwrap();
        all.iter_mut().zip(&planes).for_each(|(all, plane): (&mut Vec<f32>, _)| all.extend_from_slice(plane));
    }
    all
}

#[test]
fn mulaw_over_the_wire_gives_the_samples_of_a_mulaw_file() {
    let file = std::fs::read(fixture("mulaw.wav")).unwrap();
    let data = file.windows(4).position(|window| window == b"data").unwrap() + 8;
    let messages: Vec<Vec<u8>> = file[data..].chunks(320).map(<[u8]>::to_vec).collect();
    let expected = samples("mulaw.wav");
    let found = decoded(Encoding::MuLaw, 8_000, 2, &messages);
    assert_eq!(found[0][..expected[0].len()], expected[0]);
    assert_eq!(found[1][..expected[1].len()], expected[1]);
}

/// The packets of an Ogg Opus fixture.
fn opus_packets() -> Vec<Vec<u8>> {
    use symphonia::core::formats::FormatOptions;
    use symphonia::core::formats::probe::Hint;
    use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
    use symphonia::core::meta::MetadataOptions;
    let file = std::fs::File::open(fixture("opus.ogg")).unwrap();
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()).unwrap();
    let mut packets = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        packets.push(packet.data.to_vec());
    }
    packets
}

#[test]
fn opus_packets_are_decoded_at_the_rate_that_is_asked_for() {
    let packets = opus_packets();
    for rate_hz in [8_000, 16_000, 24_000, 48_000] {
        let found = decoded(Encoding::Opus, rate_hz, 2, &packets);
        let seconds = found[0].len() as f64 / f64::from(rate_hz);
        assert!((3.9..4.2).contains(&seconds), "{seconds} s at {rate_hz} Hz");
        let energy: f32 = found[0].iter().map(|sample| sample * sample).sum::<f32>() / found[0].len() as f32;
        assert!(energy > 1e-4, "{energy}");
    }
}

#[test]
fn messages_that_are_no_audio_are_refused_and_empty_ones_are_nothing() {
    let mut planes = Vec::new();
    let problem = |encoding, channels, message: &[u8], planes: &mut Vec<Vec<f32>>| {
        WireDecoder::new(encoding, 8_000, channels).unwrap().decode(message, planes).unwrap_err()
    };
    assert!(problem(Encoding::Pcm16, 2, &[0; 6], &mut planes).contains("whole frames of 16-bit"));
    assert!(problem(Encoding::MuLaw, 2, &[0; 5], &mut planes).contains("whole frames of one byte"));
    assert_eq!(problem(Encoding::Opus, 1, &[0xff; 1], &mut planes), "a message is no Opus packet");
    for encoding in [Encoding::Pcm16, Encoding::MuLaw, Encoding::Opus] {
        WireDecoder::new(encoding, 8_000, 1).unwrap().decode(&[], &mut planes).unwrap();
        assert_eq!(planes, [Vec::<f32>::new()]);
    }
}

proptest::proptest! {
    #[test]
    fn no_message_breaks_a_decoder(
        messages in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), 0..12)
    ) {
        for encoding in [Encoding::Pcm16, Encoding::MuLaw, Encoding::Opus] {
            let mut decoder = WireDecoder::new(encoding, 16_000, 2).unwrap();
            let mut planes = Vec::new();
            for message in &messages {
                if decoder.decode(message, &mut planes).is_ok() {
                    proptest::prop_assert_eq!(planes.len(), 2);
                    proptest::prop_assert_eq!(planes[0].len(), planes[1].len());
                }
            }
        }
    }
}
