//! Answers given lately, by content.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::Answer;

/// Most answers kept; the oldest goes first.
const MAX_ANSWERS: usize = 1_000;

type Key = [u8; 32];

/// See the module. Failures are not kept.
#[derive(Debug, Default)]
pub(super) struct Answers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Option<Answer>>,
    order: VecDeque<Key>,
}

impl Answers {
    pub(super) fn get(&self, key: &Key) -> Option<Option<Answer>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).answers.get(key).cloned()
    }

    pub(super) fn put(&self, key: Key, answer: Option<Answer>) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    }

    #[test]
    fn drops_the_oldest_beyond_its_bound() {
        let answers = Answers::default();
        for number in 0..=MAX_ANSWERS {
            answers.put(key(number), None);
            answers.put(key(number), None);
        }
        assert_eq!(answers.get(&key(0)), None);
        assert_eq!(answers.get(&key(1)), Some(None));
        assert_eq!(answers.get(&key(MAX_ANSWERS)), Some(None));
        assert_eq!(answers.kept.lock().unwrap().order.len(), MAX_ANSWERS);
    }
}
