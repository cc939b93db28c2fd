//! Waits until the last event that follows from an input has been applied, and collects what it led to.

use std::future::Future;
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate};
use indicatif::ProgressBar;
use throughline_proto::coaching::v1::{GetSummaryRequest, ListNudgesRequest, Nudge, Summary};
use throughline_proto::crm::v1::{Association, GetAssociationRequest, ListProposalsRequest, Proposal};
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_proto::events::v1::event::Body;
use throughline_proto::events::v1::{Delivery, DeliveryState, ListDeliveriesRequest};
use throughline_proto::forecast::v1::{ComputeForecastRequest, Deal, Forecast, GetDealRequest};
use throughline_proto::playbook::v1::{Evaluation, ListEvaluationsRequest};
use throughline_proto::transcription::v1::{Call, CallState, GetCallRequest};
use throughline_rpc::client::Peer;
use tonic::Status;

use super::mesh_clients::Clients;
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
pub(crate) async fn follow(
    clients: &Clients,
    ask: &Clients,
    pushed: Pushed,
    bar: &ProgressBar,
) -> Result<Outcome, Failure> {
    let transcript = match pushed.transcript {
        Some(name) => name,
        None => transcribed(ask, &pushed.call, &pushed.earlier, bar).await?,
    };
    bar.set_message("evaluating");
    let evaluation = evaluated(ask, &transcript).await?;
    bar.set_message("coaching, CRM, forecast");
    let association = settled(clients, ask, &pushed.call).await?;
    let summary = GetSummaryRequest { name: format!("{}/summary", pushed.call) };
    let summary = clients.coaching.clone().get_summary(summary).await?.into_inner();
    let (deal, forecast) = match association.deal.as_str() {
        "" => (None, None),
        name => {
            let deal = clients.forecast.clone().get_deal(GetDealRequest { name: name.to_owned(), as_of: None }).await?;
            let deal = deal.into_inner();
            let forecast = forecast(clients, &deal).await?;
            (Some(deal), forecast)
        }
    };
    let call = clients.transcription.clone().get_call(GetCallRequest { name: pushed.call.clone() }).await?.into_inner();
    let nudges = ListNudgesRequest { parent: clients.parent(), call: pushed.call.clone(), ..Default::default() };
    let nudges = clients.coaching.clone().list_nudges(nudges).await?.into_inner().nudges;
    let proposals = ListProposalsRequest { parent: clients.parent(), call: pushed.call, ..Default::default() };
    let proposals = clients.proposals.clone().list_proposals(proposals).await?.into_inner().proposals;
    Ok(Outcome { call, evaluation, summary, nudges, association, proposals, deal, forecast })
}

/// The transcript of a recording, once it is there; another than the call had `earlier`.
pub(crate) async fn transcribed(
    ask: &Clients,
    call: &str,
    earlier: &str,
    bar: &ProgressBar,
) -> Result<String, Failure> {
    bar.set_message("transcribing");
    // No deadline: a recording takes as long as it takes, and its progress is seen.
    let found = poll(None, || async {
        let call = ask.transcription.clone().get_call(GetCallRequest { name: call.to_owned() }).await?.into_inner();
        let length = call.recording.as_ref().map_or(0, |recording| recording.duration_ms);
        bar.set_length(u64::try_from(length).unwrap_or(0));
        bar.set_position(u64::try_from(call.processed_ms).unwrap_or(0));
        Ok(match call.state() {
            CallState::Failed => Some(Err(call.failure)),
            CallState::Purged => Some(Err("the call was purged".to_owned())),
            CallState::Transcribed if call.transcript != earlier => Some(Ok(call.transcript)),
            _ => None,
        })
    });
    found.await?.map_err(|failure| Failure::Other(anyhow::anyhow!("transcription failed: {failure}")))
}

/// The evaluation of a transcript, once the evaluator has taken it in.
async fn evaluated(ask: &Clients, transcript: &str) -> Result<Evaluation, Failure> {
    let [gateway, ..] = &ask.deliveries;
    let parent = ask.parent();
    delivered(gateway, &parent, |body| matches!(body, Body::TranscriptFinalized(it) if it.transcript == transcript))
        .await?;
    let request = ListEvaluationsRequest { parent, transcript: transcript.to_owned(), ..Default::default() };
    let listed = ask.evaluations.clone().list_evaluations(request).await?.into_inner();
    let evaluation = listed.evaluations.into_iter().next();
    evaluation.ok_or_else(|| Failure::Other(anyhow::anyhow!("no released playbook evaluated {transcript}")))
}

