//! The JSON form of an outcome: one line for each input.

use std::path::Path;

use prost::{Message, Name};
use serde_json::{Value, json};
use throughline_proto::json::{JsonError, to_value};
use tonic_types::StatusExt as _;

use crate::analyze::{Failure, Outcome};
use crate::report;

/// What an input led to.
pub(crate) fn outcome(input: &Path, outcome: &Outcome, trace_id: &str) -> Result<String, JsonError> {
    let Outcome { call, evaluation, summary, nudges, association, proposals, deal, forecast } = outcome;
    Ok(json!({
        "input": input.display().to_string(),
        "call": to_value(call)?,
        "evaluation": to_value(evaluation)?,
        "summary": to_value(summary)?,
        "nudges": values(nudges)?,
        "association": to_value(association)?,
        "proposals": values(proposals)?,
        "deal": deal.as_ref().map(to_value).transpose()?,
        "forecast": forecast.as_ref().map(to_value).transpose()?,
        "trace_id": trace_id,
    })
    .to_string())
}

fn values<M: Message + Name>(messages: &[M]) -> Result<Vec<Value>, JsonError> {
    messages.iter().map(to_value).collect()
}

/// Why an input could not be analysed.
pub(crate) fn failure(input: &Path, failure: &Failure, trace_id: &str) -> String {
    let error = match failure {
        Failure::Status(status) => {
            let details = status.get_error_details();
            let violations: Vec<Value> = details
                .bad_request()
                .map(|request| request.field_violations.as_slice())
                .unwrap_or_default()
                .iter()
                .map(|violation| json!({ "field": violation.field, "description": violation.description }))
                .collect();
            json!({
                "code": report::code(status),
                "reason": details.error_info().map(|info| info.reason.as_str()).unwrap_or_default(),
                "message": status.message(),
                "violations": violations,
            })
        }
        Failure::Other(error) => {
            json!({ "code": "UNKNOWN", "reason": "", "message": format!("{error:#}"), "violations": [] })
        }
    };
    json!({ "input": input.display().to_string(), "error": error, "trace_id": trace_id }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_rpc::Error;
    use tonic::Status;

    #[test]
    fn a_refusal_is_one_line_with_every_violation() {
        let status: Status = Error::invalid_field("call.title", "is too long").into();
        let line = failure(Path::new("a.json"), &status.into(), "t");
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["error"]["code"], "INVALID_ARGUMENT");
        assert_eq!(value["error"]["reason"], "INVALID_FIELDS");
        assert_eq!(value["error"]["violations"][0]["field"], "call.title");
    }

    #[test]
    fn an_outcome_without_a_deal_has_null_for_it() {
        let empty = Outcome {
            call: Default::default(),
            evaluation: Default::default(),
            summary: Default::default(),
            nudges: Vec::new(),
            association: Default::default(),
            proposals: Vec::new(),
            deal: None,
            forecast: None,
        };
        let line = outcome(Path::new("a.json"), &empty, "t").unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        assert!(value["deal"].is_null() && value["forecast"].is_null());
        assert_eq!(value["trace_id"], "t");
        assert!(value["nudges"].as_array().unwrap().is_empty());
    }
}
