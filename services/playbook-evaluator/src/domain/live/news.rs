//! What is new in an evaluation since somebody was told of the one before.

use std::collections::HashMap;

use crate::domain::evaluation::{BehaviorResult, Evaluation, Outcome, SignalResult};
use crate::domain::evidence::Evidence;
use crate::domain::facts::Facts;
use crate::domain::playbook::{Behavior, Due, Playbook, Polarity};

/// Something new.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// All evidence so far; none where it is taken back.
    Signal(SignalResult),
    /// All evidence so far.
    Shown(BehaviorResult),
    /// A behavior that was told as shown and is not.
    Withdrawn(String),
    DueMissed(String),
    /// Facts as they were told and as they stand.
    Facts(Box<(Facts, Facts)>),
}

/// What was told of a behavior.
#[derive(Debug, Clone, PartialEq)]
enum State {
    Shown(Vec<Evidence>),
    DueMissed,
}

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// From when on nothing that is said can be in time any more.
    pub settled_until_ms: u32,
    /// How long the call is taken to be.
    pub duration_ms: u32,
}

/// All that was told of a call against one revision.
#[derive(Debug, Clone, Default)]
pub struct Told {
    signals: HashMap<String, Vec<Evidence>>,
    behaviors: HashMap<String, State>,
    facts: Facts,
}

impl Told {
    /// What is to be told of this evaluation, as told from now on.
    pub fn news(&mut self, evaluation: Evaluation, playbook: &Playbook, moment: Moment) -> Vec<News> {
        let mut news = Vec::new();
        for signal in evaluation.signals {
            let told = self.signals.entry(signal.id.clone()).or_default();
            if *told != signal.evidence {
                told.clone_from(&signal.evidence);
                news.push(News::Signal(signal));
            }
        }
        for (result, behavior) in evaluation.behaviors.into_iter().zip(&playbook.behaviors) {
            self.behavior(result, behavior, moment, &mut news);
        }
        if self.facts != evaluation.facts {
            let before = std::mem::replace(&mut self.facts, evaluation.facts.clone());
            news.push(News::Facts(Box::new((before, evaluation.facts))));
        }
        news
    }

    fn behavior(&mut self, result: BehaviorResult, behavior: &Behavior, moment: Moment, news: &mut Vec<News>) {
        let id = result.id.clone();
        let told = self.behaviors.get(&id);
        if result.outcome == Outcome::Observed {
            if told != Some(&State::Shown(result.evidence.clone())) {
                self.behaviors.insert(id, State::Shown(result.evidence.clone()));
                news.push(News::Shown(result));
            }
            return;
        }
        let was_missed = told == Some(&State::DueMissed);
        if told.is_some() && !was_missed {
            self.behaviors.remove(&id);
            news.push(News::Withdrawn(id.clone()));
        }
        // A behavior to avoid that was not shown in time is good news, and one that may not apply is none.
        let missed = result.outcome == Outcome::Missed && behavior.polarity == Polarity::Seek;
        if missed && !was_missed && is_past(behavior.due, moment) {
            self.behaviors.insert(id.clone(), State::DueMissed);
            news.push(News::DueMissed(id));
        }
    }
}

/// When it is due, milliseconds from the begin of the call.
pub fn due_ms(due: Option<Due>, duration_ms: u32) -> Option<u32> {
    due.map(|due| match due {
        Due::Share(share) => (f64::from(duration_ms) * share) as u32,
        Due::Seconds(seconds) => seconds.saturating_mul(1_000),
    })
}

fn is_past(due: Option<Due>, moment: Moment) -> bool {
    // Whole seconds are compared where it is due at one.
    let grace_ms = if matches!(due, Some(Due::Seconds(_))) { 999 } else { 0 };
    due_ms(due, moment.duration_ms).is_some_and(|due| moment.settled_until_ms > due.saturating_add(grace_ms))
}

#[cfg(test)]
mod tests;
