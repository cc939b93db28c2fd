//! Moments as protobuf has them.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

/// The protobuf form of a moment. A leap second, which protobuf does not know, becomes the last instant before it.
pub fn timestamp(moment: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(moment.timestamp_subsec_nanos().min(999_999_999)).unwrap_or_default();
    Timestamp { seconds: moment.timestamp(), nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_1970_and_leap_seconds_are_valid() {
        let of = |text: &str| timestamp(DateTime::parse_from_rfc3339(text).unwrap().to_utc());
        assert_eq!(of("1969-12-31T23:59:59.5Z"), Timestamp { seconds: -1, nanos: 500_000_000 });
        assert_eq!(of("2016-12-31T23:59:60.9Z").nanos, 999_999_999);
    }
}
