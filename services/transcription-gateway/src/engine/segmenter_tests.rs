use super::*;

/// Runs the rules over probabilities; the samples of frame `i` are all `i`.
fn run(probabilities: &[f32]) -> Vec<Event> {
    let mut machine = Machine::default();
    let mut events = Vec::new();
    for (index, probability) in probabilities.iter().enumerate() {
        machine.push(&[index as f32; FRAME_SAMPLES], *probability, &mut events);
    }
    machine.finish(&mut events);
    events
}

fn frames(parts: &[(usize, f32)]) -> Vec<f32> {
    parts.iter().flat_map(|(count, probability)| vec![*probability; *count]).collect()
}

fn segments(events: &[Event]) -> Vec<&Segment> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Ended(segment) => Some(segment),
            Event::Started { .. } => None,
        })
        .collect()
}

#[test]
fn silence_and_clicks_start_nothing() {
    assert_eq!(run(&frames(&[(100, 0.0), (3, 0.9), (100, 0.1), (3, 0.9), (50, 0.0)])), []);
}

#[test]
fn a_segment_reports_the_voiced_span_and_carries_its_pre_roll() {
    let events = run(&frames(&[(100, 0.0), (50, 0.9), (100, 0.0)]));
    assert_eq!(events[0], Event::Started { start_ms: 1_600 });
    let [segment] = segments(&events)[..] else { panic!("{events:?}") };
    assert_eq!((segment.start_ms, segment.end_ms), (1_600, 2_400));
    assert!((segment.voice - 0.9).abs() < 1e-6);
    assert_eq!(segment.samples[0], 81.0, "19 frames before frame 100");
    assert_eq!(segment.lead_ms, 19 * FRAME_MS, "times within the sound are earlier by it");
    assert_eq!(segment.samples.len(), (19 + 50 + END_FRAMES) * FRAME_SAMPLES);
}

#[test]
fn a_short_pause_does_not_end_a_segment_and_half_a_second_does() {
    assert_eq!(segments(&run(&frames(&[(30, 0.9), (31, 0.1), (30, 0.9), (40, 0.0)]))).len(), 1);
    assert_eq!(segments(&run(&frames(&[(30, 0.9), (32, 0.1), (30, 0.9), (40, 0.0)]))).len(), 2);
}

#[test]
fn speech_at_the_end_of_the_stream_is_not_lost() {
    let events = run(&frames(&[(10, 0.0), (20, 0.8)]));
    assert_eq!(segments(&events)[0].end_ms, 30 * FRAME_MS);
}

#[test]
fn long_speech_is_cut_where_speech_is_least_likely() {
    let events = run(&frames(&[(500, 0.95), (8, 0.4), (700, 0.95)]));
    let found = segments(&events);
    assert_eq!(found.len(), 2);
    let cut = found[0].end_ms / FRAME_MS;
    assert!((500..508).contains(&cut), "{cut}");
    assert_eq!(found[1].start_ms, found[0].end_ms);
    assert!(found.iter().all(|segment| segment.samples.len() <= MAX_FRAMES * FRAME_SAMPLES));
}

#[test]
fn the_end_of_one_segment_is_the_pre_roll_of_the_next() {
    let events = run(&frames(&[(20, 0.9), (34, 0.0), (20, 0.9), (40, 0.0)]));
    let second = segments(&events)[1];
    assert_eq!(second.samples[0], 54.0 - PRE_ROLL_FRAMES as f32);
}

proptest::proptest! {
    #[test]
    fn segments_are_ordered_bounded_and_within_the_stream(
        probabilities in proptest::collection::vec(0.0_f32..1.0, 0..3_000),
        sticky in 1_usize..40,
    ) {
        let stream: Vec<f32> = probabilities.iter().step_by(sticky).flat_map(|p| vec![*p; sticky]).collect();
        let events = run(&stream);
        let mut last = 0;
        for segment in segments(&events) {
            proptest::prop_assert!(last <= segment.start_ms && segment.start_ms <= segment.end_ms);
            proptest::prop_assert!(segment.samples.len() <= MAX_FRAMES * FRAME_SAMPLES);
            last = segment.end_ms;
        }
        proptest::prop_assert!(last <= stream.len() as u64 * FRAME_MS);
    }
}
