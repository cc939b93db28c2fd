//! Who a voice is, as far as is known: by enrolment, and by who is left. Words are never looked at.

use super::call::{Participant, Side};
use super::transcript::{Speaker, confidence};

/// A person is taken for a voice from this confidence on.
const LEAST: f64 = 0.5;
/// How much more a person must be like a voice than the next person who is enrolled.
const AHEAD: f64 = 0.1;
/// What is left of the confidence in a side if more voices are heard than people are known.
const STRANGERS: f64 = 0.6;

/// Somebody who may be among the voices.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    pub participant: &'a Participant,
    /// For each voice how sure it is that it is this person's, 0 to 1; empty for who is not enrolled.
    pub likeness: Vec<f64>,
}

/// The label of a voice by its position in a call: `v1` for the first.
pub fn label(position: usize) -> String {
    format!("v{}", position + 1)
}

/// The position that a label of ours tells.
pub fn position(label: &str) -> Option<usize> {
    label.strip_prefix('v')?.parse::<usize>().ok()?.checked_sub(1)
}

/// Those of a call who may speak on a channel that several share: all who have no channel of their own, or everybody
/// where channels tell nobody apart.
pub fn candidates(participants: &[Participant], channels_tell: bool) -> Vec<&Participant> {
    participants.iter().filter(|participant| !channels_tell || participant.channel.is_none()).collect()
}

