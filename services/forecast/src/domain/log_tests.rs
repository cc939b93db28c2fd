//! What a fold of the log must hold, whatever is in it.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::entry::Entry;
use super::evaluated::{EvaluatedCall, Handling, Objection, Outcome, RiskState, RiskTopic};
use super::fixtures::*;
use super::log::Log;
use super::norms::{Assessment, Norms};
use super::stage::Status;

/// Any log of a few deals and calls, with entries that became known after they happened.
pub fn any_log() -> impl Strategy<Value = Vec<Entry>> {
    let stages =
        prop::sample::select(vec!["prospecting", "discovery", "validation", "proposal", "negotiation", "won", "lost"]);
    let step = (0_u8..6, 0_u8..3, 0_u8..4, 0_i64..90, 0_i64..40, stages, any::<[u8; 4]>());
    prop::collection::vec(step, 0..40).prop_map(|steps| {
        let mut log = LogOf::default();
        for (index, (kind, deal, call, n, late, stage, noise)) in steps.into_iter().enumerate() {
            let (id, call) = (format!("d{deal}"), format!("c{call}"));
            log = match kind {
                0 => log.record(&id, n, record(stage)),
                1 => log.stage(&id, n, stage),
                2 => log.associate(&call, &id, n),
                3 if noise[0] < 60 => log.dissociate(&call, n),
                _ => log.evaluated(&call, noisy(&call, n, index, noise), late),
            };
            let last = log.0.last_mut().unwrap();
            // Keys are unique per fact.
            last.key = format!("{}#{index}", last.key);
            last.known_at = last.known_at.max(last.occurred_at + TimeDelta::days(late));
        }
        log.0
    })
}

fn noisy(call: &str, n: i64, index: usize, noise: [u8; 4]) -> EvaluatedCall {
    let mut e = evaluated(n);
    e.evaluation.0 = format!("e{index}");
    e.playbook.0 = format!("p{}", noise[0] % 2);
    e.transcript_revision = u32::from(noise[1] % 3);
    e.buyer_speech_ms = (noise[2] > 40).then_some(i32::from(noise[2]) - 60);
    let outcome =
        [Outcome::Observed, Outcome::Missed, Outcome::NotApplicable, Outcome::Unknown][usize::from(noise[3] % 4)];
    e.behaviors = vec![behavior("agenda", outcome, 1.0), behavior("impact", Outcome::Missed, 2.0)];
    e.facts.next_step = (noise[0] > 80)
        .then(|| next_step(call, ["", "Kim"][usize::from(noise[1] % 2)], (noise[2] > 90).then(|| date(n + 7))));
    e.facts.stakeholders =
        vec![person("Ada", ["champion", "technical", "economic_buyer"][usize::from(noise[2] % 3)], noise[3] > 99)];
    let state = [RiskState::NotRaised, RiskState::Open, RiskState::Answered][usize::from(noise[0] % 3)];
    e.risks = vec![RiskTopic {
        id: "security".into(),
        title: String::new(),
        state,
        evidence: vec![quote(call, 5, "security")],
    }];
    let handling = [Handling::Open, Handling::Explored][usize::from(noise[1] % 2)];
    e.facts.objections = vec![Objection {
        kind: "price_objection".into(),
        text: String::new(),
        handling,
        evidence: vec![quote(call, 8, "dear")],
    }];
    e
}

/// Everything the service says of every deal at a moment, as text.
fn everything(entries: &[Entry], n: i64) -> String {
    let log = Log::new(entries);
    let requirements = requirements();
    let norms = Norms::of(&log, day(n), &requirements);
    let views = log.deals().filter_map(|deal| log.view(deal, day(n)));
    let said: Vec<_> = views.map(|view| format!("{view:?} {:?}", norms.assess(&view, &requirements))).collect();
    said.join("\n")
}

