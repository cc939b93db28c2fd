//! What becomes of calls, told as it happens.

use std::time::Duration;

use rstest::rstest;
use throughline_proto::common::v1::DealContext;
use throughline_proto::transcription::v1::watch_calls_response::Message;
use throughline_proto::transcription::v1::watch_service_client::WatchServiceClient;
use throughline_proto::transcription::v1::{
    Call, CallChangeKind, CallState, CreateCallRequest, PurgeCallRequest, WatchCallsRequest, WatchCallsResponse,
};
use throughline_rpc::auth::TokenSource;
use throughline_testkit::{Backend, Served};
use tokio::task::JoinSet;
use tonic::{Status, Streaming};

use crate::world::{PARENT, REP, World, people, reason, violations};

/// A watch and where it stands.
pub struct Watching {
    stream: Streaming<WatchCallsResponse>,
    pub token: String,
}

impl Watching {
    /// The next message but heartbeats; how the stream ended, if it did.
    pub async fn next(&mut self) -> Result<Message, Status> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), self.stream.message()).await;
            let answer = next.unwrap()?.unwrap();
            self.token = answer.resume_token;
            match answer.message.unwrap() {
                Message::Heartbeat(_) => {}
                message => return Ok(message),
            }
        }
    }

    /// Id and kind of the next `count` changes.
    pub async fn changes(&mut self, count: usize) -> Vec<(String, CallChangeKind)> {
        let mut changes = Vec::new();
        while changes.len() < count {
            match self.next().await.unwrap() {
                Message::Change(change) => {
                    changes.push((change.name.rsplit('/').next().unwrap().to_owned(), change.kind()));
                }
                other => panic!("{other:?}"),
            }
        }
        changes
    }

    /// Waits for the first message, which says that the watch stands.
    pub async fn standing(mut self) -> Self {
        let first = self.stream.message().await.unwrap().unwrap();
        assert!(matches!(first.message, Some(Message::Heartbeat(_))), "{first:?}");
        self.token = first.resume_token;
        self
    }
}

pub fn everything() -> WatchCallsRequest {
    WatchCallsRequest { parent: PARENT.to_owned(), ..Default::default() }
}

pub fn after(token: &str) -> WatchCallsRequest {
    WatchCallsRequest { resume_token: token.to_owned(), ..everything() }
}

pub async fn watch(served: &Served, token: TokenSource, request: WatchCallsRequest) -> Result<Watching, Status> {
    let stream = WatchServiceClient::new(served.peer(token)).watch_calls(request).await?.into_inner();
    Ok(Watching { stream, token: String::new() })
}

impl World {
    pub async fn watch(&self, request: WatchCallsRequest) -> Result<Watching, Status> {
        watch(&self.served, self.harness.token("mia@brightledger.example", &["manager"]), request).await
    }

    pub async fn call_of_deal(&self, id: &str, deal: &str) -> String {
        let deal = Some(DealContext { id: deal.to_owned(), ..Default::default() });
        let call = Some(Call { participants: people(), deal, ..Call::default() });
        let request =
            CreateCallRequest { parent: PARENT.to_owned(), call, call_id: id.to_owned(), ..Default::default() };
        self.manager().create_call(request).await.unwrap().into_inner().name
    }
}

fn change(id: &str, kind: CallChangeKind) -> (String, CallChangeKind) {
    (id.to_owned(), kind)
}

#[rstest]
#[tokio::test]
async fn first_the_calls_there_are_then_every_change(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let (c1, _) = (world.call("c1").await, world.call("c2").await);
    let mut watching = world.watch(WatchCallsRequest { initial_state: true, ..everything() }).await.unwrap();
    for id in ["c2", "c1"] {
        let Message::Existing(call) = watching.next().await.unwrap() else { panic!("no initial state") };
        assert_eq!((call.name, watching.token.as_str()), (format!("{PARENT}/calls/{id}"), ""));
    }
    assert!(matches!(watching.next().await.unwrap(), Message::Synced(_)));
    assert_ne!(watching.token, "");
    world.call("c3").await;
    world.says(&c1, &["The price."]).await;
    assert_eq!(watching.changes(1).await, [change("c3", CallChangeKind::Created)]);
    let Message::Change(told) = watching.next().await.unwrap() else { panic!("no change") };
    assert_eq!((told.kind(), told.state()), (CallChangeKind::Transcript, CallState::Transcribed));
    assert_eq!(told.transcript, format!("{c1}/transcripts/1"));
    assert_eq!(told.call, Some(world.get(&c1).await));
    world.execute("UPDATE call SET transcript = 0 WHERE id = 'c1'").await;
    let Message::Change(told) = watching.next().await.unwrap() else { panic!("no change") };
    assert_eq!((told.kind(), told.call), (CallChangeKind::Purged, Some(world.get(&c1).await)));
    world.execute("DELETE FROM call WHERE id = 'c1'").await;
    let Message::Change(told) = watching.next().await.unwrap() else { panic!("no change") };
    assert_eq!((told.kind(), told.name, told.call), (CallChangeKind::Purged, c1, None));
}

