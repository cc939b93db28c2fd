//! Follows an input by what can be read of it: transcript, evaluation, deal, deal log. Unlike `analyze`, which looks into the
//! outboxes, it needs no role but that of whoever may send calls.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use throughline_proto::crm::v1::GetAssociationRequest;
use throughline_proto::forecast::v1::{Forecast, GetDealRequest, ListDealLogEntriesRequest};
use throughline_proto::playbook::v1::ListEvaluationsRequest;
use tonic::{Code, Status};

use crate::analyze::Failure;
use crate::analyze::mesh_clients::Clients;
use crate::analyze::push::Pushed;
use crate::analyze::wait::{forecast, transcribed};

/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of an input.
pub(super) struct Taken {
    call: String,
    transcript: String,
    evaluation: String,
    /// Empty where the call belongs to no deal.
    deal: String,
    forecast: Option<Forecast>,
    took: Duration,
}

impl Taken {
    pub(super) fn text(&self) -> String {
        let deal = if self.deal.is_empty() { "no deal" } else { &self.deal };
        format!("{}  {}  {deal}  in {} ms", self.call, self.evaluation, self.took.as_millis())
    }

    pub(super) fn json(&self, path: &Path, trace_id: &str) -> String {
        let mean = self.forecast.as_ref().and_then(|forecast| forecast.rollups.first()).and_then(|rollup| rollup.mean);
        serde_json::json!({
            "input": path.display().to_string(), "call": self.call, "transcript": self.transcript,
            "evaluation": self.evaluation, "deal": self.deal, "forecast_mean": mean,
            "forecasted": self.forecast.is_some(), "trace_id": trace_id,
            "ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        })
        .to_string()
    }
}

/// Waits for each step, `patience` long; a recording is transcribed however long it takes.
pub(super) async fn follow(
    clients: &Clients,
    ask: &Clients,
    pushed: Pushed,
    patience: Duration,
) -> Result<Taken, Failure> {
    let started = Instant::now();
    let transcript = match pushed.transcript {
        Some(name) => name,
        None => transcribed(ask, &pushed.call, &pushed.earlier, &ProgressBar::hidden()).await?,
    };
    let evaluation = until(patience, "evaluation", || async {
        let request =
            ListEvaluationsRequest { parent: ask.parent(), transcript: transcript.clone(), ..Default::default() };
        let listed = ask.evaluations.clone().list_evaluations(request).await?.into_inner();
        Ok(listed.evaluations.into_iter().next().map(|evaluation| evaluation.name))
    });
    let evaluation = evaluation.await?;
    let deal = until(patience, "association with a deal", || async {
        let request = GetAssociationRequest { name: format!("{}/association", pushed.call) };
        Ok(Some(ask.proposals.clone().get_association(request).await?.into_inner().deal))
    });
    let deal = deal.await?;
    let mut outlook = None;
    if !deal.is_empty() {
        until(patience, "entry in the deal's log", || async {
            let request = ListDealLogEntriesRequest {
                parent: deal.clone(),
                page_size: 200,
                call: pushed.call.clone(),
                ..Default::default()
            };
            let entries = ask.forecast.clone().list_deal_log_entries(request).await?.into_inner().entries;
            Ok(entries.iter().any(|entry| entry.evaluation == evaluation).then_some(()))
        })
        .await?;
        let known = GetDealRequest { name: deal.clone(), as_of: None };
        let known = clients.forecast.clone().get_deal(known).await?.into_inner();
        outlook = forecast(clients, &known).await?;
    }
    Ok(Taken { call: pushed.call, transcript, evaluation, deal, forecast: outlook, took: started.elapsed() })
}

/// Asks until there is an answer. What is not there yet, and who is away for a moment, is asked again.
async fn until<T, F, Fut>(patience: Duration, what: &str, mut ask: F) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, Status>>,
{
    let started = Instant::now();
    loop {
        let last = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(status) if matches!(status.code(), Code::NotFound | Code::Unavailable) => Some(status),
            Err(status) => return Err(status.into()),
        };
        if started.elapsed() > patience {
            let why = last.map(|status| format!(": {}", status.message())).unwrap_or_default();
            return Err(Failure::Other(anyhow::anyhow!("no {what} within {} s{why}", patience.as_secs())));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
