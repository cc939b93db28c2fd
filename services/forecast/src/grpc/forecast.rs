//! `ForecastService`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use throughline_proto::forecast::v1 as pb;
use throughline_proto::forecast::v1::forecast_service_server::{ForecastService, ForecastServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, name, page};
use tonic::{Request, Response, Status, async_trait};

use super::{parse, render};
use crate::domain::ids::DealId;
use crate::domain::log::Log;
use crate::domain::norms::views;
use crate::domain::rollup;
use crate::knowledge::{Knowledge, blocking};
use crate::store::Recorded;

/// Deals with their findings are large messages.
const DEALS: page::Limits = page::Limits { default: 50, max: 100 };

/// Answers from the log.
pub struct Forecasts {
    knowledge: Arc<Knowledge>,
}

impl Forecasts {
    /// The service to add to a server.
    pub fn server(knowledge: Arc<Knowledge>) -> ForecastServiceServer<Self> {
        ForecastServiceServer::new(Self { knowledge })
    }

    async fn deal(&self, caller: &Principal, request: pb::GetDealRequest) -> Result<pb::Deal, Error> {
        let parse::OneDeal { workspace, deal, as_of } = parse::get_deal(&request)?;
        caller.authorize_workspace(&workspace)?;
        let known = self.knowledge.at(&workspace, as_of).await?;
        let entries = self.knowledge.reader().of_deals(&workspace, &[&deal]).await?;
        let log = Log::new(entries.iter().map(|recorded| &recorded.entry));
        let view = log.view(&deal, known.as_of).ok_or_else(|| Error::not_found(name::DEAL.kind, request.name))?;
        caller.authorize_rep(view.rep())?;
        let assessment = known.norms.assess(&view, &known.requirements);
        Ok(render::deal(&workspace, &view, assessment, &known.norms, render::Detail::Full))
    }

    async fn deals(&self, caller: &Principal, request: pb::ListDealsRequest) -> Result<pb::ListDealsResponse, Error> {
        let parse::DealList { workspace, as_of } = parse::list_deals(&request)?;
        caller.authorize_workspace(&workspace)?;
        let own = caller.only_as_rep().map(str::to_owned);
        let asked = as_of.map(|moment| moment.timestamp_micros().to_string()).unwrap_or_default();
        let open_only = request.open_only;
        let filter =
            ["ListDeals", &workspace, &asked, if open_only { "open" } else { "" }, own.as_deref().unwrap_or("*")];
        let page = page::Request::parse(DEALS, request.page_size, &request.page_token, &filter)?;
        let cursor = page.after.as_deref().map(Cursor::parse).transpose()?;
        // Later pages are of the first one's moment, so that a list is one picture.
        let moment = cursor.as_ref().map(|c| c.as_of).or(as_of);
        let known = self.knowledge.at(&workspace, moment).await?;
        let (picture, limit) = (known.clone(), page.limit);
        let mut ids = blocking(move || {
            let log = picture.log();
            let after = cursor.map(|c| c.deal);
            let wanted = |deal: &&DealId| {
                log.view(deal, picture.as_of).is_some_and(|view| {
                    (!open_only || view.is_open()) && own.as_ref().is_none_or(|own| view.rep() == own)
                })
            };
            let rest = log.deals().filter(|deal| after.as_ref().is_none_or(|after| *deal > after));
            rest.filter(wanted).take(limit + 1).cloned().collect::<Vec<_>>()
        })
        .await?;
        let next_page_token = page.cut(&mut ids, |deal| Cursor { as_of: known.as_of, deal: deal.clone() }.text());
        let entries = self.knowledge.reader().of_deals(&workspace, &ids.iter().collect::<Vec<_>>()).await?;
        let log = Log::new(entries.iter().map(|recorded| &recorded.entry));
        let shown = ids.iter().filter_map(|deal| log.view(deal, known.as_of)).map(|view| {
            let assessment = known.norms.assess(&view, &known.requirements);
            render::deal(&workspace, &view, assessment, &known.norms, render::Detail::Short)
        });
        Ok(pb::ListDealsResponse { deals: shown.collect(), next_page_token })
    }