#[rstest]
#[tokio::test]
async fn whoever_comes_back_with_its_token_has_missed_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut watching = world.watch(everything()).await.unwrap().standing().await;
    world.call("c1").await;
    assert_eq!(watching.changes(1).await, [change("c1", CallChangeKind::Created)]);
    let token = watching.token.clone();
    drop(watching);
    for id in ["c2", "c3"] {
        world.call(id).await;
    }
    let expected = ["c2", "c3"].map(|id| change(id, CallChangeKind::Created));
    assert_eq!(world.watch(after(&token)).await.unwrap().changes(2).await, expected);
    // The same token once more, at another replica, after a restart.
    let world = world.restart().await;
    let replica = world.replica().await;
    let manager = world.harness.token("mia@brightledger.example", &["manager"]);
    assert_eq!(watch(&replica, manager, after(&token)).await.unwrap().changes(2).await, expected);
    replica.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_that_are_made_at_once_are_all_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = std::sync::Arc::new(World::start(backend).await);
    let mut watching = world.watch(everything()).await.unwrap().standing().await;
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let world = std::sync::Arc::clone(&world);
        writers.spawn(async move {
            for n in 0..10 {
                let call = world.call(&format!("c{writer}-{n}")).await;
                world.says(&call, &["The price."]).await;
            }
        });
    }
    // Each call is created before it has its transcript; nothing is told twice, nothing is left out.
    let mut told = Vec::new();
    while told.len() < 160 {
        told.extend(watching.changes(1).await);
        if told.len() % 40 == 0 {
            watching = world.watch(after(&watching.token)).await.unwrap();
        }
    }
    while writers.join_next().await.transpose().unwrap().is_some() {}
    for writer in 0..8 {
        for n in 0..10 {
            let id = format!("c{writer}-{n}");
            let of_call: Vec<_> = told.iter().filter(|(call, _)| *call == id).map(|(_, kind)| *kind).collect();
            assert_eq!(of_call, [CallChangeKind::Created, CallChangeKind::Transcript], "{id}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_filter_holds_back_what_it_does_not_name(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let named = vec![format!("{PARENT}/calls/c2"), format!("{PARENT}/calls/c4")];
    let by_call = WatchCallsRequest { calls: named, ..everything() };
    let mut by_call = world.watch(by_call).await.unwrap().standing().await;
    let by_deal = WatchCallsRequest { deal_id: "D-1".to_owned(), ..everything() };
    let mut by_deal = world.watch(by_deal).await.unwrap().standing().await;
    let rep = world.harness.token("jo.lind@brightledger.example", &["rep"]);
    let mut other_rep = watch(&world.served, rep, everything()).await.unwrap().standing().await;
    let rep = world.harness.token(REP, &["rep"]);
    let mut rep = watch(&world.served, rep, everything()).await.unwrap().standing().await;
    for (id, deal) in [("c1", "D-1"), ("c2", "D-2"), ("c3", "D-1"), ("c4", "D-2")] {
        world.call_of_deal(id, deal).await;
    }
    world.execute("DELETE FROM call WHERE id = 'c1'").await;
    let purge =
        PurgeCallRequest { call: format!("{PARENT}/calls/c3"), reason: "asked for".to_owned(), ..Default::default() };
    world.retention().purge_call(purge).await.unwrap();
    let created = |id| change(id, CallChangeKind::Created);
    assert_eq!(by_call.changes(2).await, [created("c2"), created("c4")]);
    // Of what is gone by the time it is told, only that may be told; whose it was is known all the same.
    for watching in [&mut by_deal, &mut rep] {
        let mut gone = Vec::new();
        while gone.len() < 2 {
            let changes = watching.changes(1).await;
            gone.extend(changes.into_iter().filter(|(_, kind)| *kind == CallChangeKind::Purged));
        }
        assert_eq!(gone, ["c1", "c3"].map(|id| change(id, CallChangeKind::Purged)));
    }
    // What is not the other rep's was not told to it: its own call is the first it hears of.
    let own = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(Call::default()),
        call_id: "own".to_owned(),
        ..Default::default()
    };
    world.rep("jo.lind@brightledger.example").create_call(own).await.unwrap();
    assert_eq!(other_rep.changes(1).await, [created("own")]);
}

#[tokio::test]
async fn a_wrong_request_is_told_why() {
    let world = World::start(Backend::Sqlite).await;
    let request = WatchCallsRequest {
        parent: "demo".to_owned(),
        calls: vec!["c1".to_owned(), format!("{PARENT}/calls/c1")],
        initial_state: true,
        resume_token: "x".to_owned(),
        ..Default::default()
    };
    let status = world.watch(request).await.err().unwrap();
    let fields: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(fields, ["parent", "calls[0]", "calls[1]", "initial_state"]);
    let standing = world.watch(everything()).await.unwrap().standing().await;
    let other = WatchCallsRequest { deal_id: "D-1".to_owned(), ..after(&standing.token) };
    assert_eq!(reason(&world.watch(other).await.err().unwrap()), "PAGE_TOKEN_INVALID");
}
