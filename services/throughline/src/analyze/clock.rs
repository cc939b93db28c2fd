//! The moment that calls are judged as of.

use std::time::Instant;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use throughline_rpc::{Clock, Now};

use super::input::Input;
use crate::cli::AnalyzeArgs;
use crate::exit;

/// The time of day that a date alone stands for: after the calls of the day, and hours before the date changes.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(18, 0, 0) {
    Some(evening) => evening,
    None => NaiveTime::MIN,
};

/// A clock that starts at a moment and runs on from there.
struct RunsOn {
    moment: DateTime<Utc>,
    started: Instant,
}

impl Now for RunsOn {
    fn now(&self) -> DateTime<Utc> {
        // An elapsed time outside the range would be one of millennia.
        self.moment + TimeDelta::from_std(self.started.elapsed()).unwrap_or_default()
    }
}

/// The clock of the mesh: the machine's where data is kept, else one that starts at `--as-of`, or in the evening of the
/// day of the last call.
pub(super) fn choose(args: &AnalyzeArgs, inputs: &[Input]) -> anyhow::Result<Clock> {
    let moment = match args.as_of.as_deref() {
        _ if args.data.is_some() => None,
        Some("now") => None,
        Some(text) => Some(parse(text)?),
        None => last_call(inputs),
    };
    Ok(match moment {
        Some(moment) => Clock::new(RunsOn { moment, started: Instant::now() }),
        None => Clock::system(),
    })
}

fn parse(text: &str) -> anyhow::Result<DateTime<Utc>> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(evening(date));
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| {
        exit::usage(format!("--as-of {text}: neither `now`, a date (YYYY-MM-DD) nor a time (RFC 3339)"))
    })?;
    Ok(time.to_utc())
}

/// None where an input does not say when it took place: it was as good as now.
fn last_call(inputs: &[Input]) -> Option<DateTime<Utc>> {
    let dates: Option<Vec<NaiveDate>> = inputs.iter().map(|input| input.header.as_ref()?.date).collect();
    dates?.into_iter().max().map(evening)
}

fn evening(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(EVENING).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_stands_for_its_evening() {
        assert_eq!(parse("2026-04-02").unwrap().to_rfc3339(), "2026-04-02T18:00:00+00:00");
    }

    #[test]
    fn a_time_is_taken_as_it_is() {
        assert_eq!(parse("2026-04-02T10:00:00+02:00").unwrap().to_rfc3339(), "2026-04-02T08:00:00+00:00");
    }

    #[test]
    fn other_words_are_a_usage_error() {
        let error = parse("yesterday").unwrap_err();
        assert!(error.downcast_ref::<exit::Exit>().is_some_and(|exit| exit.code == exit::USAGE));
    }

    #[test]
    fn the_clock_runs_on_from_its_moment() {
        let moment = parse("2026-04-02").unwrap();
        let clock = Clock::new(RunsOn { moment, started: Instant::now() });
        let (first, second) = (clock.now(), clock.now());
        assert!(moment <= first && first <= second && second - moment < TimeDelta::minutes(1));
    }
}