/// The speaker of each of `voices` voices. Nothing is concluded before at least one of them is known by enrolment.
pub fn attribute(voices: usize, candidates: &[Candidate<'_>]) -> Vec<Speaker> {
    let mut speakers = recognised(voices, candidates);
    let matched = matches(voices, candidates);
    let left: Vec<&Participant> = candidates
        .iter()
        .enumerate()
        .filter(|(index, _)| !matched.iter().any(|(_, person, _)| person == index))
        .map(|(_, candidate)| candidate.participant)
        .collect();
    let unnamed: Vec<usize> = (0..voices).filter(|voice| !matched.iter().any(|(named, ..)| named == voice)).collect();
    // Elimination is no surer than what it stands on.
    let Some(sure) = matched.iter().map(|(_, _, sure)| *sure).min_by(f64::total_cmp) else { return speakers };
    let sure = sure * confidence::ELIMINATION;
    match (left.as_slice(), unnamed.as_slice()) {
        ([only], [voice]) => {
            if let Some(speaker) = speakers.get_mut(*voice) {
                *speaker = known(only, sure);
            }
        }
        ([first, rest @ ..], _) if first.side != Side::Unknown && rest.iter().all(|other| other.side == first.side) => {
            let confidence = if unnamed.len() > left.len() { sure * STRANGERS } else { sure };
            for voice in unnamed {
                if let Some(speaker) = speakers.get_mut(voice) {
                    *speaker = Speaker { participant: None, side: first.side, confidence };
                }
            }
        }
        _ => {}
    }
    speakers
}

/// The speaker of each of `voices` voices by enrolment alone, while more voices may yet be heard.
pub fn recognised(voices: usize, candidates: &[Candidate<'_>]) -> Vec<Speaker> {
    let mut speakers = vec![Speaker::default(); voices];
    for (voice, person, sure) in matches(voices, candidates) {
        if let Some((speaker, candidate)) = speakers.get_mut(voice).zip(candidates.get(person)) {
            *speaker = known(candidate.participant, sure);
        }
    }
    speakers
}

/// Voice, candidate and confidence of all who are surely alike, the surest first; each at most once.
fn matches(voices: usize, candidates: &[Candidate<'_>]) -> Vec<(usize, usize, f64)> {
    let of = |person: usize, voice: usize| candidates.get(person).and_then(|c| c.likeness.get(voice)).copied();
    let people = 0..candidates.len();
    let mut pairs: Vec<(usize, usize, f64)> = people
        .clone()
        .flat_map(|person| (0..voices).filter_map(move |voice| Some((voice, person, of(person, voice)?))))
        .filter(|(voice, person, sure)| {
            let others = people.clone().filter(|other| other != person).filter_map(|other| of(other, *voice));
            *sure >= LEAST && others.into_iter().all(|other| sure - other >= AHEAD)
        })
        .collect();
    pairs.sort_by(|(.., a), (.., b)| b.total_cmp(a));
    let mut matched: Vec<(usize, usize, f64)> = Vec::new();
    for (voice, person, sure) in pairs {
        if matched.iter().all(|(taken, named, _)| *taken != voice && *named != person) {
            matched.push((voice, person, sure));
        }
    }
    matched
}

fn known(participant: &Participant, confidence: f64) -> Speaker {
    Speaker { participant: Some(participant.id.clone()), side: participant.side, confidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, side: Side) -> Participant {
        Participant { id: id.to_owned(), side, ..Participant::default() }
    }

    fn who(voices: usize, people: &[(&Participant, &[f64])]) -> Vec<(Option<String>, Side)> {
        let candidate = |(participant, likeness): &(&'static Participant, &[f64])| Candidate {
            participant,
            likeness: likeness.to_vec(),
        };
        // Tests leak a few participants, so that they can be written in a line.
        let people: Vec<(&'static Participant, &[f64])> =
            people.iter().map(|(p, l)| (&*Box::leak(Box::new((*p).clone())), *l)).collect();
        let candidates: Vec<Candidate<'_>> = people.iter().map(candidate).collect();
        attribute(voices, &candidates).into_iter().map(|speaker| (speaker.participant, speaker.side)).collect()
    }

    fn named(id: &str, side: Side) -> (Option<String>, Side) {
        (Some(id.to_owned()), side)
    }

    const NOBODY: (Option<String>, Side) = (None, Side::Unknown);

    #[test]
    fn nobody_enrolled_means_nobody_known() {
        let (r, b) = (person("r", Side::Rep), person("b", Side::Buyer));
        assert_eq!(who(2, &[(&r, &[]), (&b, &[])]), [NOBODY, NOBODY]);
        assert_eq!(who(1, &[(&r, &[])]), [NOBODY]);
    }

    #[test]
    fn an_enrolled_voice_is_named_and_who_is_left_is_the_other() {
        let (r, b) = (person("r", Side::Rep), person("b", Side::Buyer));
        assert_eq!(who(2, &[(&r, &[0.1, 0.9]), (&b, &[])]), [named("b", Side::Buyer), named("r", Side::Rep)]);
        // A third voice is anybody's, so the second is not surely the buyer's; the side is all that is left.
        assert_eq!(who(3, &[(&r, &[0.9, 0.1, 0.1]), (&b, &[])])[1..], [(None, Side::Buyer), (None, Side::Buyer)]);
    }

    #[test]
    fn others_have_a_side_only_if_all_of_them_share_it() {
        let (r, b, c) = (person("r", Side::Rep), person("b", Side::Buyer), person("c", Side::Buyer));
        let heard: &[f64] = &[0.9, 0.0, 0.0];
        assert_eq!(who(3, &[(&r, heard), (&b, &[]), (&c, &[])])[1..], [(None, Side::Buyer), (None, Side::Buyer)]);
        let s = person("s", Side::Rep);
        assert_eq!(who(3, &[(&r, heard), (&b, &[]), (&s, &[])])[1..], [NOBODY, NOBODY]);
        let u = person("u", Side::Unknown);
        assert_eq!(who(3, &[(&r, heard), (&b, &[]), (&u, &[])])[1..], [NOBODY, NOBODY]);
    }

    #[test]
    fn two_people_a_voice_is_like_are_not_told_apart() {
        let (r, s) = (person("r", Side::Rep), person("s", Side::Rep));
        assert_eq!(who(1, &[(&r, &[0.9]), (&s, &[0.85])]), [NOBODY]);
        assert_eq!(who(1, &[(&r, &[0.9]), (&s, &[0.2])]), [named("r", Side::Rep)]);
    }

    #[test]
    fn a_person_has_one_voice() {
        let (r, b) = (person("r", Side::Rep), person("b", Side::Buyer));
        let speakers = who(2, &[(&r, &[0.8, 0.9]), (&b, &[])]);
        assert_eq!(speakers[1], named("r", Side::Rep));
        assert_eq!(speakers[0], named("b", Side::Buyer));
    }

    #[test]
    fn what_is_concluded_is_less_sure_than_what_it_stands_on() {
        let (r, b) = (person("r", Side::Rep), person("b", Side::Buyer));
        let candidates = [
            Candidate { participant: &r, likeness: vec![0.8, 0.0] },
            Candidate { participant: &b, likeness: Vec::new() },
        ];
        let speakers = attribute(2, &candidates);
        assert!(speakers[1].confidence < speakers[0].confidence && speakers[1].confidence > 0.5);
    }
}
