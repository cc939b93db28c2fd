//! ExplainEvaluation.

use throughline_proto::playbook::v1 as pb;
use throughline_rpc::auth::Principal;
use throughline_rpc::{Error, Violations, name};

use super::Evaluations;
use super::evaluations::{decode, visible};
use crate::convert;
use crate::domain::target::Target;

pub async fn explain(
    service: &Evaluations,
    caller: &Principal,
    request: pb::ExplainEvaluationRequest,
) -> Result<pb::Explanation, Error> {
    let mut violations = Violations::new();
    let parsed = name::EVALUATION.require(&mut violations, "name", &request.name);
    let target = request.target.map(Target::from);
    violations.check(target.is_some(), "target", "must name a behavior or a signal");
    violations.finish()?;
    let ([workspace, id], Some(target)) = (parsed.unwrap_or_default(), target) else {
        return Err(Error::internal("a target without violations and without an id"));
    };
    let row = visible(service, caller, &workspace, &id).await?;
    let stored = decode(&row)?;
    let compiled = service.assessor.compiled_for(&row).await?;
    let unknown = || {
        let kind = target.kind();
        Error::invalid_field(kind, format!("`{}` is no {kind} of the evaluation's revision", target.id()))
    };
    target.detector(&compiled).ok_or_else(unknown)?;
    let talk = service.assessor.talk_of(&row).await?;
    let (asked, learner) = (target.clone(), service.assessor.learner().clone());
    // Reads the whole transcript: not on the threads that serve.
    let explained =
        tokio::task::spawn_blocking(move || learner.explain(&compiled, &talk.call, &talk.transcript, &asked)).await;
    let explained = explained.map_err(Error::internal)?.ok_or_else(unknown)?;
    let stored_outcome = convert::outcome_of(&stored, &target).map(convert::outcome).unwrap_or_default();
    Ok(pb::Explanation {
        evaluation: stored.name,
        revision: stored.revision,
        target: Some(convert::explained_target(&target)),
        stored_outcome: stored_outcome.into(),
        ..convert::explanation(explained)
    })
}
