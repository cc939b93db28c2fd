use super::*;
use crate::domain::call::{Account, Call, Deal, Side, Turn};
use crate::domain::evaluate::Revision;
use crate::domain::lint::lint;
use crate::domain::live::Turns;

const DOCUMENT: &str = "id: p
title: T
motion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}
behaviors:
  - {id: budget, description: d, due: {seconds: 20}, detect: {phrases: [your budget]}}
  - {id: agenda, description: d, due: {share: 0.5}, detect: {phrases: [our agenda]}}
  - {id: discount, description: d, polarity: avoid, due: {seconds: 20}, detect: {phrases: [a discount]}}
signals:
  - {id: pain, description: d, kind: pain, detect: {phrases: [it hurts]}}
";
const PLANNED_MS: u32 = 100_000;

struct Listener {
    revision: Revision,
    turns: Turns,
    told: Told,
}

impl Listener {
    fn new() -> Self {
        Self { revision: lint(DOCUMENT).revision.unwrap(), turns: Turns::default(), told: Told::default() }
    }

    /// What is new after these words of a turn, shortly.
    fn hears(&mut self, index: u32, side: Side, text: &str) -> Vec<String> {
        let turn = Turn {
            index,
            participant: String::new(),
            side,
            start_ms: index * 10_000,
            end_ms: index * 10_000 + 9_000,
            text: text.to_owned(),
            speaker_confidence: 1.0,
            unintelligible: false,
        };
        self.turns.take(turn, true).unwrap();
        let transcript = self.turns.settled(PLANNED_MS);
        let moment = Moment { settled_until_ms: self.turns.settled_until_ms(), duration_ms: transcript.duration_ms };
        let evaluation = self.revision.evaluate(&call(), &transcript, None);
        let news = self.told.news(evaluation, &self.revision.playbook, moment);
        news.iter().map(shortly).collect()
    }
}

fn call() -> Call {
    Call {
        name: "workspaces/demo/calls/c".to_owned(),
        call_type: String::new(),
        start_time: chrono::DateTime::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        participants: Vec::new(),
        account: Account::default(),
        deal: Deal::default(),
    }
}

fn shortly(news: &News) -> String {
    match news {
        News::Signal(signal) => format!("{} in {}", signal.id, signal.evidence.len()),
        News::Shown(result) => format!("{} shown in {}", result.id, result.evidence.len()),
        News::Withdrawn(id) => format!("{id} withdrawn"),
        News::DueMissed(id) => format!("{id} missed"),
        News::Facts(both) => format!("{} pains", both.1.pains.len()),
    }
}

#[test]
fn what_shows_is_told_once_and_again_with_more_evidence() {
    let mut listener = Listener::new();
    assert_eq!(listener.hears(0, Side::Rep, "what is your budget"), ["budget shown in 1"]);
    assert_eq!(listener.hears(1, Side::Buyer, "it hurts"), ["pain in 1", "1 pains"]);
    assert_eq!(listener.hears(2, Side::Buyer, "well"), [""; 0]);
    assert_eq!(listener.hears(3, Side::Buyer, "it hurts daily"), ["pain in 2", "2 pains"]);
}

#[test]
fn what_a_correction_takes_back_is_told() {
    let mut listener = Listener::new();
    listener.hears(0, Side::Rep, "what is your budget");
    listener.hears(1, Side::Buyer, "it hurts");
    assert_eq!(listener.hears(1, Side::Buyer, "it's hers"), ["pain in 0", "0 pains"]);
    assert_eq!(listener.hears(0, Side::Rep, "what is your badge"), ["budget withdrawn"]);
    assert_eq!(listener.hears(0, Side::Rep, "what is your budget"), ["budget shown in 1"]);
}

#[test]
fn a_due_time_that_passes_is_told_once_and_only_of_what_is_wanted() {
    let mut listener = Listener::new();
    for index in 0..3 {
        assert_eq!(listener.hears(index, Side::Rep, "well"), [""; 0], "turn {index}");
    }
    assert_eq!(listener.hears(3, Side::Rep, "well"), ["budget missed"]);
    assert_eq!(listener.hears(4, Side::Rep, "what is your budget"), [""; 0], "late is not shown");
    assert_eq!(listener.hears(5, Side::Rep, "our agenda is short"), ["agenda shown in 1"], "half of what is planned");
    assert_eq!(listener.hears(0, Side::Rep, "what is your budget"), ["budget shown in 1"], "a correction brings it");
}
