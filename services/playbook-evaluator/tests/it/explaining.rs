//! Why an evaluation says what it says.

use rstest::rstest;
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::playbook::v1::explain_evaluation_request::Target;
use throughline_proto::playbook::v1::explanation::Target as Explained;
use throughline_proto::playbook::v1::{ExplainEvaluationRequest, Explanation, ExpressionNode};
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::documents;
use crate::talk::Talk;
use crate::world::{World, fields, refusal};

async fn explain(world: &World, name: &str, target: Target) -> Result<Explanation, Status> {
    let request = ExplainEvaluationRequest { name: name.to_owned(), target: Some(target) };
    world.manager().explain_evaluation(request).await.map(tonic::Response::into_inner)
}

fn all_parts(node: &ExpressionNode) -> Vec<&ExpressionNode> {
    std::iter::once(node).chain(node.parts.iter().flat_map(all_parts)).collect()
}

#[rstest]
#[tokio::test]
async fn every_outcome_is_explained_by_words_that_were_said(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::sample()).await;
    let talk = Talk::negotiation();
    world.finalized(&talk).await;
    let evaluation = world.all_evaluations().await.remove(0);
    let behaviors = evaluation.behaviors.iter().map(|b| (Target::Behavior(b.id.clone()), b.outcome(), &b.evidence));
    let shown = |empty: bool| if empty { Outcome::Missed } else { Outcome::Observed };
    let signals =
        evaluation.signals.iter().map(|s| (Target::Signal(s.id.clone()), shown(s.evidence.is_empty()), &s.evidence));
    for (target, outcome, evidence) in behaviors.chain(signals) {
        let explanation = explain(&world, &evaluation.name, target.clone()).await.unwrap();
        assert_eq!((explanation.outcome(), explanation.stored_outcome()), (outcome, outcome), "{target:?}");
        assert_eq!((&explanation.evaluation, &explanation.revision), (&evaluation.name, &revision.name));
        let root = explanation.root.unwrap();
        let told = all_parts(&root);
        assert!(told.iter().all(|part| part.line > 0 && !part.path.is_empty() && !part.operator.is_empty()));
        let mut quoted = Vec::new();
        for part in told {
            let fired = part.fired.iter().flat_map(|fired| &fired.words);
            for words in fired.chain(part.discarded.iter().flat_map(|discarded| &discarded.words)) {
                let place = words.evidence.as_ref().unwrap();
                let said = &talk.transcript.turns[usize::try_from(place.turn).unwrap()].text;
                assert!(said.contains(&words.text) && said.contains(&place.quote), "{words:?}");
            }
            quoted.extend(part.fired.iter().flat_map(|fired| &fired.words).filter_map(|words| words.evidence.clone()));
        }
        // What the evaluation stands on is among what fired.
        for place in evidence.iter().take(5) {
            assert!(quoted.iter().any(|found| found.turn == place.turn), "{target:?}: {place:?}");
        }
        match (explanation.target.unwrap(), target) {
            (Explained::Behavior(a), Target::Behavior(b)) | (Explained::Signal(a), Target::Signal(b)) => {
                assert_eq!(a, b);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[rstest]
#[tokio::test]
async fn an_explanation_needs_a_target_the_gateway_and_an_evaluation_of_ones_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    world.finalized(&Talk::negotiation()).await;
    let name = world.all_evaluations().await.remove(0).name;
    let status = world.manager().explain_evaluation(ExplainEvaluationRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["name", "target"]);
    let asks = || Target::Behavior("asks".to_owned());
    assert_eq!(fields(&explain(&world, &name, Target::Signal("asks".to_owned())).await.unwrap_err()), ["signal"]);
    let request = || ExplainEvaluationRequest { name: name.clone(), target: Some(asks()) };
    let own = world.rep("priya.raman@brightledger.example").explain_evaluation(request()).await;
    assert_eq!(own.unwrap().into_inner().outcome(), Outcome::Observed);
    let other = world.rep("jo.lind@brightledger.example").explain_evaluation(request()).await;
    assert_eq!(refusal(other).0, Code::PermissionDenied);
    world.stop_gateway().await;
    assert_eq!(refusal(explain(&world, &name, asks()).await).1, "PEER_UNAVAILABLE");
}
