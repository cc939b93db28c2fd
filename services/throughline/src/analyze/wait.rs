//! Waits until the last event that follows from an input has been applied, and collects what it led to.

use std::future::Future;
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate};
use indicatif::ProgressBar;
use throughline_proto::coaching::v1::{GetSummaryRequest, ListNudgesRequest, Nudge, Summary};
use throughline_proto::crm::v1::{Association, GetAssociationRequest, ListProposalsRequest, Proposal};
use throughline_proto::events::v1::{DeliveryState, ListDeliveriesRequest};
use throughline_proto::forecast::v1::{
    ComputeForecastRequest, Deal, Forecast, GetDealRequest, ListDealLogEntriesRequest,
};
use throughline_proto::playbook::v1::{Evaluation, ListEvaluationsRequest};
use throughline_proto::transcription::v1::{Call, CallState, GetCallRequest};
use tonic::{Code, Status};

use super::mesh_clients::{Clients, parent};
use super::push::{Failure, Pushed};

/// How long an event may take on its way before the mesh is taken for stuck.
const EVENT_DEADLINE: Duration = Duration::from_secs(120);
/// Pauses between two questions: short first, since most answers come at once.
const FIRST_PAUSE: Duration = Duration::from_millis(15);
const LONGEST_PAUSE: Duration = Duration::from_millis(300);

/// All that an input led to.
pub(crate) struct Outcome {
    pub(crate) call: Call,
    pub(crate) evaluation: Evaluation,
    pub(crate) summary: Summary,
    pub(crate) nudges: Vec<Nudge>,
    pub(crate) association: Association,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) deal: Option<Deal>,
    pub(crate) forecast: Option<Forecast>,
}

/// Follows an input from its transcript to the forecast. `ask` leaves no spans; `clients` does.
pub(crate) async fn follow(clients: &Clients, ask: &Clients, pushed: Pushed, bar: &ProgressBar) -> Result<Outcome, Failure> {
    let transcript = match pushed.transcript {
        Some(name) => name,
        None => transcribed(ask, &pushed.call, &pushed.earlier, bar).await?,
    };
    bar.set_message("evaluating");
    let evaluation = evaluated(ask, &transcript).await?;
    bar.set_message("coaching, CRM, forecast");
    let summary = summarised(ask, &pushed.call, &evaluation.name).await?;
    let association = associated(ask, &pushed.call, &evaluation).await?;
    let (deal, forecast) = match association.deal.as_str() {
        "" => (None, None),
        name => {
            logged(ask, name, &pushed.call, &evaluation).await?;
            let deal = clients.forecast.clone().get_deal(GetDealRequest { name: name.to_owned(), as_of: None }).await?;
            let deal = deal.into_inner();
            let forecast = forecast(clients, &deal).await?;
            (Some(deal), forecast)
        }
    };
    let call = clients.transcription.clone().get_call(GetCallRequest { name: pushed.call.clone() }).await?.into_inner();
    let nudges = ListNudgesRequest { parent: parent(), call: pushed.call.clone(), ..Default::default() };
    let nudges = clients.coaching.clone().list_nudges(nudges).await?.into_inner().nudges;
    let proposals = ListProposalsRequest { parent: parent(), call: pushed.call, ..Default::default() };
    let proposals = clients.proposals.clone().list_proposals(proposals).await?.into_inner().proposals;
    Ok(Outcome { call, evaluation, summary, nudges, association, proposals, deal, forecast })
}

async fn transcribed(ask: &Clients, call: &str, earlier: &str, bar: &ProgressBar) -> Result<String, Failure> {
    bar.set_message("transcribing");
    // No deadline: a recording takes as long as it takes, and its progress is seen.
    let found = poll(None, || async {
        let call = ask.transcription.clone().get_call(GetCallRequest { name: call.to_owned() }).await?.into_inner();
        let length = call.recording.as_ref().map_or(0, |recording| recording.duration_ms);
        bar.set_length(u64::try_from(length).unwrap_or(0));
        bar.set_position(u64::try_from(call.processed_ms).unwrap_or(0));
        Ok(match call.state() {
            CallState::Failed => Some(Err(call.failure)),
            CallState::Transcribed if call.transcript != earlier => Some(Ok(call.transcript)),
            _ => None,
        })
    });
    found.await?.map_err(|failure| Failure::Other(anyhow::anyhow!("transcription failed: {failure}")))
}

async fn evaluated(ask: &Clients, transcript: &str) -> Result<Evaluation, Failure> {
    let request = ListEvaluationsRequest { parent: parent(), transcript: transcript.to_owned(), ..Default::default() };
    let evaluation = poll(Some(EVENT_DEADLINE), || async {
        let listed = ask.evaluations.clone().list_evaluations(request.clone()).await?.into_inner();
        Ok(listed.evaluations.into_iter().next())
    });
    or_parked(ask, "evaluation", evaluation).await
}

async fn summarised(ask: &Clients, call: &str, evaluation: &str) -> Result<Summary, Failure> {
    let request = GetSummaryRequest { name: format!("{call}/summary") };
    let summary = poll(Some(EVENT_DEADLINE), || async {
        let found = found(ask.coaching.clone().get_summary(request.clone()).await)?;
        Ok(found.filter(|summary| summary.evaluation == evaluation))
    });
    or_parked(ask, "coaching", summary).await
}

