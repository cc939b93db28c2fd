//! LabelEvaluation, ListLabels, DeleteLabel.

use throughline_proto::common::v1::Role;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::auth::Principal;
use throughline_rpc::{Error, Reason, Violations, name, page};
use throughline_store::{Idempotent, lock};

use super::evaluations::{decode, visible};
use super::{Evaluations, require};
use crate::convert;
use crate::domain::evaluation::Outcome;
use crate::domain::label::{Draft, MAX_NOTE_CHARS};
use crate::domain::target::Target;
use crate::store::evaluations;
use crate::store::labels::{self, Filter, Row};

/// A request that was read.
struct Asked {
    workspace: String,
    evaluation: String,
    draft: Draft,
}

pub async fn label(
    service: &Evaluations,
    caller: &Principal,
    request: pb::LabelEvaluationRequest,
) -> Result<pb::Label, Error> {
    let mut violations = Violations::new();
    let asked = read(&request, &mut violations);
    let Some(Asked { workspace, evaluation, draft }) = asked else { return Err(Error::invalid(violations)) };
    let row = visible(service, caller, &workspace, &evaluation).await?;
    let author = caller.subject();
    // Two authors may use the same id: each has its own.
    let once = Idempotent::new(&workspace, &format!("LabelEvaluation/{author}"), &request.request_id, &request);
    // A repeat is answered before anything is fetched: it needs no gateway.
    let tx = service.db.begin().await?;
    if let Some(answer) = once.replay::<pb::Label>(&tx, service.clock.now()).await? {
        return Ok(answer);
    }
    drop(tx);
    check(service, &row, &draft, violations).await?;
    let now = service.clock.now();
    let tx = service.db.begin().await?;
    if let Some(answer) = once.replay::<pb::Label>(&tx, now).await? {
        return Ok(answer);
    }
    lock::name(&tx, "label", &format!("{workspace}/{}", row.call)).await?;
    let stored = convert::outcome_of(&decode(&row)?, &draft.target).unwrap_or(Outcome::Unknown);
    let new = Row {
        workspace,
        id: service.ids.next().simple().to_string(),
        evaluation,
        call: row.call,
        transcript: row.transcript,
        playbook: row.playbook,
        rep: row.rep,
        kind: draft.target.kind().to_owned(),
        target: draft.target.id().to_owned(),
        outcome: draft.outcome.as_str().to_owned(),
        previous: stored.as_str().to_owned(),
        turns: labels::written(&draft.turns),
        note: request.note.trim().to_owned(),
        author: author.to_owned(),
        created_at: now,
        counts: true,
        deleted_at: None,
        deleted_by: String::new(),
    };
    let before = labels::counting(&tx, &new).await?;
    let new = Row { previous: before.map_or(new.previous.clone(), |before| before.outcome), ..new };
    labels::append(&tx, new.clone()).await?;
    let answer = convert::label(new)?;
    once.record(&tx, &answer, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What is asked for; none where it can't be told of what. Every violation that needs no look-up is collected.
fn read(request: &pb::LabelEvaluationRequest, violations: &mut Violations) -> Option<Asked> {
    let named = name::EVALUATION.require(violations, "name", &request.name);
    let target = request.target.clone().map(Target::from);
    violations.check(target.is_some(), "target", "must name a behavior or a signal");
    let outcome = convert::requested_outcome(request.outcome);
    violations.check(outcome.is_some(), "outcome", "must be OBSERVED, MISSED, NOT_APPLICABLE or UNKNOWN");
    let short = request.note.chars().count() <= MAX_NOTE_CHARS;
    violations.check(short, "note", "must have at most 2000 characters");
    let [workspace, evaluation] = named?;
    let draft = Draft { target: target?, outcome: outcome?, turns: request.turns.clone() };
    for (field, what) in draft.faults() {
        violations.add(field, what);
    }
    Some(Asked { workspace, evaluation, draft })
}

/// Passes where the evaluation can be corrected so; otherwise tells all that is wrong, also what was found before.
async fn check(
    service: &Evaluations,
    row: &evaluations::Row,
    draft: &Draft,
    mut violations: Violations,
) -> Result<(), Error> {
    let compiled = service.assessor.compiled_for(row).await?;
    let faults = if draft.turns.is_empty() {
        draft.unknown_in(&compiled).into_iter().collect()
    } else {
        draft.faults_in(&compiled, &service.assessor.talk_of(row).await?.transcript)
    };
    for (field, what) in faults {
        violations.add(field, what);
    }
    violations.finish()
}

pub async fn list(
    service: &Evaluations,
    caller: &Principal,
    request: pb::ListLabelsRequest,
) -> Result<pb::ListLabelsResponse, Error> {
    let mut violations = Violations::new();
    let parent = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
    let mut filter =
        Filter { rep: caller.only_as_rep().map(str::to_owned), history: request.show_history, ..Filter::default() };
    let elsewhere = |of: &str| parent.as_ref().is_some_and(|[workspace]| workspace != of);
    if !request.call.is_empty()
        && let Some([of, call]) = name::CALL.require(&mut violations, "call", &request.call)
    {
        violations.check(!elsewhere(&of), "call", "must be of the workspace `parent`");
        filter.call = Some(call);
    }
    if !request.evaluation.is_empty()
        && let Some([of, id]) = name::EVALUATION.require(&mut violations, "evaluation", &request.evaluation)
    {
        violations.check(!elsewhere(&of), "evaluation", "must be of the workspace `parent`");
        filter.evaluation = Some(id);
    }
    violations.finish()?;
    let [workspace] = parent.unwrap_or_default();
    caller.authorize_workspace(&workspace)?;
    let history = request.show_history.to_string();
    let bound = ["ListLabels", &request.parent, &request.call, &request.evaluation, &history];
    let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &bound)?;
    let limit = page.limit as u64 + 1;
    let mut rows = labels::list(service.db.conn(), &workspace, &filter, page.after.as_deref(), limit).await?;
    let next_page_token = page.cut(&mut rows, |row| row.id.clone());
    let labels = rows.into_iter().map(convert::label).collect::<Result<_, _>>()?;
    Ok(pb::ListLabelsResponse { labels, next_page_token })
}

pub async fn delete(
    service: &Evaluations,
    caller: &Principal,
    request: pb::DeleteLabelRequest,
) -> Result<pb::Label, Error> {
    let [workspace, id] = require(name::LABEL, "name", &request.name)?;
    caller.authorize_workspace(&workspace)?;
    let once = Idempotent::new(&workspace, "DeleteLabel", &request.request_id, &request);
    let now = service.clock.now();
    let tx = service.db.begin().await?;
    if let Some(answer) = once.replay::<pb::Label>(&tx, now).await? {
        return Ok(answer);
    }
    let missing = || Error::not_found(name::LABEL.kind, &request.name);
    let row = labels::get(&tx, &workspace, &id).await?.ok_or_else(missing)?;
    if row.author != caller.subject() && !caller.holds_any(&[Role::Enablement]) {
        let message = "managers withdraw their own labels; enablement withdraws anyone's";
        return Err(
            Error::permission_denied(Reason::RoleRequired, message).with_metadata("required_roles", "enablement")
        );
    }
    lock::name(&tx, "label", &format!("{workspace}/{}", row.call)).await?;
    // Read again: who held the lock before may have withdrawn it, or put another in its place.
    let row = labels::get(&tx, &workspace, &id).await?.ok_or_else(missing)?;
    let withdrawn = row.deleted_at.is_some();
    let row = if withdrawn { row } else { labels::withdraw(&tx, row, caller.subject(), now).await? };
    let answer = convert::label(row)?;
    once.record(&tx, &answer, now).await?;
    tx.commit().await?;
    Ok(answer)
}
