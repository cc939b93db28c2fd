//! What is settled goes in time, what isn't stays.

use std::time::Duration;

use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use throughline_events::entity::{outbox_delivery, outbox_event};
use throughline_events::{Housekeeping, HousekeepingConfig};
use throughline_rpc::{Clock, FixedClock};
use throughline_testkit::Backend;
use tonic::Code;

use crate::consumer::Fault;
use crate::mesh::{Mesh, quick};

#[rstest]
#[tokio::test]
async fn delivered_events_go_after_their_time_and_parked_ones_stay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", vec![Fault::Refuse(Code::InvalidArgument); 9]);
    for what in ["a0", "a1", "b0", "c0"] {
        mesh.publish(&what[..1], what).await;
    }
    mesh.relay_until_settled(&quick(), 1).await;
    let config = HousekeepingConfig { outbox_retention: Duration::from_secs(3600), ..HousekeepingConfig::default() };
    let housekeeping = |time: &str| {
        let clock = Clock::new(FixedClock::new(time.parse().unwrap()));
        Housekeeping::new(mesh.db.clone(), config.clone(), clock)
    };
    assert_eq!(housekeeping("2026-03-02T12:59:00Z").run_once().await.unwrap().outbox, 0);
    assert_eq!(housekeeping("2026-03-02T13:01:00Z").run_once().await.unwrap().outbox, 2);
    assert_eq!(outbox_event::Entity::find().count(mesh.db.conn()).await.unwrap(), 2);
    assert_eq!(outbox_delivery::Entity::find().count(mesh.db.conn()).await.unwrap(), 2);
}
