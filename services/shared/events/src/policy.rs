//! What a relay does when a consumer doesn't say OK.
//!
//! | the consumer answers | meaning | tries before it is parked |
//! |---|---|---|
//! | `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, `ABORTED`, `CANCELLED`, `UNIMPLEMENTED`, or not at all | away, busy, or of a version that does not know the event yet | `tries_unavailable` |
//! | `INTERNAL`, `UNKNOWN`, `DATA_LOSS`, `UNAUTHENTICATED`, `PERMISSION_DENIED` | fails; a release or a configuration repairs it | `tries_failing` |
//! | `INVALID_ARGUMENT`, `FAILED_PRECONDITION`, `NOT_FOUND`, `ALREADY_EXISTS`, `OUT_OF_RANGE` | refuses this event | `tries_refused` |
//!
//! The wait before try n + 1 is `first_backoff` × 2^(n-1), at most `max_backoff`, less up to a fifth of itself
//! (jitter), and no shorter than the `RetryInfo` of the answer.

use std::time::Duration;

use tonic::Code;

use crate::RelayConfig;

/// What is done with a delivery that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this time.
    Retry(Duration),
    /// Wait for a person.
    Park,
}

/// The verdict on try number `attempt` (from 1). `retry_after` is what the consumer asked for; `entropy` decides the
/// jitter.
pub fn verdict(config: &RelayConfig, code: Code, attempt: u32, retry_after: Option<Duration>, entropy: u64) -> Verdict {
    if attempt >= tries(config, code) {
        return Verdict::Park;
    }
    Verdict::Retry(backoff(config, attempt, entropy).max(retry_after.unwrap_or_default().min(config.max_backoff)))
}

fn tries(config: &RelayConfig, code: Code) -> u32 {
    match code {
        Code::Ok
        | Code::Unavailable
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Cancelled
        | Code::Unimplemented => config.tries_unavailable,
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unauthenticated | Code::PermissionDenied => {
            config.tries_failing
        }
        Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound | Code::AlreadyExists | Code::OutOfRange => {
            config.tries_refused
        }
    }
}

fn backoff(config: &RelayConfig, attempt: u32, entropy: u64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let full = config.first_backoff.saturating_mul(1 << doublings).min(config.max_backoff);
    // 0 to 20 % off, in thousandths.
    let off = u32::try_from(mix(entropy) % 201).unwrap_or_default();
    full - full * off / 1000
}

/// SplitMix64: spreads counters over all bits. Jitter needs no better randomness, and tests can foretell it.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refused_event_is_parked_sooner_than_one_for_an_absent_consumer() {
        let config = RelayConfig::default();
        assert_eq!(verdict(&config, Code::InvalidArgument, config.tries_refused, None, 0), Verdict::Park);
        assert!(matches!(verdict(&config, Code::Unavailable, config.tries_refused, None, 0), Verdict::Retry(_)));
        assert!(matches!(verdict(&config, Code::Unimplemented, config.tries_failing, None, 0), Verdict::Retry(_)));
        assert_eq!(verdict(&config, Code::Internal, config.tries_failing, None, 0), Verdict::Park);
        assert_eq!(verdict(&config, Code::Unavailable, config.tries_unavailable, None, 0), Verdict::Park);
    }

    #[test]
    fn the_consumers_own_wish_is_heard_up_to_the_longest_wait() {
        let config = RelayConfig::default();
        let wish = |secs| verdict(&config, Code::Unavailable, 1, Some(Duration::from_secs(secs)), 0);
        assert_eq!(wish(7), Verdict::Retry(Duration::from_secs(7)));
        assert_eq!(wish(7_000), Verdict::Retry(config.max_backoff));
    }

    proptest! {
        #[test]
        fn waits_double_within_their_bounds(attempt in 1_u32..90, entropy: u64) {
            let config = RelayConfig::default();
            let Verdict::Retry(wait) = verdict(&config, Code::Unavailable, attempt, None, entropy) else {
                return Err(TestCaseError::fail("parked"));
            };
            let full = config.first_backoff.saturating_mul(1 << (attempt - 1).min(20)).min(config.max_backoff);
            prop_assert!(wait <= full && wait >= full * 79 / 100, "{wait:?} of {full:?}");
        }
    }
}
