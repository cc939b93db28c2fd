//! Answers given lately, by the digest of what was asked. The words of an answer stand in the question: only their place is kept,
//! so that nothing of a call that is purged stays here.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::{Answer, Question};

/// Most answers kept; the oldest goes first.
const MAX_ANSWERS: usize = 1_000;

type Key = [u8; 32];

/// An answer without its words: where its quote stands in the turn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    holds: bool,
    turn: u32,
    quote: Range<usize>,
}

impl Place {
    fn of(answer: &Answer, question: &Question) -> Option<Self> {
        let start = words(question, answer.turn)?.find(&answer.quote)?;
        Some(Self { holds: answer.holds, turn: answer.turn, quote: start..start + answer.quote.len() })
    }

    fn answer(&self, question: &Question) -> Option<Answer> {
        let quote = words(question, self.turn)?.get(self.quote.clone())?;
        Some(Answer { holds: self.holds, turn: self.turn, quote: quote.to_owned() })
    }
}

fn words(question: &Question, turn: u32) -> Option<&str> {
    question.turns.iter().find(|(index, ..)| *index == turn).map(|(.., text)| text.as_str())
}

/// See the module. Failures are not kept.
#[derive(Debug, Default)]
pub(super) struct Answers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Option<Place>>,
    order: VecDeque<Key>,
}

impl Answers {
    pub(super) fn get(&self, key: &Key, question: &Question) -> Option<Option<Answer>> {
        let place = self.kept.lock().unwrap_or_else(PoisonError::into_inner).answers.get(key).cloned()?;
        match place {
            None => Some(None),
            Some(place) => place.answer(question).map(Some),
        }
    }

    pub(super) fn put(&self, key: Key, answer: Option<&Answer>, question: &Question) {
        let answer = match answer {
            None => None,
            Some(answer) => match Place::of(answer, question) {
                Some(place) => Some(place),
                None => return,
            },
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.answers.insert(key, answer).is_some() {
            return;
        }
        kept.order.push_back(key);
        if kept.order.len() > MAX_ANSWERS
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.answers.remove(&oldest);
        }
    }

    pub(super) fn clear(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::call::Side;

    use super::*;

    fn key(number: usize) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    }

    fn question() -> Question {
        let turns = vec![(4, Side::Buyer, "We lose two hundred thousand a year".to_owned())];
        Question { asked: "Is the impact given?".to_owned(), turns, focus: 4 }
    }

    #[test]
    fn gives_an_answer_back_as_it_was_and_keeps_none_of_its_words() {
        let answers = Answers::default();
        let answer = Answer { holds: true, turn: 4, quote: "two hundred thousand".to_owned() };
        answers.put(key(1), Some(&answer), &question());
        assert!(!format!("{answers:?}").contains("hundred"));
        assert_eq!(answers.get(&key(1), &question()), Some(Some(answer)));
    }

    #[test]
    fn drops_the_oldest_beyond_its_bound() {
        let answers = Answers::default();
        for number in 0..=MAX_ANSWERS {
            answers.put(key(number), None, &question());
            answers.put(key(number), None, &question());
        }
        assert_eq!(answers.get(&key(0), &question()), None);
        assert_eq!(answers.get(&key(1), &question()), Some(None));
        assert_eq!(answers.get(&key(MAX_ANSWERS), &question()), Some(None));
        assert_eq!(answers.kept.lock().unwrap().order.len(), MAX_ANSWERS);
    }
}