/// Ends when all that follows from the evaluations of a call has been taken in by everybody; the association it led to.
async fn settled(clients: &Clients, ask: &Clients, call: &str) -> Result<Association, Failure> {
    let [_, evaluator, crm] = &ask.deliveries;
    let parent = ask.parent();
    delivered(evaluator, &parent, |body| matches!(body, Body::EvaluationCompleted(it) if it.call == call)).await?;
    let request = GetAssociationRequest { name: format!("{call}/association") };
    let association = clients.proposals.clone().get_association(request).await?.into_inner();
    let changed = |deal: &str| deal.is_empty() || deal == association.deal;
    delivered(crm, &parent, |body| match body {
        Body::CallAssociated(it) => it.call == call,
        Body::RecordChanged(it) => changed(&it.deal),
        _ => false,
    })
    .await?;
    Ok(association)
}

/// The forecast of the quarter that the deal is to close in; none where no close date is known.
pub(crate) async fn forecast(clients: &Clients, deal: &Deal) -> Result<Option<Forecast>, Failure> {
    let Ok(close) = deal.close_date.parse::<NaiveDate>() else { return Ok(None) };
    let first_month = close.month0() / 3 * 3 + 1;
    let start = NaiveDate::from_ymd_opt(close.year(), first_month, 1);
    let end = start.and_then(|start| start.checked_add_months(chrono::Months::new(3))).and_then(|next| next.pred_opt());
    let (Some(start), Some(end)) = (start, end) else { return Ok(None) };
    let request = ComputeForecastRequest {
        parent: clients.parent(),
        start_date: start.to_string(),
        end_date: end.to_string(),
        as_of: None,
    };
    Ok(Some(clients.forecast.clone().compute_forecast(request).await?.into_inner()))
}

/// Ends when no event of a service that `concerns` waits for its delivery any more. A parked one is a failure: it holds
/// back what follows.
async fn delivered(
    client: &DeliveryServiceClient<Peer>,
    parent: &str,
    concerns: impl Fn(&Body) -> bool,
) -> Result<(), Failure> {
    let concerns =
        |delivery: &Delivery| delivery.event.as_ref().and_then(|event| event.body.as_ref()).is_some_and(&concerns);
    let settled = poll(Some(EVENT_DEADLINE), || async {
        // In this order, so that one that is parked between the two answers is not missed.
        let pending = deliveries(client, parent, DeliveryState::Pending).await?.into_iter().find(concerns);
        let parked: Vec<Delivery> =
            deliveries(client, parent, DeliveryState::Parked).await?.into_iter().filter(concerns).collect();
        Ok((pending.is_none() || !parked.is_empty()).then_some(parked))
    });
    let lines: Vec<String> = settled.await?.iter().map(line).collect();
    if lines.is_empty() { Ok(()) } else { Err(Failure::Other(anyhow::anyhow!(lines.join("\n")))) }
}

fn line(parked: &Delivery) -> String {
    format!("{} gave up after {} tries: {}", parked.consumer, parked.attempts, parked.last_error)
}

/// All deliveries of a state, oldest first.
async fn deliveries(
    client: &DeliveryServiceClient<Peer>,
    parent: &str,
    state: DeliveryState,
) -> Result<Vec<Delivery>, Status> {
    let mut all = Vec::new();
    let mut request =
        ListDeliveriesRequest { parent: parent.to_owned(), page_size: 200, state: state.into(), ..Default::default() };
    loop {
        let answer = client.clone().list_deliveries(request.clone()).await?.into_inner();
        all.extend(answer.deliveries);
        if answer.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = answer.next_page_token;
    }
}

/// Asks until there is an answer; a failure after the deadline.
pub(crate) async fn poll<T, F, Fut>(deadline: Option<Duration>, mut ask: F) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, Status>>,
{
    let started = tokio::time::Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if let Some(deadline) = deadline.filter(|deadline| started.elapsed() > *deadline) {
            return Err(Failure::Other(anyhow::anyhow!("an event was not delivered within {} s", deadline.as_secs())));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}
