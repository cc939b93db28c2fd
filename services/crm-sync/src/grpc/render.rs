//! Domain values as messages.

use chrono::NaiveTime;
use throughline_proto::common::v1 as common;
use throughline_proto::crm::v1 as pb;
use throughline_proto::playbook::v1::FieldPolicy;
use throughline_rpc::{name, timestamp};

use crate::crm::Imported;
use crate::domain::association::{Association, AssociationState, Side};
use crate::domain::import::apply::Summary;
use crate::domain::people::{PersonFound, PersonMatch};
use crate::domain::proposal::{Evidence, Proposal, ProposalState, Receipt, Support};
use crate::domain::record::{Author, Cell, Record};
use crate::domain::schema::{self, Policy, RecordKind};
use crate::domain::value::Value;
use crate::store::views;

/// Most warnings in the answer of an import.
const WARNINGS_MAX: usize = 100;

fn text(record: &Record, field: &str) -> String {
    record.text(field).unwrap_or_default().to_owned()
}

fn shown(value: Option<&Value>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// A name made of an id that the record may lack.
fn named(pattern: name::Pattern<2>, workspace: &str, id: &str) -> String {
    if id.is_empty() { String::new() } else { pattern.format([workspace, id]) }
}

pub fn account(workspace: &str, record: &Record) -> pb::Account {
    let employees = match record.value("employees") {
        Some(Value::Integer(number)) => i32::try_from(*number).ok(),
        _ => None,
    };
    let regulated = match record.value("regulated") {
        Some(Value::Flag(flag)) => Some(*flag),
        _ => None,
    };
    let domains = match record.value("domains") {
        Some(Value::List(domains)) => domains.clone(),
        _ => Vec::new(),
    };
    pb::Account {
        name: name::ACCOUNT.format([workspace, &record.key.id]),
        display_name: text(record, "display_name"),
        industry: text(record, "industry"),
        employees,
        regulated,
        segment: text(record, "segment"),
        domains,
        version: record.version,
    }
}

pub fn contact(workspace: &str, record: &Record) -> pb::Contact {
    pb::Contact {
        name: name::CONTACT.format([workspace, &record.key.id]),
        account: named(name::ACCOUNT, workspace, record.text("account").unwrap_or_default()),
        display_name: text(record, "display_name"),
        email: text(record, "email"),
        title: text(record, "title"),
        version: record.version,
    }
}

pub fn person(workspace: &str, found: Option<PersonFound>) -> pb::PersonFound {
    let Some(PersonFound { by, account }) = found else { return pb::PersonFound::default() };
    let by = match by {
        PersonMatch::User => pb::PersonMatch::User,
        PersonMatch::Contact => pb::PersonMatch::Contact,
        PersonMatch::UserDomain => pb::PersonMatch::UserDomain,
        PersonMatch::AccountDomain => pb::PersonMatch::AccountDomain,
        PersonMatch::UserName => pb::PersonMatch::UserName,
        PersonMatch::ContactName => pb::PersonMatch::ContactName,
    };
    pb::PersonFound { r#match: by.into(), account: named(name::ACCOUNT, workspace, &account.unwrap_or_default()) }
}

pub fn deal(workspace: &str, view: &views::Deal) -> pb::Deal {
    let views::Deal { record, segment, history, open, sequence, updated_at } = view;
    let money = match record.value("amount") {
        Some(Value::Money(money)) => Some(money),
        _ => None,
    };
    let opened = match record.value("open_date") {
        Some(Value::Date(date)) => Some(date.and_time(NaiveTime::MIN).and_utc()),
        // It was open by the time it was first in a stage.
        _ => history.first().map(|change| change.entered_at),
    };
    let stages = history
        .iter()
        .map(|change| pb::StageChange { stage: change.stage.clone(), enter_time: Some(timestamp(change.entered_at)) });
    let fields = schema::fields(RecordKind::Deal).iter().filter_map(|spec| Some((spec.id, record.cells.get(spec.id)?)));
    pb::Deal {
        name: name::DEAL.format([workspace, &record.key.id]),
        display_name: text(record, "display_name"),
        account: named(name::ACCOUNT, workspace, record.text("account").unwrap_or_default()),
        owner: named(name::REP, workspace, record.text("owner").unwrap_or_default()),
        stage: text(record, "stage"),
        amount: money.map(crate::domain::value::Money::units),
        currency: money.map(|money| money.currency().to_string()).unwrap_or_default(),
        close_date: shown(record.value("close_date")),
        forecast_category: text(record, "forecast_category"),
        segment: segment.clone(),
        stage_history: stages.collect(),
        fields: fields.map(|(id, cell)| field(id, cell)).collect(),
        version: record.version,
        sequence: *sequence,
        open_time: opened.map(timestamp),
        update_time: Some(timestamp(*updated_at)),
        open: *open,
    }
}

fn field(id: &str, cell: &Cell) -> pb::Field {
    let author = match cell.author {
        Author::Person { .. } => pb::FieldAuthor::Person,
        Author::Import => pb::FieldAuthor::Import,
        Author::Call { .. } => pb::FieldAuthor::Call,
        Author::Machine { .. } => pb::FieldAuthor::Machine,
    };
    pb::Field {
        id: id.to_owned(),
        value: shown(cell.value.as_ref()),
        version: cell.version,
        author: author.into(),
        update_time: Some(timestamp(cell.set_at)),
    }
}

pub fn imported(imported: Imported) -> pb::ImportRecordsResponse {
    let Imported { summary, mut warnings } = imported;
    let Summary { written, unchanged, stage_changes, kept, kept_named: _ } = summary;
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let of = |kind| count(written.get(&kind).copied().unwrap_or_default());
    warnings.truncate(WARNINGS_MAX);
    pb::ImportRecordsResponse {
        accounts: of(RecordKind::Account),
        contacts: of(RecordKind::Contact),
        deals: of(RecordKind::Deal),
        stage_changes: count(stage_changes),
        users: of(RecordKind::User),
        unchanged: count(unchanged),
        kept: count(kept),
        warnings,
    }
}

/// The present version with those before it; `log` is never empty.
pub fn association(workspace: &str, log: &[Association]) -> pb::Association {
    let Some((current, earlier)) = log.split_last() else { return pb::Association::default() };
    let Association { call, deal, state, confidence, candidates, call_time, known_at, decided_by, version } = current;
    let candidates = candidates.iter().map(|candidate| pb::AssociationCandidate {
        deal: name::DEAL.format([workspace, &candidate.deal]),
        confidence: candidate.confidence,
        reasons: candidate.reasons.clone(),
    });
    pb::Association {
        name: name::ASSOCIATION.format([workspace, call]),
        call: name::CALL.format([workspace, call]),
        deal: named(name::DEAL, workspace, deal.as_deref().unwrap_or_default()),
        state: association_state(*state).into(),
        confidence: *confidence,
        candidates: candidates.collect(),
        call_time: Some(timestamp(*call_time)),
        update_time: Some(timestamp(*known_at)),
        version: *version,
        decided_by: decided_by.clone(),
        earlier: earlier.iter().map(|version| association_version(workspace, version)).collect(),
    }
}

fn association_version(workspace: &str, version: &Association) -> pb::AssociationVersion {
    pb::AssociationVersion {
        deal: named(name::DEAL, workspace, version.deal.as_deref().unwrap_or_default()),
        state: association_state(version.state).into(),
        confidence: version.confidence,
        decided_by: version.decided_by.clone(),
        update_time: Some(timestamp(version.known_at)),
        version: version.version,
    }
}

fn association_state(state: AssociationState) -> pb::AssociationState {
    match state {
        AssociationState::Inferred => pb::AssociationState::Inferred,
        AssociationState::Confirmed => pb::AssociationState::Confirmed,
        AssociationState::None => pb::AssociationState::None,
    }
}

pub fn proposal(workspace: &str, proposal: &Proposal) -> pb::Proposal {
    let policy = match proposal.policy {
        Policy::Auto => FieldPolicy::Auto,
        Policy::Review => FieldPolicy::Review,
        Policy::Never => FieldPolicy::Never,
    };
    let state = match proposal.state {
        ProposalState::Pending => pb::ProposalState::Pending,
        ProposalState::Applied => pb::ProposalState::Applied,
        ProposalState::Rejected => pb::ProposalState::Rejected,
        ProposalState::Stale => pb::ProposalState::Stale,
        ProposalState::Undone => pb::ProposalState::Undone,
    };
    pb::Proposal {
        name: name::PROPOSAL.format([workspace, &proposal.id]),
        deal: name::DEAL.format([workspace, &proposal.deal]),
        call: name::CALL.format([workspace, &proposal.call]),
        field: proposal.field.clone(),
        old_value: shown(proposal.old_value.as_ref()),
        seen_version: proposal.seen_version,
        new_value: proposal.new_value.to_string(),
        evidence: proposal.evidence.iter().map(evidence).collect(),
        confidence: proposal.confidence,
        policy: policy.into(),
        state: state.into(),
        reason: proposal.reason.clone(),
        receipts: proposal.receipts.iter().map(receipt).collect(),
        create_time: Some(timestamp(proposal.created_at)),
    }
}

fn receipt(receipt: &Receipt) -> pb::Receipt {
    let Receipt { old_value, new_value, field_version, decided_by, time, replaced: _ } = receipt;
    pb::Receipt {
        old_value: shown(old_value.as_ref()),
        new_value: shown(new_value.as_ref()),
        field_version: *field_version,
        decided_by: decided_by.clone(),
        time: Some(timestamp(*time)),
    }
}

fn evidence(evidence: &Evidence) -> common::Evidence {
    let side = match evidence.side {
        Side::Rep => common::Side::Rep,
        Side::Buyer => common::Side::Buyer,
        Side::Unknown => common::Side::Unspecified,
    };
    let support = match evidence.support {
        Support::Stated => common::Support::Stated,
        Support::Implied => common::Support::Implied,
        Support::Contradicted => common::Support::Contradicted,
        Support::Unverified => common::Support::Unverified,
    };
    common::Evidence {
        call: evidence.call.clone(),
        turn: evidence.turn,
        end_turn: evidence.end_turn,
        start_ms: evidence.start_ms,
        end_ms: evidence.end_ms,
        quote: evidence.quote.clone(),
        side: side.into(),
        speaker: evidence.speaker.clone(),
        speaker_confidence: evidence.speaker_confidence,
        support: support.into(),
        method: evidence.method.clone(),
        confidence: evidence.confidence,
        purge_time: evidence.purged_at.map(timestamp),
    }
}
