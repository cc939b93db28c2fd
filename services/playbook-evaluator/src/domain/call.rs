//! The call and the transcript as the evaluator reads them.

use chrono::{DateTime, NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;

/// On whose side of the table a speaker sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Rep,
    Buyer,
    /// Not known: such a turn can prove nothing.
    Unknown,
}

impl Side {
    /// The side across the table; an unknown side has none.
    pub fn other(self) -> Side {
        match self {
            Side::Rep => Side::Buyer,
            Side::Buyer => Side::Rep,
            Side::Unknown => Side::Unknown,
        }
    }
}

/// A person on the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Participant {
    pub id: String,
    pub name: String,
    pub side: Side,
    pub email: String,
    pub title: String,
    pub channel: Option<i32>,
}

/// What the call's creator knew of the account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    pub name: String,
    pub industry: String,
    pub employees: Option<i32>,
    pub regulated: Option<bool>,
    pub segment: String,
}

/// What the call's creator knew of the deal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deal {
    pub id: String,
    pub stage: String,
    pub amount: Option<f64>,
    pub currency: String,
    pub close_date: Option<NaiveDate>,
}

/// A call without its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `workspaces/{w}/calls/{c}`.
    pub name: String,
    pub call_type: String,
    pub start_time: DateTime<Utc>,
    /// Relative dates in the talk resolve in this zone.
    pub time_zone: Tz,
    pub participants: Vec<Participant>,
    pub account: Account,
    pub deal: Deal,
}

impl Call {
    /// The day of the call where it was held.
    pub fn local_date(&self) -> NaiveDate {
        let utc = self.start_time.naive_utc();
        let offset = self.time_zone.offset_from_utc_datetime(&utc).fix();
        // At the end of all time there is no local day.
        utc.checked_add_offset(offset).unwrap_or(utc).date()
    }

    pub fn participant(&self, id: &str) -> Option<&Participant> {
        self.participants.iter().find(|p| p.id == id)
    }
}

/// What one speaker said before somebody else spoke or a pause came.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub index: u32,
    /// Participant id, empty when not known.
    pub participant: String,
    pub side: Side,
    pub start_ms: u32,
    pub end_ms: u32,
    pub text: String,
    /// Confidence that speaker and side are right, 0 to 1.
    pub speaker_confidence: f64,
    /// The engine could not understand it: it carries no claims.
    pub unintelligible: bool,
}

/// Below this the side of a turn is treated as unknown: a wrong name is worse than no name.
pub const MIN_SPEAKER_CONFIDENCE: f64 = 0.6;

impl Turn {
    /// The side this turn may prove something for.
    pub fn sure_side(&self) -> Side {
        if self.speaker_confidence >= MIN_SPEAKER_CONFIDENCE { self.side } else { Side::Unknown }
    }

    /// Is it that side that speaks, in words that were understood?
    pub fn is_heard_from(&self, side: Side) -> bool {
        !self.unintelligible && self.sure_side() == side
    }
}

/// The words of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// `workspaces/{w}/calls/{c}/transcripts/{t}`.
    pub name: String,
    pub turns: Vec<Turn>,
    /// End of the last turn or of the recording.
    pub duration_ms: u32,
}

impl Transcript {
    /// Where in the call a turn starts, 0 to 1, with the end of the call at `last_ms`. By time; by turn where the transcript
    /// carries no times.
    pub fn position_within(&self, turn: usize, last_ms: u32) -> f64 {
        match (self.turns.get(turn), last_ms) {
            (Some(t), last) if last > 0 => f64::from(t.start_ms) / f64::from(last),
            _ => turn as f64 / self.turns.len().max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::talk;
    use rstest::rstest;

    #[rstest]
    #[case::ahead("2026-07-14T22:30:00Z", "Asia/Tokyo", "2026-07-15")]
    #[case::behind("2026-07-14T01:30:00Z", "America/Denver", "2026-07-13")]
    fn the_day_of_a_call_is_that_of_its_zone(#[case] start: &str, #[case] zone: &str, #[case] day: &str) {
        let call = Call {
            start_time: start.parse().unwrap(),
            time_zone: zone.parse().unwrap(),
            ..talk::call(&[("R", Side::Rep)])
        };
        assert_eq!(call.local_date().to_string(), day);
    }

    #[rstest]
    #[case(DateTime::<Utc>::MAX_UTC, "Asia/Tokyo")]
    #[case(DateTime::<Utc>::MIN_UTC, "America/Denver")]
    fn no_moment_is_without_a_day(#[case] start_time: DateTime<Utc>, #[case] zone: &str) {
        let call = Call { start_time, time_zone: zone.parse().unwrap(), ..talk::call(&[("R", Side::Rep)]) };
        assert_eq!(call.local_date(), start_time.date_naive());
    }
}
