//! On whose side somebody is, where nobody said: as the CRM knows them, or because they host the meeting.

use std::collections::HashMap;

use super::call::{Participant, Side};
use super::roster::fold;
use super::transcript::Turn;

/// The sides of people by address and name.
#[derive(Debug, Clone, Default)]
pub struct Sides(HashMap<[String; 2], Side>);

impl Sides {
    /// Of people who were looked for.
    pub fn new<'a>(known: impl IntoIterator<Item = (&'a Participant, Side)>) -> Self {
        Self(known.into_iter().map(|(who, side)| (key(who), side)).collect())
    }

    /// Whether nobody said the side of somebody who can be looked for.
    pub fn in_question(who: &Participant) -> bool {
        who.side == Side::Unknown && !(who.email.is_empty() && who.name.is_empty())
    }

    /// Gives a side to everybody who has none and is known; else to the one who hosts. What somebody said stays.
    pub fn complete(&self, participants: &mut [Participant], host: Option<&str>) {
        for who in participants.iter_mut().filter(|who| who.side == Side::Unknown) {
            who.side = match self.0.get(&key(who)).copied().unwrap_or_default() {
                Side::Unknown if host == Some(who.id.as_str()) => Side::Rep,
                side => side,
            };
        }
    }
}

fn key(who: &Participant) -> [String; 2] {
    [who.email.to_lowercase(), fold(&who.name)]
}

/// Brings the sides of turns to those of their speakers.
pub fn of_speakers(turns: &mut [Turn], participants: &[Participant]) {
    let sides: HashMap<&str, Side> = participants.iter().map(|who| (who.id.as_str(), who.side)).collect();
    for turn in turns {
        if let Some(side) = turn.speaker.participant.as_deref().and_then(|id| sides.get(id)) {
            turn.speaker.side = *side;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transcript::Speaker;
    use super::*;

    fn person(id: &str, email: &str, side: Side) -> Participant {
        Participant { id: id.to_owned(), email: email.to_owned(), side, ..Participant::default() }
    }

    fn people() -> Vec<Participant> {
        vec![
            person("s1", "Priya@Seller.example", Side::Unknown),
            Participant { name: "Tom Ashworth".to_owned(), ..person("s2", "", Side::Unknown) },
            person("s3", "", Side::Unknown),
            person("s4", "priya@seller.example", Side::Buyer),
        ]
    }

    fn sides() -> Sides {
        let priya = person("other", "priya@seller.example", Side::Unknown);
        let tom = Participant { name: "tom  ashworth".to_owned(), ..Participant::default() };
        Sides::new([(&priya, Side::Rep), (&tom, Side::Buyer)])
    }

    fn completed(sides: &Sides, host: Option<&str>) -> Vec<Side> {
        let mut people = people();
        sides.complete(&mut people, host);
        people.into_iter().map(|person| person.side).collect()
    }

    #[test]
    fn who_is_known_gets_a_side_and_what_was_said_stays() {
        assert_eq!(completed(&sides(), None), [Side::Rep, Side::Buyer, Side::Unknown, Side::Buyer]);
        let asked: Vec<bool> = people().iter().map(Sides::in_question).collect();
        assert_eq!(asked, [true, true, false, false]);
    }

    #[test]
    fn who_hosts_sells_unless_more_is_known() {
        assert_eq!(completed(&sides(), Some("s3"))[2], Side::Rep);
        assert_eq!(completed(&sides(), Some("s2"))[1], Side::Buyer);
        assert_eq!(completed(&Sides::default(), Some("s2")), [Side::Unknown, Side::Rep, Side::Unknown, Side::Buyer]);
    }

    #[test]
    fn turns_have_the_side_of_their_speaker() {
        let turn = |id: Option<&str>| Turn {
            speaker: Speaker { participant: id.map(str::to_owned), side: Side::Unknown, confidence: 1.0 },
            ..Turn::default()
        };
        let mut turns = vec![turn(Some("s1")), turn(None), turn(Some("gone"))];
        of_speakers(&mut turns, &[person("s1", "", Side::Rep)]);
        let found: Vec<Side> = turns.iter().map(|turn| turn.speaker.side).collect();
        assert_eq!(found, [Side::Rep, Side::Unknown, Side::Unknown]);
    }
}
