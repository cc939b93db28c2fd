//! Who speaks on which channel of a recording.

use super::call::{Participant, Side};
use super::transcript::{Speaker, confidence};

/// The speaker of each channel, as far as the participants tell. Nothing is guessed: a wrong name is worse than none.
#[derive(Debug, Clone, PartialEq)]
pub struct Channels(Vec<Speaker>);

impl Channels {
    /// Channels of a recording. `equal` says that both carry the same sound and so tell nobody apart.
    pub fn new(participants: &[Participant], channels: usize, equal: bool) -> Self {
        if equal {
            return Self(vec![Speaker::default(); channels]);
        }
        Self((0..channels).map(|channel| speaker(participants, channel, channels)).collect())
    }

    /// Who speaks on `channel`.
    pub fn speaker(&self, channel: usize) -> Speaker {
        self.0.get(channel).cloned().unwrap_or_default()
    }
}

fn speaker(participants: &[Participant], channel: usize, channels: usize) -> Speaker {
    let on = |participant: &&Participant| participant.channel.map(usize::from) == Some(channel);
    if let Some(alone) = participants.iter().find(on) {
        return known(alone, confidence::CHANNEL);
    }
    // The other channel is somebody's alone: whoever is left speaks on this one.
    let other_is_taken = channels == 2 && participants.iter().any(|p| p.channel.map(usize::from) == Some(1 - channel));
    if !other_is_taken {
        return Speaker::default();
    }
    let left: Vec<&Participant> = participants.iter().filter(|participant| participant.channel.is_none()).collect();
    match left.as_slice() {
        [only] => known(only, confidence::ELIMINATION),
        [first, rest @ ..] if first.side != Side::Unknown && rest.iter().all(|p| p.side == first.side) => {
            Speaker { participant: None, side: first.side, confidence: confidence::ELIMINATION }
        }
        _ => Speaker::default(),
    }
}

fn known(participant: &Participant, confidence: f64) -> Speaker {
    Speaker { participant: Some(participant.id.clone()), side: participant.side, confidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, side: Side, channel: Option<u8>) -> Participant {
        Participant { id: id.to_owned(), side, channel, ..Participant::default() }
    }

    fn who(people: &[Participant], channels: usize, channel: usize) -> (Option<String>, Side) {
        let speaker = Channels::new(people, channels, false).speaker(channel);
        (speaker.participant, speaker.side)
    }

    #[test]
    fn a_channel_of_ones_own_names_the_speaker() {
        let people = [person("r", Side::Rep, Some(1)), person("b", Side::Buyer, Some(0))];
        assert_eq!(who(&people, 2, 1), (Some("r".to_owned()), Side::Rep));
        assert_eq!(who(&people, 2, 0), (Some("b".to_owned()), Side::Buyer));
    }

    #[test]
    fn those_left_share_the_other_channel() {
        let one = [person("r", Side::Rep, Some(0)), person("b", Side::Buyer, None)];
        assert_eq!(who(&one, 2, 1), (Some("b".to_owned()), Side::Buyer));
        let two = [person("r", Side::Rep, Some(0)), person("b", Side::Buyer, None), person("c", Side::Buyer, None)];
        assert_eq!(who(&two, 2, 1), (None, Side::Buyer));
        let mixed = [person("r", Side::Rep, Some(0)), person("b", Side::Buyer, None), person("s", Side::Rep, None)];
        assert_eq!(who(&mixed, 2, 1), (None, Side::Unknown));
    }

    #[test]
    fn nothing_is_guessed() {
        let people = [person("r", Side::Rep, None), person("b", Side::Buyer, None)];
        assert_eq!(who(&people, 2, 0), (None, Side::Unknown));
        assert_eq!(who(&people[..1], 1, 0), (None, Side::Unknown));
        let known = [person("r", Side::Rep, Some(0)), person("b", Side::Buyer, Some(1))];
        assert_eq!(Channels::new(&known, 2, true).speaker(0), Speaker::default());
    }
}
