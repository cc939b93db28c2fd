//! A period's forecast.

use chrono::{DateTime, Utc};
use throughline_proto::forecast::v1 as pb;
use throughline_rpc::{name, timestamp};

use super::probability::{count, insufficient, no_model};
use crate::domain::money::units;
use crate::domain::rollup::{Bookings, LeftOut, Level, Period, Rollup};
use crate::domain::winning::BaseRates;

pub fn forecast(
    workspace: &str,
    period: Period,
    as_of: DateTime<Utc>,
    bookings: &Bookings,
    rates: &BaseRates,
) -> pb::Forecast {
    let closed = rates.closed();
    let method = match rates.is_sufficient() {
        true => pb::ProbabilityMethod::BaseRate,
        false => pb::ProbabilityMethod::InsufficientHistory,
    };
    pb::Forecast {
        parent: name::WORKSPACE.format([workspace]),
        start_date: period.first().to_string(),
        end_date: period.last().to_string(),
        as_of: Some(timestamp(as_of)),
        rollups: bookings.rollups.iter().map(|r| rollup(workspace, r)).collect(),
        notes: notes(bookings, rates),
        method: method.into(),
        won: count(closed.won),
        lost: count(closed.lost),
    }
}

fn rollup(workspace: &str, rollup: &Rollup) -> pb::Rollup {
    let Rollup { level, key, currency, deals, unpriced, won, outlook, commit, best_case, pipeline } = rollup;
    let (level, key) = match level {
        Level::Workspace => (pb::RollupLevel::Workspace, String::new()),
        Level::Segment => (pb::RollupLevel::Segment, key.clone()),
        Level::Rep if key.is_empty() => (pb::RollupLevel::Rep, String::new()),
        Level::Rep => (pb::RollupLevel::Rep, name::REP.format([workspace, key])),
    };
    pb::Rollup {
        level: level.into(),
        key,
        currency: currency.to_string(),
        deals: count(*deals),
        won: units(*won),
        mean: outlook.map(|o| units(o.mean)),
        p10: outlook.map(|o| units(o.p10)),
        p50: outlook.map(|o| units(o.p50)),
        p90: outlook.map(|o| units(o.p90)),
        commit: units(*commit),
        best_case: units(*best_case),
        pipeline: units(*pipeline),
        expected_wins: outlook.map(|o| o.expected_wins),
        unpriced_deals: count(*unpriced),
        resolution: outlook.map_or(0.0, |o| units(o.resolution)),
    }
}

fn notes(bookings: &Bookings, rates: &BaseRates) -> Vec<String> {
    let Bookings { rollups, left_out, timed_by_durations, timed_by_close_date } = bookings;
    let mut notes: Vec<String> = left_out.iter().map(|(reason, n)| left_out_note(*reason, *n)).collect();
    if *timed_by_durations > 0 {
        notes.push(format!(
            "{timed_by_durations} open deals are timed by how long won deals took from the same stage to the close."
        ));
    }
    if *timed_by_close_date > 0 {
        notes.push(format!(
            "{timed_by_close_date} open deals are timed by the close date that people entered: too few won deals took as long from their \
             stage to say more."
        ));
    }
    let whole = rollups.iter().filter(|r| r.level == Level::Workspace);
    let unpriced: u32 = whole.clone().map(|r| r.unpriced).sum();
    if unpriced > 0 {
        notes.push(format!("{unpriced} deals have no amount: they count as deals, not in money."));
    }
    let currencies: Vec<_> = whole.map(|r| r.currency.as_str()).filter(|c| !c.is_empty()).collect();
    if currencies.len() > 1 {
        notes.push(format!("Currencies are not added to each other: {}.", currencies.join(", ")));
    }
    if !rates.is_sufficient() {
        notes.push(insufficient(rates.closed()));
    } else if *timed_by_durations + *timed_by_close_date > 0 {
        notes.push(
            "Deals are taken as independent of each other; where a period goes well or badly as a whole, bookings fall outside of P10 to P90 \
             more often than one time in five."
                .to_owned(),
        );
        notes.push(no_model(rates));
    }
    notes
}

fn left_out_note(reason: LeftOut, n: u32) -> String {
    let why = match reason {
        LeftOut::ClosesLater => "people expect them to close after the period",
        LeftOut::DatePassed => {
            "their close date has passed before the period, and too few won deals of their stage are known to time them otherwise"
        }
        LeftOut::NoDate => {
            "they have no close date, and too few won deals of their stage are known to time them otherwise"
        }
        LeftOut::NoPrecedent => {
            "they have no close date in the period, and hardly any won deal took as long in their stage as they have"
        }
        LeftOut::PeriodOver => "they were open when the period was over",
    };
    format!("{n} open deals do not enter: {why}.")
}
