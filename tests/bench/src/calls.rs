//! Calls a second through the mesh: from the import of a transcript until the forecast has taken its evaluation in.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::crm::v1::{ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest};
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::forecast::v1::{GetDealRequest, ListDealLogEntriesRequest};
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{CreateRevisionRequest, ReleaseRevisionRequest};
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{ImportTranscriptRequest, TranscriptFormat};
use throughline_rpc::Clock;
use throughline_rpc::client::Peer;
use throughline_testkit::Backend;

use crate::local::{Mesh, WORKSPACE};
use crate::repository;
use crate::script::{Script, Scripted};

/// Deals, and calls of each. The calls of a deal are one queue, those of different deals are not.
const DEALS: usize = 40;
const CALLS_OF_DEAL: usize = 5;
/// Deals whose calls warm everything up and are not measured.
const WARM_UP_DEALS: usize = 4;
/// Imports under way at the same time.
const IMPORTS: usize = 16;
const PAUSE: Duration = Duration::from_millis(10);
/// How long the whole may take before the mesh is taken for stuck.
const DEADLINE: Duration = Duration::from_secs(300);

/// Measures on one database.
pub async fn per_second(backend: Backend) -> anyhow::Result<f64> {
    let mesh = Mesh::start(backend).await?;
    let script = Script::read(Clock::system().now())?;
    prepare(&mesh, &script).await?;
    let transcription = TranscriptionServiceClient::new(mesh.peer(0)?);
    let forecast = ForecastServiceClient::new(mesh.peer(4)?.untraced());
    let deals: Vec<Vec<Scripted>> = (0..DEALS + WARM_UP_DEALS)
        .map(|deal| (0..CALLS_OF_DEAL).map(|call| script.call(deal, call)).collect())
        .collect();
    // The calls are there before; what is measured starts with their transcripts.
    let created = deals.iter().flatten().map(|call| create(transcription.clone(), call));
    stream::iter(created).buffer_unordered(IMPORTS).try_collect::<()>().await?;
    let (warm_up, measured) = deals.split_at(WARM_UP_DEALS);
    push(&transcription, &forecast, warm_up, &ProgressBar::hidden()).await.context("warm-up")?;
    let bar = ProgressBar::new((DEALS * CALLS_OF_DEAL) as u64);
    let started = Instant::now();
    push(&transcription, &forecast, measured, &bar).await?;
    let elapsed = started.elapsed();
    bar.finish_and_clear();
    for calls in measured {
        check(forecast.clone(), calls).await?;
    }
    mesh.stop().await?;
    Ok((DEALS * CALLS_OF_DEAL) as f64 / elapsed.as_secs_f64())
}

/// A released playbook, and the deals in the CRM.
async fn prepare(mesh: &Mesh, script: &Script) -> anyhow::Result<()> {
    let parent = format!("workspaces/{WORKSPACE}");
    let mut playbooks = PlaybookServiceClient::new(mesh.peer(1)?);
    let document = std::fs::read_to_string(repository("samples/playbooks/regulated-enterprise.yaml"))?;
    let mut request =
        tonic::Request::new(CreateRevisionRequest { parent: parent.clone(), document, ..Default::default() });
    request.set_timeout(std::time::Duration::from_secs(300));
    let revision = playbooks.create_revision(request).await?.into_inner();
    playbooks.release_revision(ReleaseRevisionRequest { name: revision.name, ..Default::default() }).await?;
    let header = ImportRecordsHeader { parent, ..Default::default() };
    let mut messages = vec![ImportRecordsRequest { message: Some(Message::Header(header)) }];
    for (file, data) in script.crm(DEALS + WARM_UP_DEALS)? {
        let chunk = ImportFileChunk { file, data };
        messages.push(ImportRecordsRequest { message: Some(Message::Chunk(chunk)) });
    }
    RecordServiceClient::new(mesh.peer(3)?).import_records(tokio_stream::iter(messages)).await?;
    Ok(())
}

async fn create(mut client: TranscriptionServiceClient<Peer>, call: &Scripted) -> anyhow::Result<()> {
    client.create_call(call.request.clone()).await.with_context(|| call.name.clone())?;
    Ok(())
}

/// Imports the transcripts and waits until each is in the log of its deal.
async fn push(
    transcription: &TranscriptionServiceClient<Peer>,
    forecast: &ForecastServiceClient<Peer>,
    deals: &[Vec<Scripted>],
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let imports = deals.iter().flatten().map(|call| {
        let mut client = transcription.clone();
        let request = ImportTranscriptRequest {
            call: call.name.clone(),
            content: call.content.clone(),
            format: TranscriptFormat::CallJson.into(),
            ..Default::default()
        };
        async move { client.import_transcript(request).await.map(drop).with_context(|| call.name.clone()) }
    });
    let imports = stream::iter(imports).buffer_unordered(IMPORTS).try_collect::<()>();
    let arrivals = async {
        for calls in deals {
            arrived(forecast.clone(), calls).await?;
            bar.inc(calls.len() as u64);
        }
        anyhow::Ok(())
    };
    let both = async { tokio::try_join!(imports, arrivals) };
    tokio::time::timeout(DEADLINE, both).await.context("calls did not arrive in time")??;
    Ok(())
}

/// Waits until all calls of a deal are in its log.
async fn arrived(mut client: ForecastServiceClient<Peer>, calls: &[Scripted]) -> anyhow::Result<()> {
    let deal = calls.first().map(|call| call.deal.clone()).unwrap_or_default();
    loop {
        let request = ListDealLogEntriesRequest { parent: deal.clone(), page_size: 200, ..Default::default() };
        let entries = client.list_deal_log_entries(request).await?.into_inner().entries;
        let evaluated: HashSet<&str> =
            entries.iter().filter(|e| e.kind == "call_evaluated").map(|e| e.call.as_str()).collect();
        if calls.iter().all(|call| evaluated.contains(call.name.as_str())) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The deal must count each of its calls once, and nothing else.
async fn check(mut client: ForecastServiceClient<Peer>, calls: &[Scripted]) -> anyhow::Result<()> {
    let name = calls.first().map(|call| call.deal.clone()).unwrap_or_default();
    let deal = client.get_deal(GetDealRequest { name, as_of: None }).await?.into_inner();
    let mut counted = deal.calls.clone();
    counted.sort();
    let mut expected: Vec<String> = calls.iter().map(|call| call.name.clone()).collect();
    expected.sort();
    anyhow::ensure!(counted == expected, "{} counts {counted:?}, not {expected:?}", deal.name);
    anyhow::ensure!(deal.health.and_then(|health| health.score).is_some(), "{} has no health", deal.name);
    Ok(())
}