    async fn log(
        &self,
        caller: &Principal,
        request: pb::ListDealLogEntriesRequest,
    ) -> Result<pb::ListDealLogEntriesResponse, Error> {
        let parse::LogOfDeal { workspace, deal, as_of, call } = parse::list_log(&request)?;
        caller.authorize_workspace(&workspace)?;
        let asked = as_of.map(|moment| moment.timestamp_micros().to_string()).unwrap_or_default();
        let filter = ["ListDealLogEntries", &workspace, &deal.0, &asked, &request.call];
        let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &filter)?;
        let after: i64 = page.after.as_deref().unwrap_or("0").parse().map_err(Error::internal)?;
        let as_of = self.knowledge.moment(as_of)?;
        let entries = self.knowledge.reader().of_deals(&workspace, &[&deal]).await?;
        let log = Log::new(entries.iter().map(|recorded| &recorded.entry));
        let view = log.view(&deal, as_of).ok_or_else(|| Error::not_found(name::DEAL.kind, request.parent))?;
        caller.authorize_rep(view.rep())?;
        let bears = |recorded: &&Recorded| {
            let fact = &recorded.entry.fact;
            let of_call = call.as_ref().is_none_or(|wanted| fact.call() == Some(wanted));
            let known = recorded.position > after && recorded.entry.known_at <= as_of;
            known && of_call && view.is_told_by(fact)
        };
        let mut told: Vec<&Recorded> = entries.iter().filter(bears).take(page.limit + 1).collect();
        let next_page_token = page.cut(&mut told, |recorded| recorded.position.to_string());
        let entries = told.into_iter().map(|recorded| render::log_entry(&workspace, &deal, recorded)).collect();
        Ok(pb::ListDealLogEntriesResponse { entries, next_page_token })
    }

    async fn forecast(&self, caller: &Principal, request: pb::ComputeForecastRequest) -> Result<pb::Forecast, Error> {
        let parse::PeriodOfWorkspace { workspace, period, as_of } = parse::compute_forecast(&request)?;
        caller.authorize_workspace(&workspace)?;
        let known = self.knowledge.at(&workspace, as_of).await?;
        let (as_of, norms) = (known.as_of, Arc::clone(&known.norms));
        let bookings = blocking(move || {
            let deals: Vec<_> = views(&known.log(), known.as_of).map(|(_, view)| view).collect();
            rollup::bookings(deals.iter(), period, &known.norms.rates, &known.norms.durations)
        })
        .await?;
        Ok(render::forecast(&workspace, period, as_of, &bookings, &norms.rates))
    }
}

#[async_trait]
impl ForecastService for Forecasts {
    async fn get_deal(&self, request: Request<pb::GetDealRequest>) -> Result<Response<pb::Deal>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.deal(&caller, request.into_inner()).await?))
    }

    async fn list_deals(
        &self,
        request: Request<pb::ListDealsRequest>,
    ) -> Result<Response<pb::ListDealsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.deals(&caller, request.into_inner()).await?))
    }

    async fn list_deal_log_entries(
        &self,
        request: Request<pb::ListDealLogEntriesRequest>,
    ) -> Result<Response<pb::ListDealLogEntriesResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.log(&caller, request.into_inner()).await?))
    }

    async fn compute_forecast(
        &self,
        request: Request<pb::ComputeForecastRequest>,
    ) -> Result<Response<pb::Forecast>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.forecast(&caller, request.into_inner()).await?))
    }
}

/// Where a page of deals ended, and the moment it is of.
struct Cursor {
    as_of: DateTime<Utc>,
    deal: DealId,
}

impl Cursor {
    fn text(&self) -> String {
        format!("{} {}", self.as_of.timestamp_micros(), self.deal)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once(' ').and_then(|(micros, deal)| {
            let as_of = DateTime::<Utc>::from_timestamp_micros(micros.parse().ok()?)?;
            Some(Self { as_of, deal: DealId(deal.to_owned()) })
        });
        parsed.ok_or_else(|| Error::internal("a page token of ours holds a moment and a deal"))
    }
}
