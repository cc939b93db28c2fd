//! From captions or recognised segments to turns.

use super::transcript::{Heard, Turn};

/// A speaker who goes on within this time has not ended the turn.
const MAX_PAUSE_MS: u64 = 1_500;
/// Longer turns would make the place of a quote vague.
const MAX_TURN_MS: u64 = 30_000;

/// Orders pieces by time and joins those that one known speaker or one voice said in a row. Pieces of which nothing tells
/// who spoke, or that overlap, stay apart, as do understood and not understood ones.
pub fn merge(mut pieces: Vec<Turn>) -> Vec<Turn> {
    // Stable: pieces that start together keep the order they came in.
    pieces.sort_by_key(|piece| piece.start_ms);
    let mut turns: Vec<Turn> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match turns.last_mut() {
            Some(last) if continues(last, &piece) => {
                last.text.push(' ');
                let at = last.text.len();
                last.text.push_str(&piece.text);
                last.heard.extend(piece.heard.into_iter().map(|heard| moved(heard, at)));
                last.end_ms = piece.end_ms;
                last.speaker.confidence = last.speaker.confidence.min(piece.speaker.confidence);
                let surest = &mut last.annotations.voice_confidence;
                *surest = surest.min(piece.annotations.voice_confidence);
                last.annotations.words.extend(piece.annotations.words);
            }
            _ => turns.push(piece),
        }
    }
    turns
}

/// A piece of a turn whose text comes after so many bytes.
fn moved(Heard { bytes, ms }: Heard, at: usize) -> Heard {
    Heard { bytes: bytes.start + at..bytes.end + at, ms }
}

fn continues(turn: &Turn, next: &Turn) -> bool {
    (turn.speaker.participant.is_some() || !turn.annotations.voice.is_empty())
        && turn.speaker.participant == next.speaker.participant
        && turn.unintelligible == next.unintelligible
        && turn.annotations.voice == next.annotations.voice
        && next.start_ms >= turn.end_ms
        && next.start_ms - turn.end_ms <= MAX_PAUSE_MS
        && next.end_ms.saturating_sub(turn.start_ms) <= MAX_TURN_MS
}

#[cfg(test)]
mod tests {
    use super::super::transcript::Speaker;
    use super::*;

    fn piece(who: &str, start_ms: u64, end_ms: u64, text: &str) -> Turn {
        let participant = (!who.is_empty()).then(|| who.to_owned());
        let speaker = Speaker { participant, ..Speaker::default() };
        let heard = vec![Heard { bytes: 0..text.len(), ms: start_ms..end_ms }];
        Turn { speaker, start_ms, end_ms, text: text.to_owned(), heard, ..Turn::default() }
    }

    fn texts(turns: &[Turn]) -> Vec<&str> {
        turns.iter().map(|turn| turn.text.as_str()).collect()
    }

    #[test]
    fn one_speaker_in_a_row_is_one_turn() {
        let turns =
            merge(vec![piece("a", 0, 900, "so"), piece("a", 1_500, 2_000, "yes"), piece("b", 2_100, 2_500, "ok")]);
        assert_eq!(texts(&turns), ["so yes", "ok"]);
        assert_eq!((turns[0].start_ms, turns[0].end_ms), (0, 2_000));
    }

    #[test]
    fn a_pause_another_voice_and_an_overlap_keep_pieces_apart() {
        assert_eq!(merge(vec![piece("a", 0, 900, "x"), piece("a", 2_500, 3_000, "y")]).len(), 2);
        let talk = vec![piece("a", 0, 900, "x"), piece("a", 1_200, 2_000, "z"), piece("b", 1_000, 1_100, "y")];
        assert_eq!(texts(&merge(talk)), ["x", "y", "z"]);
        assert_eq!(merge(vec![piece("a", 0, 900, "x"), piece("a", 800, 2_000, "y")]).len(), 2);
    }

    #[test]
    fn pieces_of_unknown_speakers_are_never_joined() {
        assert_eq!(merge(vec![piece("", 0, 900, "x"), piece("", 1_000, 2_000, "y")]).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost_and_time_goes_forward(
            pieces in proptest::collection::vec((0_u64..60_000, 0_u64..5_000, "[ab]?", "[a-z]{1,4}"), 0..40)
        ) {
            let pieces: Vec<Turn> = pieces.iter().map(|(s, l, who, text)| piece(who, *s, s + l, text)).collect();
            let mut words: Vec<String> = pieces.iter().map(|piece| piece.text.clone()).collect();
            let turns = merge(pieces);
            let mut kept: Vec<String> =
                turns.iter().flat_map(|turn| turn.text.split(' ').map(str::to_owned)).collect();
            words.sort();
            kept.sort();
            proptest::prop_assert_eq!(words, kept);
            for turn in &turns {
                let pieces: Vec<&str> = turn.heard.iter().map(|heard| &turn.text[heard.bytes.clone()]).collect();
                proptest::prop_assert_eq!(pieces.join(" "), turn.text.as_str());
            }
            proptest::prop_assert!(turns.windows(2).all(|pair| pair[0].start_ms <= pair[1].start_ms));
        }
    }
}
