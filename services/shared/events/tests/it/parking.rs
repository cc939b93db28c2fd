//! Bounded tries, then a person decides.

use rstest::rstest;
use throughline_events::entity::outbox_delivery::State;
use throughline_proto::events::v1::{DeliveryState, RetryDeliveryRequest};
use throughline_testkit::Backend;
use tonic::Code;

use crate::consumer::Fault;
use crate::mesh::{Mesh, of_key, quick};

#[rstest]
#[case(Code::InvalidArgument, quick().tries_refused)]
#[case(Code::Internal, quick().tries_failing)]
#[case(Code::Unavailable, quick().tries_unavailable)]
#[tokio::test]
async fn is_parked_after_the_tries_its_answer_allows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] code: Code,
    #[case] tries: u32,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", vec![Fault::Refuse(code); 100]);
    mesh.publish("a", "a0").await;
    mesh.relay_until_settled(&quick(), 1).await;
    let row = mesh.rows().await.remove(0);
    assert_eq!((row.state, row.attempts), (State::Parked, tries as i32));
    let error = row.last_error.unwrap();
    assert!(error.starts_with(&format!("{code:?}")), "{error}");
    assert!(row.lease_owner.is_none() && row.settled_at.is_some());
}

#[rstest]
#[tokio::test]
async fn a_parked_event_holds_back_its_key_until_it_is_retried(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", vec![Fault::Refuse(Code::FailedPrecondition); quick().tries_refused as usize]);
    for what in ["a0", "b0", "a1", "b1"] {
        mesh.publish(&what[..1], what).await;
    }
    mesh.relay_until_settled(&quick(), 1).await;
    let applied = mesh.keeper.applied().await;
    assert_eq!(of_key(&applied, "b"), ["b0", "b1"]);
    assert!(of_key(&applied, "a").is_empty());

    let mut client = mesh.deliveries(&["revops"]);
    let name = format!("workspaces/demo/deliveries/{}.forecast", mesh.rows().await[0].position);
    let retried = client.retry_delivery(RetryDeliveryRequest { name }).await.unwrap().into_inner();
    assert_eq!((retried.state(), retried.attempts), (DeliveryState::Pending, 0));
    assert!(retried.last_error.starts_with("FailedPrecondition"), "{}", retried.last_error);
    mesh.relay_until_settled(&quick(), 0).await;
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["a0", "a1"]);
}

#[rstest]
#[tokio::test]
async fn a_consumer_that_is_away_is_waited_for(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mut mesh = Mesh::start(backend).await;
    mesh.publish("a", "a0").await;
    mesh.stop_servers().await;
    mesh.relay_until_settled(&quick(), 1).await;
    let row = mesh.rows().await.remove(0);
    assert_eq!(row.attempts, quick().tries_unavailable as i32);
    let error = row.last_error.unwrap();
    assert!(error.starts_with("Unavailable"), "{error}");
}

#[rstest]
#[tokio::test]
async fn what_waits_and_what_was_parked_is_counted(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", vec![Fault::Refuse(Code::InvalidArgument); 100]);
    for what in ["a0", "a1", "a2"] {
        mesh.publish("a", what).await;
    }
    let before = throughline_events::backlogs(&mesh.db).await.unwrap()["forecast"];
    assert_eq!((before.pending, before.parked), (3, 0));
    mesh.relay_until_settled(&quick(), 1).await;
    let after = throughline_events::backlogs(&mesh.db).await.unwrap()["forecast"];
    assert_eq!((after.pending, after.parked), (2, 1));
    assert!(after.oldest > before.oldest);
}
