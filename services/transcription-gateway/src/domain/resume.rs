//! A live call that broke off and goes on: one transcript of both parts.

use chrono::{DateTime, TimeDelta, Utc};

use super::transcript::{Draft, Punctuation, Separation, Turn};
use super::voices::{label, position};

/// How long after a stream broke off another one may go on with it.
const WITHIN: TimeDelta = TimeDelta::hours(1);
/// A transcript this long is not gone on with.
const LONGEST_MS: u64 = 24 * 3_600_000;

/// How far from its beginning a call that broke off goes on at `now`; `None` where it did not break off, too long ago, or
/// after too long a time.
pub fn offset_ms(before: &Draft, now: DateTime<Utc>) -> Option<u64> {
    // Replicas' clocks differ a little.
    let pause = (now - before.broke_off_at?).max(TimeDelta::zero());
    let pause_ms = u64::try_from(pause.num_milliseconds()).ok()?;
    let offset_ms = before.duration_ms.checked_add(pause_ms)?;
    (pause <= WITHIN && offset_ms <= LONGEST_MS).then_some(offset_ms)
}

/// Both parts as one, `after` moved to begin at `offset_ms`. Nobody is known again by voice: labels go on counting.
pub fn joined(before: Draft, mut after: Draft, offset_ms: u64) -> Draft {
    let positions = before.turns.iter().filter_map(|turn| position(&turn.annotations.voice));
    let voices = positions.max().map_or(0, |last| last + 1);
    after.turns.iter_mut().for_each(|turn| shift(turn, offset_ms, voices));
    let engine = match after.engine == before.engine {
        true => after.engine,
        false => format!("{}, {}", before.engine, after.engine),
    };
    let mut all = before.turns;
    all.append(&mut after.turns);
    Draft {
        source: after.source,
        engine,
        language: if after.language.is_empty() { before.language } else { after.language },
        punctuation: Punctuation::found_in(&all),
        separation: least(before.separation, after.separation),
        turns: all,
        duration_ms: offset_ms + after.duration_ms,
        broke_off_at: after.broke_off_at,
    }
}

fn shift(turn: &mut Turn, offset_ms: u64, voices: usize) {
    turn.start_ms += offset_ms;
    turn.end_ms += offset_ms;
    for word in &mut turn.annotations.words {
        word.start_ms += offset_ms;
        word.end_ms += offset_ms;
    }
    if let Some(position) = position(&turn.annotations.voice) {
        turn.annotations.voice = label(voices + position);
    }
}

/// What holds of both.
fn least(before: Separation, after: Separation) -> Separation {
    match (before, after) {
        (Separation::NotNeeded, other) | (Separation::Done, other) | (other, Separation::NotNeeded) => other,
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::transcript::{Annotations, Source, Word};
    use super::*;

    fn draft(text: &str, voice: &str, duration_ms: u64, broke_off_at: Option<DateTime<Utc>>) -> Draft {
        let words = vec![Word { text: text.to_owned(), start_ms: 100, end_ms: 900, confidence: None }];
        let annotations = Annotations { voice: voice.to_owned(), words, ..Annotations::default() };
        Draft {
            source: Source::Live,
            engine: "e".to_owned(),
            language: String::new(),
            punctuation: Punctuation::Given,
            separation: Separation::Done,
            turns: vec![Turn { start_ms: 100, end_ms: 900, text: text.to_owned(), annotations, ..Turn::default() }],
            duration_ms,
            broke_off_at,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_call_goes_on_as_long_after_its_break_as_it_took() {
        let before = draft("One.", "v2", 1_000, Some(at(10)));
        assert_eq!(offset_ms(&before, at(12)), Some(3_000));
        assert_eq!(offset_ms(&before, at(9)), Some(1_000), "a clock that is behind");
        assert_eq!(offset_ms(&before, at(10 + 3_600)), Some(3_601_000));
        assert_eq!(offset_ms(&before, at(11 + 3_600)), None);
        assert_eq!(offset_ms(&draft("One.", "v2", 1_000, None), at(12)), None);
        let day = draft("One.", "v2", LONGEST_MS, Some(at(10)));
        assert_eq!((offset_ms(&day, at(10)), offset_ms(&day, at(11))), (Some(LONGEST_MS), None));
    }

    #[test]
    fn both_parts_are_one_transcript() {
        let joined = joined(draft("One.", "v2", 1_000, Some(at(10))), draft("Two.", "v1", 2_000, None), 3_000);
        let turns: Vec<_> = joined.turns.iter().map(|turn| (turn.text.as_str(), turn.start_ms, turn.end_ms)).collect();
        assert_eq!(turns, [("One.", 100, 900), ("Two.", 3_100, 3_900)]);
        let voices: Vec<&str> = joined.turns.iter().map(|turn| turn.annotations.voice.as_str()).collect();
        assert_eq!(voices, ["v2", "v3"]);
        assert_eq!(joined.turns[1].annotations.words[0].start_ms, 3_100);
        assert_eq!((joined.duration_ms, joined.broke_off_at, joined.engine.as_str()), (5_000, None, "e"));
    }

    #[test]
    fn another_engine_is_named_and_what_one_part_lacks_both_do() {
        let other = Draft {
            engine: "f".to_owned(),
            language: "en".to_owned(),
            separation: Separation::Failed,
            ..draft("Two", "", 1, None)
        };
        let joined = joined(draft("One", "", 1, Some(at(0))), other, 1);
        assert_eq!((joined.engine.as_str(), joined.language.as_str()), ("e, f", "en"));
        assert_eq!((joined.separation, joined.punctuation), (Separation::Failed, Punctuation::Absent));
    }
}
