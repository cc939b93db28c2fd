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
