//! Requests as domain values; every violation at once.

use throughline_proto::crm::v1 as pb;
use throughline_rpc::{Error, Violations, name};

use crate::crm::Edit;
use crate::domain::schema::{self, FieldType, RecordKind};
use crate::domain::stage::Pipeline;
use crate::domain::value::{Currency, Money, Value};
use crate::store::proposals::Filter;

/// The ids in a name, or the violation.
pub fn require<const N: usize>(pattern: name::Pattern<N>, field: &str, name: &str) -> Result<[String; N], Error> {
    let mut violations = Violations::new();
    pattern.require(&mut violations, field, name).ok_or_else(|| Error::invalid(violations))
}

/// The id in an optional name, which must be of the parent's workspace.
pub fn optional_id(
    violations: &mut Violations,
    workspace: &str,
    field: &str,
    pattern: name::Pattern<2>,
    name: &str,
) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let [of, id] = pattern.require(violations, field, name)?;
    violations.check(of == workspace, field, "must be of the same workspace");
    Some(id)
}

/// What a list of proposals is narrowed to.
pub fn proposal_filter(workspace: &str, request: &pb::ListProposalsRequest) -> Result<Filter, Error> {
    use pb::ProposalState as State;
    let mut violations = Violations::new();
    let deal = optional_id(&mut violations, workspace, "deal", name::DEAL, &request.deal);
    let call = optional_id(&mut violations, workspace, "call", name::CALL, &request.call);
    let state = match State::try_from(request.state) {
        Ok(State::Unspecified) => None,
        Ok(State::Pending) => Some("pending"),
        Ok(State::Applied) => Some("applied"),
        Ok(State::Rejected) => Some("rejected"),
        Ok(State::Stale) => Some("stale"),
        Ok(State::Undone) => Some("undone"),
        Err(_) => {
            violations.add("state", "is not a known state");
            None
        }
    };
    violations.finish()?;
    Ok(Filter { deal, call, state, owner: None })
}

/// An edit of a deal.
pub fn edit(request: &pb::UpdateDealRequest, pipeline: &Pipeline) -> Result<Edit, Error> {
    let mut violations = Violations::new();
    let deal = request.deal.clone().unwrap_or_default();
    violations.check(request.deal.is_some(), "deal", "is required");
    let ids = name::DEAL.require(&mut violations, "deal.name", &deal.name);
    violations.check(!request.update_mask.is_empty(), "update_mask", "must name at least one field");
    violations.check(request.expected_version >= 0, "expected_version", "must not be negative");
    let mut values = Vec::new();
    for (at, path) in request.update_mask.iter().enumerate() {
        let repeated = request.update_mask.iter().take(at).any(|earlier| earlier == path);
        if repeated {
            violations.add(format!("update_mask[{at}]"), "repeats another path");
        } else if path != "currency" {
            values.extend(masked(path, at, &deal, pipeline, &mut violations));
        } else if !request.update_mask.iter().any(|path| path == "amount") {
            violations.add(format!("update_mask[{at}]"), "is set together with amount: nothing is converted");
        }
    }
    for (at, (field, _)) in values.iter().enumerate() {
        if values.iter().take(at).any(|(earlier, _)| earlier == field) {
            violations.add("update_mask", format!("names {field} twice"));
        }
    }
    violations.finish()?;
    let [workspace, id] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
    let expected_version = (request.expected_version > 0).then_some(request.expected_version);
    Ok(Edit { workspace, deal: id, values, expected_version })
}

/// The value that one path of the mask sets.
fn masked(
    path: &str,
    at: usize,
    deal: &pb::Deal,
    pipeline: &Pipeline,
    violations: &mut Violations,
) -> Option<(String, Option<Value>)> {
    if path == "amount" {
        return Some(("amount".to_owned(), amount(deal, violations)?));
    }
    let (id, text, field) = match path {
        "display_name" => (path, deal.display_name.as_str(), "deal.display_name".to_owned()),
        "stage" => (path, deal.stage.as_str(), "deal.stage".to_owned()),
        "close_date" => (path, deal.close_date.as_str(), "deal.close_date".to_owned()),
        "forecast_category" => (path, deal.forecast_category.as_str(), "deal.forecast_category".to_owned()),
        _ => {
            let Some(id) = path.strip_prefix("fields.") else {
                violations.add(format!("update_mask[{at}]"), format!("{path:?} is not a field that can be set"));
                return None;
            };
            let Some(given) = deal.fields.iter().position(|field| field.id == id) else {
                violations.add(format!("update_mask[{at}]"), format!("deal.fields has no field {id:?}"));
                return None;
            };
            (id, deal.fields[given].value.as_str(), format!("deal.fields[{given}].value"))
        }
    };
    let settable = schema::find(RecordKind::Deal, id)
        .filter(|spec| !matches!(spec.ty, FieldType::Reference(_) | FieldType::References(_)));
    let Some(spec) = settable else {
        violations.add(format!("update_mask[{at}]"), format!("{id:?} is not a field that can be set"));
        return None;
    };
    if text.trim().is_empty() {
        // A deal without a name or a stage is none.
        violations.check(!matches!(id, "display_name" | "stage"), &field, "must not be empty");
        return Some((id.to_owned(), None));
    }
    match spec.ty.parse(text, pipeline) {
        Ok(value) => Some((id.to_owned(), Some(value))),
        Err(reason) => {
            violations.add(field, reason);
            None
        }
    }
}

fn amount(deal: &pb::Deal, violations: &mut Violations) -> Option<Option<Value>> {
    let Some(units) = deal.amount else { return Some(None) };
    let Some(currency) = Currency::parse(&deal.currency) else {
        violations.add("deal.currency", "must be an ISO 4217 code when an amount is set");
        return None;
    };
    let Some(money) = Money::from_units(units, currency) else {
        violations.add("deal.amount", "must be a number of 0 to 9 * 10^12");
        return None;
    };
    Some(Some(Value::Money(money)))
}
