//! Requests into domain types, every violation at once.

use chrono::{DateTime, NaiveDate, Utc};
use prost_types::Timestamp;
use throughline_proto::forecast::v1 as pb;
use throughline_rpc::{Error, Violations, name};

use crate::domain::ids::{CallId, DealId};
use crate::domain::rollup::Period;

/// Longest period, days: five years and a bit.
const LONGEST_PERIOD_DAYS: i64 = 1_830;

pub struct OneDeal {
    pub workspace: String,
    pub deal: DealId,
    pub as_of: Option<DateTime<Utc>>,
}

pub struct DealList {
    pub workspace: String,
    pub as_of: Option<DateTime<Utc>>,
}

pub struct LogOfDeal {
    pub workspace: String,
    pub deal: DealId,
    pub as_of: Option<DateTime<Utc>>,
    pub call: Option<CallId>,
}

pub struct PeriodOfWorkspace {
    pub workspace: String,
    pub period: Period,
    pub as_of: Option<DateTime<Utc>>,
}

pub fn get_deal(request: &pb::GetDealRequest) -> Result<OneDeal, Error> {
    let mut violations = Violations::new();
    let ids = name::DEAL.require(&mut violations, "name", &request.name);
    let as_of = moment(&mut violations, request.as_of.as_ref());
    let [workspace, deal] = checked(violations, ids)?;
    Ok(OneDeal { workspace, deal: DealId(deal), as_of })
}

pub fn list_deals(request: &pb::ListDealsRequest) -> Result<DealList, Error> {
    let mut violations = Violations::new();
    let ids = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
    let as_of = moment(&mut violations, request.as_of.as_ref());
    violations.check(request.page_size >= 0, "page_size", "must not be negative");
    let [workspace] = checked(violations, ids)?;
    Ok(DealList { workspace, as_of })
}

pub fn list_log(request: &pb::ListDealLogEntriesRequest) -> Result<LogOfDeal, Error> {
    let mut violations = Violations::new();
    let ids = name::DEAL.require(&mut violations, "parent", &request.parent);
    let as_of = moment(&mut violations, request.as_of.as_ref());
    violations.check(request.page_size >= 0, "page_size", "must not be negative");
    let call = (!request.call.is_empty()).then(|| name::CALL.require(&mut violations, "call", &request.call)).flatten();
    if let (Some([of, _]), Some([workspace, _])) = (&call, &ids) {
        violations.check(of == workspace, "call", "must be of the workspace of parent");
    }
    let [workspace, deal] = checked(violations, ids)?;
    Ok(LogOfDeal { workspace, deal: DealId(deal), as_of, call: call.map(|[_, call]| CallId(call)) })
}

pub fn compute_forecast(request: &pb::ComputeForecastRequest) -> Result<PeriodOfWorkspace, Error> {
    let mut violations = Violations::new();
    let ids = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
    let first = day(&mut violations, "start_date", &request.start_date);
    let last = day(&mut violations, "end_date", &request.end_date);
    let as_of = moment(&mut violations, request.as_of.as_ref());
    let period = first.zip(last).and_then(|(first, last)| {
        let period = Period::new(first, last);
        violations.check(period.is_some(), "end_date", "must not be before start_date");
        let short = (last - first).num_days() <= LONGEST_PERIOD_DAYS;
        violations.check(short, "end_date", "must be within five years of start_date");
        period
    });
    let ([workspace], period) = checked(violations, ids.zip(period))?;
    Ok(PeriodOfWorkspace { workspace, period, as_of })
}

fn checked<T>(violations: Violations, parsed: Option<T>) -> Result<T, Error> {
    violations.finish()?;
    parsed.ok_or_else(|| Error::internal("a request without violations has all its parts"))
}

fn day(violations: &mut Violations, field: &str, text: &str) -> Option<NaiveDate> {
    let day: Option<NaiveDate> = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    violations.check(day.is_some(), field, "must be a day, YYYY-MM-DD");
    day
}

/// To the microsecond, as the log keeps times.
fn moment(violations: &mut Violations, time: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let time = time?;
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let exact = nanos.and_then(|nanos| DateTime::<Utc>::from_timestamp(time.seconds, nanos));
    let parsed = exact.and_then(|exact| DateTime::<Utc>::from_timestamp_micros(exact.timestamp_micros()));
    violations.check(parsed.is_some(), "as_of", "must be a time between the years 1 and 9999");
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_of_a_forecast_request_is_listed() {
        let request = pb::ComputeForecastRequest {
            parent: "demo".to_owned(),
            start_date: "2026-02-30".to_owned(),
            end_date: String::new(),
            as_of: Some(Timestamp { seconds: 0, nanos: -1 }),
        };
        let error = compute_forecast(&request).err().unwrap();
        let fields: Vec<_> = error.violations().as_slice().iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["parent", "start_date", "end_date", "as_of"]);
    }

    #[test]
    fn a_period_ends_after_it_begins_and_within_five_years() {
        let request = |start: &str, end: &str| pb::ComputeForecastRequest {
            parent: "workspaces/demo".to_owned(),
            start_date: start.to_owned(),
            end_date: end.to_owned(),
            as_of: None,
        };
        assert!(compute_forecast(&request("2026-01-01", "2026-03-31")).is_ok());
        assert!(compute_forecast(&request("2026-01-01", "2026-01-01")).is_ok());
        assert!(compute_forecast(&request("2026-01-01", "2025-12-31")).is_err());
        assert!(compute_forecast(&request("2026-01-01", "2036-12-31")).is_err());
    }
}
