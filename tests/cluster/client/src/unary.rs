//! Unary calls of all five services in turn, mostly reads. Each is sent at its time, whether or not those before it were
//! answered, so that a service that hangs shows as calls that fail and not as calls that were never made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use throughline_proto::coaching::v1::ListRepsRequest;
use throughline_proto::coaching::v1::coaching_service_client::CoachingServiceClient;
use throughline_proto::crm::v1::ListDealsRequest as ListRecordsRequest;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::forecast::v1::ListDealsRequest;
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::playbook::v1::ListPlaybooksRequest;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{Call, CreateCallRequest, ListCallsRequest};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::mesh::Peers;
use crate::tally::Tally;

/// Every so many calls one creates something.
const WRITE_EVERY: usize = 20;
/// Calls under way at most; more would measure the client.
const MOST_UNDER_WAY: usize = 2_000;

pub async fn steadily(
    peers: Peers,
    pause: Duration,
    read_only: bool,
    tally: Arc<Tally>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for index in 0.. {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.changed() => break,
        }
        while under_way.len() >= MOST_UNDER_WAY {
            under_way.join_next().await;
        }
        let (peers, tally) = (peers.clone(), Arc::clone(&tally));
        let write = !read_only && index % WRITE_EVERY == 0;
        under_way.spawn(async move {
            let started = Instant::now();
            let (method, answer) = if write { create(&peers, index, &tally).await } else { read(&peers, index).await };
            tally.call(method, started.elapsed(), &answer);
        });
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
    Ok(())
}

async fn read(peers: &Peers, index: usize) -> (&'static str, Result<MetadataMap, Status>) {
    let parent = peers.parent();
    match index % 5 {
        0 => {
            let request = ListCallsRequest { parent, page_size: 10, ..Default::default() };
            let mut client = TranscriptionServiceClient::new(peers.gateway.clone());
            ("ListCalls", client.list_calls(request).await.map(metadata))
        }
        1 => {
            let request = ListPlaybooksRequest { parent, ..Default::default() };
            let mut client = PlaybookServiceClient::new(peers.evaluator.clone());
            ("ListPlaybooks", client.list_playbooks(request).await.map(metadata))
        }
        2 => {
            let request = ListRepsRequest { parent, ..Default::default() };
            let mut client = CoachingServiceClient::new(peers.coaching.clone());
            ("ListReps", client.list_reps(request).await.map(metadata))
        }
        3 => {
            let request = ListRecordsRequest { parent, page_size: 10, ..Default::default() };
            let mut client = RecordServiceClient::new(peers.crm.clone());
            ("crm.ListDeals", client.list_deals(request).await.map(metadata))
        }
        _ => {
            let request = ListDealsRequest { parent, page_size: 10, ..Default::default() };
            let mut client = ForecastServiceClient::new(peers.forecast.clone());
            ("forecast.ListDeals", client.list_deals(request).await.map(metadata))
        }
    }
}

async fn create(peers: &Peers, index: usize, tally: &Tally) -> (&'static str, Result<MetadataMap, Status>) {
    let request = CreateCallRequest {
        parent: peers.parent(),
        call: Some(Call { title: format!("Load {index}"), ..Call::default() }),
        ..Default::default()
    };
    let mut client = TranscriptionServiceClient::new(peers.gateway.clone());
    let answer = client.create_call(request).await;
    if let Ok(call) = &answer {
        tally.created(call.get_ref().name.clone());
    }
    ("CreateCall", answer.map(metadata))
}

fn metadata<T>(answer: Response<T>) -> MetadataMap {
    answer.into_parts().0
}
