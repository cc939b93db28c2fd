//! Finds the participant that a name in an imported transcript means.

use std::collections::HashSet;

use super::call::{MAX_PARTICIPANTS, Participant};
use super::transcript::Speaker;

/// The participants of a call while a transcript is read; names that are nobody's become new participants of unknown
/// side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    participants: Vec<Participant>,
    host: Option<String>,
}

impl Roster {
    /// Starts with those who are known.
    pub fn new(participants: Vec<Participant>) -> Self {
        Self { participants, host: None }
    }

    /// Notes who hosts the meeting.
    pub fn hosted_by(&mut self, id: &str) {
        self.host = Some(id.to_owned());
    }

    /// Id of who hosts the meeting, where it is known.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Everybody, those who were added last.
    pub fn into_participants(self) -> Vec<Participant> {
        self.participants
    }

    /// The participant with this id.
    pub fn by_id(&self, id: &str) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.id == id)
    }

    /// The one participant this name can only mean: by whole name, id or e-mail address, else by a first name that
    /// only one has.
    pub fn by_name(&self, name: &str) -> Option<&Participant> {
        let wanted = fold(name);
        if wanted.is_empty() {
            return None;
        }
        let whole = |p: &&Participant| [&p.name, &p.id, &p.email].iter().any(|own| fold(own) == wanted);
        if let Some(found) = self.participants.iter().find(whole) {
            return Some(found);
        }
        let first = |p: &&Participant| fold(&p.name).split(' ').next() == Some(&wanted);
        let mut found = self.participants.iter().filter(first);
        found.next().filter(|_| found.next().is_none())
    }

    /// The participant this name means, added if it is nobody's. `None` once a call is full.
    pub fn by_name_or_added(&mut self, name: &str) -> Option<Participant> {
        if let Some(found) = self.by_name(name) {
            return Some(found.clone());
        }
        if self.participants.len() >= MAX_PARTICIPANTS {
            return None;
        }
        let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
        let participant = Participant { id: self.free_id(), name, ..Participant::default() };
        self.participants.push(participant.clone());
        Some(participant)
    }

    /// Adds a participant under its own id, or takes over what was not known of the one who has it.
    pub fn complete(&mut self, other: Participant) {
        let Some(ours) = self.participants.iter_mut().find(|participant| participant.id == other.id) else {
            self.participants.push(other);
            return;
        };
        for (known, more) in
            [(&mut ours.name, other.name), (&mut ours.email, other.email), (&mut ours.title, other.title)]
        {
            if known.is_empty() {
                *known = more;
            }
        }
        if ours.side == super::call::Side::Unknown {
            ours.side = other.side;
        }
        ours.channel = ours.channel.or(other.channel);
    }

    /// Notes of a participant what was not known.
    pub fn learn(&mut self, id: &str, email: &str, title: &str, side: super::call::Side) {
        let Some(ours) = self.participants.iter_mut().find(|participant| participant.id == id) else { return };
        if ours.email.is_empty() && email.contains('@') {
            ours.email = email.chars().take(200).collect();
        }
        if ours.title.is_empty() {
            ours.title = title.chars().take(200).collect();
        }
        if ours.side == super::call::Side::Unknown {
            ours.side = side;
        }
    }

    fn free_id(&self) -> String {
        let taken: HashSet<&str> = self.participants.iter().map(|participant| participant.id.as_str()).collect();
        let mut number = self.participants.len() + 1;
        while taken.contains(format!("s{number}").as_str()) {
            number += 1;
        }
        format!("s{number}")
    }
}

/// The speaker that a participant is.
pub fn speaker(participant: &Participant, confidence: f64) -> Speaker {
    Speaker { participant: Some(participant.id.clone()), side: participant.side, confidence }
}

/// Case and spacing do not make another name.
pub fn fold(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(names: &[&str]) -> Roster {
        let person = |(index, name): (usize, &&str)| Participant {
            id: format!("s{}", index + 1),
            name: (*name).to_owned(),
            ..Participant::default()
        };
        Roster::new(names.iter().enumerate().map(person).collect())
    }

    #[test]
    fn finds_by_name_in_any_case_and_by_a_first_name_only_one_has() {
        let roster = roster(&["Priya Raman", "Tom Ashworth", "Tom Lee"]);
        assert_eq!(roster.by_name("priya  RAMAN").unwrap().id, "s1");
        assert_eq!(roster.by_name("Priya").unwrap().id, "s1");
        assert_eq!(roster.by_name("Tom"), None);
        assert_eq!(roster.by_name("s3").unwrap().name, "Tom Lee");
    }

    #[test]
    fn a_new_name_becomes_a_participant_once() {
        let mut roster = roster(&["Priya Raman"]);
        let added = roster.by_name_or_added("Ana  Silva").unwrap();
        assert_eq!((added.id.as_str(), added.name.as_str()), ("s2", "Ana Silva"));
        assert_eq!(roster.by_name_or_added("ana silva").unwrap().id, "s2");
        assert_eq!(roster.into_participants().len(), 2);
    }
}
