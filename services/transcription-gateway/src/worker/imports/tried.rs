//! What a try of an object leads to: it is imported, tried again, or given up.

use chrono::{DateTime, Utc};
use throughline_rpc::{Error, Reason};

use crate::store::entity::import_item::State;
use crate::store::imports::Tried;

/// Tries of an object whose trouble may pass.
const MAX_ATTEMPTS: i32 = 5;
/// Wait before another try; times the number of tries.
const BACKOFF: chrono::Duration = chrono::Duration::seconds(30);
/// Wait before another try of an object that our own storage did not take.
const STORAGE_BACKOFF: chrono::Duration = chrono::Duration::seconds(60);

/// What becomes of an object that was tried, `before` times ere now.
pub(super) fn after(result: &Result<(), Error>, before: i32, now: DateTime<Utc>) -> Tried {
    let Err(error) = result else {
        return Tried { state: State::Imported, reason: String::new(), attempts: before + 1, due_at: now };
    };
    let reason = error.message().to_owned();
    // No try at all: the object is whatever it is, once there is a place for it.
    if is_of_our_storage(error) {
        return Tried { state: State::Pending, reason, attempts: before, due_at: now + STORAGE_BACKOFF };
    }
    let attempts = before + 1;
    let passes = matches!(
        error.code(),
        tonic::Code::Unavailable | tonic::Code::ResourceExhausted | tonic::Code::Internal | tonic::Code::Aborted
    );
    if passes && attempts < MAX_ATTEMPTS {
        return Tried { state: State::Pending, reason, attempts, due_at: now + BACKOFF * attempts };
    }
    Tried { state: State::Failed, reason, attempts, due_at: now }
}

/// Whether it is our database or our store of recordings that is full, away or refuses. What is wrong with the watched
/// store has other reasons, see [`unreadable`](super::unreadable).
pub(super) fn is_of_our_storage(error: &Error) -> bool {
    matches!(
        error.reason(),
        Reason::StorageFull | Reason::StorageReadOnly | Reason::StorageUnavailable | Reason::StorageKeyMissing
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_our_storage_does_not_take_waits_however_often_it_was_tried() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for error in [
            Error::resource_exhausted(Reason::StorageFull, "full", None),
            Error::failed_precondition(Reason::StorageReadOnly, "read-only"),
            Error::unavailable(Reason::StorageUnavailable, "away"),
            Error::failed_precondition(Reason::StorageKeyMissing, "no key"),
        ] {
            let reason = error.message().to_owned();
            let waits = Tried { state: State::Pending, reason, attempts: 4, due_at: now + STORAGE_BACKOFF };
            assert_eq!(after(&Err(error), 4, now), waits);
        }
    }

    #[test]
    fn what_may_pass_is_tried_five_times_and_what_may_not_once() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let away =
            || Err(super::super::unreadable(&object_store::Error::Generic { store: "s3", source: "away".into() }));
        let tried: Vec<_> = (0..5).map(|before| after(&away(), before, now)).collect();
        assert!(tried[..4].iter().all(|tried| tried.state == State::Pending && tried.due_at > now));
        assert_eq!((tried[4].state, tried[4].attempts), (State::Failed, 5));
        let wrong = after(&Err(Error::invalid_field("content", "is wrong")), 0, now);
        assert_eq!((wrong.state, wrong.attempts), (State::Failed, 1));
    }
}
