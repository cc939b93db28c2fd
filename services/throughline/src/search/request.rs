//! The request that the command line asks for.

use chrono::{DateTime, NaiveDate, NaiveTime};
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::{
    BehaviorFilter, BehaviorOutcome, SearchOrder, SearchTurnsRequest, TurnFilter,
};
use throughline_rpc::name;

use crate::analyze::mesh_clients::Clients;
use crate::cli::{FoundOutcome, SearchArgs, SpokenBy};
use crate::exit;

/// Reads the arguments. What the service checks is left to it.
pub(super) fn of(args: &SearchArgs, clients: &Clients) -> anyhow::Result<SearchTurnsRequest> {
    let behavior = args.behavior.as_ref().map(|id| BehaviorFilter {
        behavior_id: id.clone(),
        outcome: outcome(args.outcome).into(),
        evidence_only: args.outcome == FoundOutcome::Observed,
        ..Default::default()
    });
    let filter = TurnFilter {
        side: match args.side {
            None => Side::Unspecified,
            Some(SpokenBy::Rep) => Side::Rep,
            Some(SpokenBy::Buyer) => Side::Buyer,
        }
        .into(),
        speaker: args.speaker.clone(),
        rep: match args.rep.as_str() {
            "" => String::new(),
            rep => name::REP.format([clients.workspace(), rep]),
        },
        start_time: moment("--from", args.from.as_deref())?,
        end_time: moment("--until", args.until.as_deref())?,
        deal_id: args.deal.clone(),
        account: args.account.clone(),
        call_type: args.call_type.clone(),
        behavior,
        ..Default::default()
    };
    Ok(SearchTurnsRequest {
        parent: clients.parent(),
        query: args.query.clone(),
        filter: Some(filter),
        order: if args.newest { SearchOrder::Newest } else { SearchOrder::Unspecified }.into(),
        ..Default::default()
    })
}

fn outcome(outcome: FoundOutcome) -> BehaviorOutcome {
    match outcome {
        FoundOutcome::Observed => BehaviorOutcome::Observed,
        FoundOutcome::Missed => BehaviorOutcome::Missed,
        FoundOutcome::NotApplicable => BehaviorOutcome::NotApplicable,
        FoundOutcome::Unknown => BehaviorOutcome::Unknown,
    }
}

/// A moment, or the begin of a day in UTC.
fn moment(option: &str, text: Option<&str>) -> anyhow::Result<Option<prost_types::Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let moment = match text.parse::<NaiveDate>() {
        Ok(date) => date.and_time(NaiveTime::MIN).and_utc(),
        Err(_) => DateTime::parse_from_rfc3339(text)
            .map_err(|_| exit::usage(format!("{option} {text}: neither a date (YYYY-MM-DD) nor a time (RFC 3339)")))?
            .to_utc(),
    };
    Ok(Some(prost_types::Timestamp { seconds: moment.timestamp(), nanos: 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_time_is_taken_as_it_is() {
        let seconds = |text| moment("--from", Some(text)).unwrap().unwrap().seconds;
        assert_eq!(seconds("2026-03-10") + 36_000, seconds("2026-03-10T12:00:00+02:00"));
        assert!(moment("--from", None).unwrap().is_none());
        let error = moment("--until", Some("soon")).unwrap_err();
        assert!(error.to_string().starts_with("--until soon: "));
    }
}