fn assess(entries: &[Entry], id: &str, n: i64) -> Option<String> {
    let log = Log::new(entries);
    let requirements = requirements();
    let norms = Norms::of(&log, day(n), &requirements);
    let view = log.view(&deal(id), day(n))?;
    let Assessment { health, warnings, win_probability } = norms.assess(&view, &requirements);
    Some(format!("{health:?} {warnings:?} {win_probability:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn health_and_all_else_but_bookings_never_read_the_amount(entries in any_log(), amounts in prop::collection::vec(any::<Option<i64>>(), 40), n in 0_i64..130) {
        let mut changed = entries.clone();
        for (entry, amount) in changed.iter_mut().zip(amounts) {
            if let super::entry::Fact::RecordObserved { record, .. } = &mut entry.fact {
                record.amount = amount.map(super::money::Micros);
                record.currency = super::money::Currency::new(if amount.is_none() { "" } else { "EUR" });
            }
        }
        for id in ["d0", "d1", "d2"] {
            prop_assert_eq!(assess(&entries, id, n), assess(&changed, id, n));
        }
    }

    #[test]
    fn later_knowledge_changes_nothing_before(entries in any_log(), later in any_log(), n in 0_i64..90) {
        let mut all = entries.clone();
        all.extend(later.into_iter().map(|mut entry| {
            entry.key.push_str("+later");
            entry.known_at = entry.known_at.max(day(n) + TimeDelta::microseconds(1));
            entry
        }));
        prop_assert_eq!(everything(&entries, n), everything(&all, n));
    }

    #[test]
    fn the_order_of_delivery_does_not_matter((entries, shuffled) in any_log().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())), n in 0_i64..130) {
        prop_assert_eq!(everything(&entries, n), everything(&shuffled, n));
    }

    #[test]
    fn norms_are_the_same_from_entries_without_words(entries in any_log(), n in 0_i64..130) {
        let slim: Vec<_> = entries.iter().cloned().map(Entry::slim).collect();
        let norms = |entries: &[Entry]| format!("{:?}", Norms::of(&Log::new(entries), day(n), &requirements()));
        prop_assert_eq!(norms(&entries), norms(&slim));
    }

    #[test]
    fn what_is_delivered_twice_counts_once(entries in any_log(), n in 0_i64..130) {
        let twice: Vec<_> = entries.iter().chain(&entries).cloned().collect();
        prop_assert_eq!(everything(&entries, n), everything(&twice, n));
    }
}

#[test]
fn an_evaluation_counts_from_when_it_was_known_not_from_when_the_call_was() {
    let log =
        LogOf::default().record("a", 0, record("discovery")).associate("c", "a", 1).evaluated("c", evaluated(1), 9);
    let index = Log::new(&log.0);
    assert!(index.view(&deal("a"), day(9)).unwrap().calls.is_empty());
    assert_eq!(index.view(&deal("a"), day(10)).unwrap().calls.len(), 1);
}

#[test]
fn only_the_latest_transcript_of_a_call_counts_and_once_a_playbook() {
    let mut second = evaluated(1);
    second.evaluation.0 = "e2".into();
    second.transcript_revision = 2;
    let mut other_playbook = second.clone();
    other_playbook.evaluation.0 = "e3".into();
    other_playbook.playbook.0 = "q".into();
    let log = LogOf::default().call("c", "a", evaluated(1)).evaluated("c", second, 2).evaluated("c", other_playbook, 3);
    let index = Log::new(&log.0);
    let ids = |n| -> Vec<_> {
        let view = index.view(&deal("a"), day(n)).unwrap();
        view.calls.iter().flat_map(|c| &c.evaluations).map(|e| e.evaluation.0.clone()).collect()
    };
    assert_eq!(ids(1), ["e1"]);
    assert_eq!(ids(3), ["e2"]);
    assert_eq!(ids(4), ["e2", "e3"]);
    assert_eq!(index.view(&deal("a"), day(4)).unwrap().contacts().count(), 1);
}

#[test]
fn a_call_belongs_to_the_deal_it_was_last_given_to() {
    let log = LogOf::default().call("c", "a", evaluated(1)).associate("c", "b", 5).dissociate("c", 8);
    let index = Log::new(&log.0);
    let calls = |id: &str, n| index.view(&deal(id), day(n)).map_or(0, |v| v.calls.len());
    assert_eq!((calls("a", 4), calls("b", 4)), (1, 0));
    assert_eq!((calls("a", 6), calls("b", 6)), (0, 1));
    assert_eq!((calls("a", 9), calls("b", 9)), (0, 0));
}

#[test]
fn stages_follow_each_other_whether_the_history_or_the_record_tells_them() {
    let log = LogOf::default()
        .stage("a", 0, "discovery")
        .record("a", 3, record("discovery"))
        .record("a", 9, record("validation"))
        .stage("a", 9, "validation")
        .stage("a", 20, "won");
    let index = Log::new(&log.0);
    let view = index.view(&deal("a"), day(30)).unwrap();
    let path: Vec<_> = view.path.iter().map(|v| (v.stage.as_str(), v.entered_at)).collect();
    assert_eq!(path, [("discovery", day(0)), ("validation", day(9)), ("won", day(20))]);
    assert_eq!((view.status, view.closed_at, view.booked_on()), (Status::Won, Some(day(20)), Some(date(20))));
    assert!(index.view(&deal("a"), day(19)).unwrap().is_open());
}
