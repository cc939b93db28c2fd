//! What one deal brings to a period: certain, possible with a probability, or nothing, and then why.

use super::period::Period;
use crate::domain::ids::DealId;
use crate::domain::money::{Currency, Micros};
use crate::domain::stage::Status;
use crate::domain::view::{DealView, days};
use crate::domain::winning::{BaseRates, Durations, probability};

/// A deal in the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected<'a> {
    pub deal: &'a DealId,
    pub rep: &'a str,
    pub segment: &'a str,
    pub currency: Currency,
    pub amount: Option<Micros>,
    pub chance: Chance,
    pub category: Category,
    pub timing: Timing,
}

/// Whether the deal is booked in the period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chance {
    Won,
    Open(f64),
    /// Open, and there is too little history for a probability.
    Unknown,
}

/// How people see an open deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Commit,
    BestCase,
    Pipeline,
    Omitted,
}

impl Category {
    pub fn parse(name: &str) -> Self {
        match name.trim().to_lowercase().replace([' ', '-'], "_").as_str() {
            "commit" | "committed" => Self::Commit,
            "best_case" | "upside" => Self::BestCase,
            "omitted" | "omit" => Self::Omitted,
            _ => Self::Pipeline,
        }
    }
}

/// What said when the deal closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    Booked,
    /// Won deals of the same stage in the past.
    StageDurations,
    /// The close date that people entered.
    CloseDate,
}

/// Why an open deal is not in the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftOut {
    /// People expect it after the period.
    ClosesLater,
    /// Its close date has passed before the period, and too few won deals of its stage are known to say when it closes.
    DatePassed,
    /// It has no close date, and likewise.
    NoDate,
    /// Too few won deals took as long as it has already, so nothing says that it closes at all.
    NoPrecedent,
    /// The period was over at the moment that was asked for.
    PeriodOver,
}

/// Places a deal; `None` for deals that were lost (or closed without anybody saying how), or won outside of the period.
pub fn place<'a>(
    deal: &DealView<'a>,
    period: Period,
    rates: &BaseRates,
    durations: &Durations,
) -> Option<Result<Expected<'a>, LeftOut>> {
    match deal.status {
        Status::Lost | Status::Closed => None,
        Status::Won => deal
            .booked_on()
            .filter(|day| period.contains(*day))
            .map(|_| Ok(expected(deal, Chance::Won, Timing::Booked))),
        Status::Open => Some(closing(deal, period, durations).map(|(share, timing)| {
            let won = probability(deal, rates).estimate;
            expected(deal, won.map_or(Chance::Unknown, |won| Chance::Open(won.value * share)), timing)
        })),
    }
}

/// The probability that an open deal closes in the period, given that it will be won.
///
/// People's dates slip far more often than they are pulled in, so a later date keeps a deal out, while an earlier or missing one is
/// replaced by how long won deals took from the same stage.
fn closing(deal: &DealView<'_>, period: Period, durations: &Durations) -> Result<(f64, Timing), LeftOut> {
    if deal.as_of >= period.end() {
        return Err(LeftOut::PeriodOver);
    }
    let date = deal.close_date();
    if date.is_some_and(|d| d > period.last()) {
        return Err(LeftOut::ClosesLater);
    }
    let by_stage = deal.stage().and_then(|visit| {
        let days_in = |moment| days(moment - visit.entered_at).max(0.0);
        durations.share_closing(visit.stage, days_in(deal.as_of), days_in(period.start()), days_in(period.end()))
    });
    match (by_stage, date) {
        (Some(share), _) => Ok((share, Timing::StageDurations)),
        (None, Some(date)) if period.contains(date) => Ok((1.0, Timing::CloseDate)),
        (None, Some(_)) => Err(LeftOut::DatePassed),
        (None, None) if deal.stage().is_some_and(|v| durations.is_known(v.stage)) => Err(LeftOut::NoPrecedent),
        (None, None) => Err(LeftOut::NoDate),
    }
}

fn expected<'a>(deal: &DealView<'a>, chance: Chance, timing: Timing) -> Expected<'a> {
    let record = deal.record;
    Expected {
        deal: deal.deal,
        rep: deal.rep(),
        segment: deal.segment(),
        currency: record.map(|r| r.currency.clone()).unwrap_or_default(),
        amount: record.and_then(|r| r.amount),
        chance,
        category: Category::parse(record.map_or("", |r| r.category.as_str())),
        timing,
    }
}
