//! A person's word on who spoke: assignments of turns to participants, checked and carried out.

use std::ops::RangeInclusive;

use super::Violation;
use super::call::Participant;
use super::roster::speaker;
use super::transcript::{Speaker, Turn, confidence};

/// Most assignments of one correction.
pub const MAX_ASSIGNMENTS: usize = 1_000;

/// Which turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turns {
    /// All of a voice.
    Voice(String),
    /// By their position in the transcript.
    Range(RangeInclusive<usize>),
}

/// Turns, and who spoke them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub turns: Turns,
    /// Id of the participant; `None` where nobody knows after all.
    pub participant: Option<String>,
}

/// Carries assignments out. Words and times stay as they are.
///
/// # Errors
/// Everything that is wrong with them: a voice, a turn or a participant that is not there, a turn that is assigned twice.
/// Then nothing is changed.
pub fn assign(
    turns: &mut [Turn],
    participants: &[Participant],
    assignments: &[Assignment],
) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    let mut changes: Vec<Option<Speaker>> = vec![None; turns.len()];
    for (index, Assignment { turns: which, participant }) in assignments.iter().enumerate() {
        let place = format!("assignments[{index}]");
        let speaker = match participant {
            None => Some(Speaker::default()),
            Some(id) => participants.iter().find(|p| p.id == *id).map(|p| speaker(p, confidence::GIVEN)),
        };
        if speaker.is_none() {
            found.push(Violation::new(format!("{place}.participant"), "is not the id of a participant of the call"));
        }
        let chosen = match chosen(turns, which) {
            Ok(chosen) => chosen,
            Err((field, problem)) => {
                found.push(Violation::new(format!("{place}.{field}"), problem));
                continue;
            }
        };
        for turn in chosen {
            match changes.get_mut(turn) {
                Some(change @ None) => *change = Some(speaker.clone().unwrap_or_default()),
                _ => {
                    found.push(Violation::new(place.clone(), format!("turn {turn} is assigned already")));
                    break;
                }
            }
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    for (turn, change) in turns.iter_mut().zip(changes) {
        if let Some(speaker) = change {
            turn.speaker = speaker;
        }
    }
    Ok(())
}

/// Positions of the turns, or the field that names none and why.
fn chosen(turns: &[Turn], which: &Turns) -> Result<Vec<usize>, (&'static str, String)> {
    match which {
        Turns::Voice(voice) => {
            let own = |(index, turn): (usize, &Turn)| (turn.annotations.voice == *voice).then_some(index);
            let chosen: Vec<usize> = turns.iter().enumerate().filter_map(own).collect();
            let unknown = voice.is_empty() || chosen.is_empty();
            if unknown { Err(("voice", "is not the voice of a turn".to_owned())) } else { Ok(chosen) }
        }
        Turns::Range(range) if range.is_empty() => Err(("range", "must not end before it begins".to_owned())),
        Turns::Range(range) if *range.end() >= turns.len() => {
            Err(("range.last", format!("must be a turn of the transcript, which has {}", turns.len())))
        }
        Turns::Range(range) => Ok(range.clone().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Side;
    use super::super::transcript::Annotations;
    use super::*;

    fn turns() -> Vec<Turn> {
        let turn = |voice: &str| Turn {
            annotations: Annotations { voice: voice.to_owned(), ..Annotations::default() },
            ..Turn::default()
        };
        ["v1", "v2", "v1", ""].map(turn).into()
    }

    fn people() -> Vec<Participant> {
        let person = |id: &str, side| Participant { id: id.to_owned(), side, ..Participant::default() };
        vec![person("s1", Side::Rep), person("s2", Side::Buyer)]
    }

    fn assignment(turns: Turns, participant: &str) -> Assignment {
        Assignment { turns, participant: (!participant.is_empty()).then(|| participant.to_owned()) }
    }

    fn voice(voice: &str, participant: &str) -> Assignment {
        assignment(Turns::Voice(voice.to_owned()), participant)
    }

    #[test]
    fn a_voice_and_a_range_are_given_to_their_participants() {
        let mut turns = turns();
        let assignments = [voice("v1", "s2"), assignment(Turns::Range(3..=3), "s1")];
        assign(&mut turns, &people(), &assignments).unwrap();
        let who: Vec<_> = turns.iter().map(|turn| turn.speaker.participant.as_deref()).collect();
        assert_eq!(who, [Some("s2"), None, Some("s2"), Some("s1")]);
        assert_eq!((turns[0].speaker.side, turns[0].speaker.confidence), (Side::Buyer, 1.0));
        assign(&mut turns, &people(), &[voice("v1", "")]).unwrap();
        assert_eq!(turns[0].speaker, Speaker::default());
    }

    #[test]
    fn everything_wrong_is_reported_and_nothing_changed() {
        let mut changed = turns();
        let assignments = [
            voice("v9", "s1"),
            voice("", "s1"),
            voice("v1", "s9"),
            assignment(Turns::Range(2..=3), "s1"),
            assignment(Turns::Range(3..=4), "s1"),
            #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
            assignment(Turns::Range(1..=0), "s1"),
        ];
        let found = assign(&mut changed, &people(), &assignments).unwrap_err();
        let places: Vec<&str> = found.iter().map(|violation| violation.place.as_str()).collect();
        let expected = [
            "assignments[0].voice",
            "assignments[1].voice",
            "assignments[2].participant",
            "assignments[3]",
            "assignments[4].range.last",
            "assignments[5].range",
        ];
        assert_eq!(places, expected);
        assert_eq!(changed, turns());
    }
}
