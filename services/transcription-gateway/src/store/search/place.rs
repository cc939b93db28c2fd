//! Numbers that order turns by time: the slot of a call, and the document of a turn.
//!
//! A slot is the second at which the call began with 14 bits for calls of the same second; a document is the slot with 16
//! bits for the turn, counted down, so that a list from the newest document on has the turns of a call in their order.

use chrono::{DateTime, Utc};

/// Bits for calls of one second: imports that know only the date have many of one second. A second that is full runs over
/// into the next one.
const CALL_BITS: u32 = 14;
const TURN_BITS: u32 = 16;
/// Seconds of slots: from 1970 until the year 2242. What lies outside counts as the nearest of them.
const LAST_SECOND: i64 = (1 << 33) - 1;
/// Turns of a call that have a document.
pub const MAX_TURNS: usize = 1 << TURN_BITS;
const LAST_TURN: i64 = (1 << TURN_BITS) - 1;

/// The first slot of a second.
pub fn first_slot(at: DateTime<Utc>) -> i64 {
    at.timestamp().clamp(0, LAST_SECOND) << CALL_BITS
}

/// The first slot of the second after that of `slot`.
pub fn next_second(slot: i64) -> i64 {
    ((slot >> CALL_BITS) + 1) << CALL_BITS
}

/// The document of the turn at `position`.
pub fn document(slot: i64, position: u16) -> i64 {
    (slot << TURN_BITS) + LAST_TURN - i64::from(position)
}

/// The least document of a slot.
pub fn first_document(slot: i64) -> i64 {
    slot << TURN_BITS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn documents_are_ordered_by_call_and_against_the_turns(
            one in 0_i64..1 << 40, two in 0_i64..1 << 40, a: u16, b: u16,
        ) {
            let (first, second) = (document(one, a), document(two, b));
            prop_assert_eq!(first.cmp(&second), one.cmp(&two).then(b.cmp(&a)));
            prop_assert!(first >= first_document(one) && first < first_document(one + 1));
        }

        #[test]
        fn a_later_second_has_later_slots(seconds in -10_i64..1 << 34) {
            let at = |seconds| first_slot(DateTime::from_timestamp(seconds, 5).unwrap());
            prop_assert!(at(seconds) <= at(seconds + 1));
            prop_assert_eq!(next_second(at(seconds) + 7), next_second(at(seconds)));
            prop_assert!(document(at(seconds), 0) > 0);
        }
    }
}