/// Ends when no event of `client` that `concerns` waits for its delivery any more.
async fn delivered(
    client: &DeliveryServiceClient<Peer>,
    what: &str,
    concerns: impl Fn(&Body) -> bool,
) -> Result<(), Failure> {
    let parked = poll(Some(EVENT_DEADLINE), || async {
        let mut parked = Vec::new();
        for state in [DeliveryState::Pending, DeliveryState::Parked] {
            for delivery in deliveries(client, state).await? {
                if delivery.event.as_ref().and_then(|event| event.body.as_ref()).is_some_and(&concerns) {
                    match state {
                        DeliveryState::Parked => parked.push(delivery),
                        _ => return Ok(None),
                    }
                }
            }
        }
        Ok(Some(parked))
    });
    match parked.await?.as_slice() {
        [] => Ok(()),
        parked => Err(Failure::Other(anyhow::anyhow!("{what}: {}", parked_lines(parked).join("\n")))),
    }
}

/// All deliveries of a state, oldest first.
async fn deliveries(client: &DeliveryServiceClient<Peer>, state: DeliveryState) -> Result<Vec<Delivery>, Status> {
    let mut all = Vec::new();
    let mut request =
        ListDeliveriesRequest { parent: parent(), page_size: 200, state: state.into(), ..Default::default() };
    loop {
        let answer = client.clone().list_deliveries(request.clone()).await?.into_inner();
        all.extend(answer.deliveries);
        if answer.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = answer.next_page_token;
    }
}

fn parked_lines(parked: &[Delivery]) -> Vec<String> {
    parked.iter().map(|delivery| format!("parked for {}: {}", delivery.consumer, delivery.last_error)).collect()
}

async fn logged(ask: &Clients, deal: &str, call: &str, evaluation: &Evaluation) -> Result<(), Failure> {
    let request = ListDealLogEntriesRequest {
        parent: deal.to_owned(),
        call: call.to_owned(),
        page_size: 200,
        ..Default::default()
    };
    let entries = poll(Some(EVENT_DEADLINE), || async {
        let Some(listed) = found(ask.forecast.clone().list_deal_log_entries(request.clone()).await)? else {
            return Ok(None);
        };
        let evaluated = listed.entries.iter().any(|entry| entry.evaluation == evaluation.name);
        let associated = listed.entries.iter().any(|entry| entry.kind == "call_associated");
        Ok((evaluated && associated).then_some(()))
    });
    or_parked(ask, "forecast", entries).await
}

/// The forecast of the quarter that the deal is to close in; none where no close date is known.
async fn forecast(clients: &Clients, deal: &Deal) -> Result<Option<Forecast>, Failure> {
    let Ok(close) = deal.close_date.parse::<NaiveDate>() else { return Ok(None) };
    let first_month = close.month0() / 3 * 3 + 1;
    let start = NaiveDate::from_ymd_opt(close.year(), first_month, 1);
    let end = start.and_then(|start| start.checked_add_months(chrono::Months::new(3))).and_then(|next| next.pred_opt());
    let (Some(start), Some(end)) = (start, end) else { return Ok(None) };
    let request = ComputeForecastRequest {
        parent: parent(),
        start_date: start.to_string(),
        end_date: end.to_string(),
        as_of: None,
    };
    Ok(Some(clients.forecast.clone().compute_forecast(request).await?.into_inner()))
}

/// NOT_FOUND is an answer here: not yet.
fn found<T>(answer: Result<tonic::Response<T>, Status>) -> Result<Option<T>, Status> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

/// Asks until there is an answer; `Ok(None)` after the deadline.
async fn poll_within<T, F, Fut>(deadline: Option<Duration>, mut ask: F) -> Result<Option<T>, Status>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, Status>>,
{
    let started = tokio::time::Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        if deadline.is_some_and(|deadline| started.elapsed() > deadline) {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

async fn poll<T, F, Fut>(deadline: Option<Duration>, ask: F) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, Status>>,
{
    let answer = poll_within(deadline, ask).await?;
    answer.ok_or_else(|| Failure::Other(anyhow::anyhow!("nothing came for {} s", EVENT_DEADLINE.as_secs())))
}

/// Says which delivery is parked where one is the reason that nothing came.
async fn or_parked<T>(ask: &Clients, what: &str, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match answer.await {
        Err(Failure::Other(error)) => {
            let mut lines = vec![format!("{what}: {error}")];
            for client in &ask.deliveries {
                let request = ListDeliveriesRequest {
                    parent: parent(),
                    state: DeliveryState::Parked.into(),
                    ..Default::default()
                };
                let parked = client.clone().list_deliveries(request).await.map(tonic::Response::into_inner);
                for delivery in parked.map(|parked| parked.deliveries).unwrap_or_default() {
                    lines.push(format!("parked for {}: {}", delivery.consumer, delivery.last_error));
                }
            }
            Err(Failure::Other(anyhow::anyhow!(lines.join("\n"))))
        }
        other => other,
    }
}
