//! `CoachingService`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use throughline_proto::coaching::v1::coaching_service_server::{CoachingService, CoachingServiceServer};
use throughline_proto::coaching::v1::{
    GetRepProfileRequest, GetSummaryRequest, ListNudgesRequest, ListNudgesResponse, ListRepsRequest, ListRepsResponse,
    RepProfile, Summary,
};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Violations, name, page};
use throughline_store::Db;
use tonic::{Request, Response, Status, async_trait};

use super::render;
use crate::profiles;
use crate::store::{Period, nudges, summaries};

/// Answers from the database.
#[derive(Clone, Debug)]
pub struct Coaching {
    db: Db,
}

impl Coaching {
    /// The service to add to a server.
    pub fn server(db: Db) -> CoachingServiceServer<Self> {
        CoachingServiceServer::new(Self { db })
    }

    async fn summary(&self, caller: &Principal, request: GetSummaryRequest) -> Result<Summary, Error> {
        let [workspace, call] = require(name::SUMMARY, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let found = summaries::get(self.db.conn(), &workspace, &call).await?;
        let found = found.ok_or_else(|| Error::not_found(name::SUMMARY.kind, request.name))?;
        caller.authorize_rep(found.rep.as_ref().map_or("", |rep| rep.as_str()))?;
        Ok(render::summary(&workspace, &found))
    }

    async fn nudges(&self, caller: &Principal, request: ListNudgesRequest) -> Result<ListNudgesResponse, Error> {
        let [workspace] = require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let mut filter = nudge_filter(&workspace, &request)?;
        match (&filter.rep, caller.only_as_rep()) {
            (None, Some(own)) => filter.rep = Some(own.to_owned()),
            (Some(asked), _) => caller.authorize_rep(asked)?,
            (None, None) => {}
        }
        let bound = ["ListNudges", &workspace, &format!("{filter:?}")];
        let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &bound)?;
        let mut found =
            nudges::list(self.db.conn(), &workspace, &filter, page.after.as_deref(), page.limit + 1).await?;
        let next_page_token = page.cut(&mut found, |nudge| nudge.id.to_string());
        let nudges = found.iter().map(|nudge| render::nudge(&workspace, nudge)).collect();
        Ok(ListNudgesResponse { nudges, next_page_token })
    }

    async fn profile(&self, caller: &Principal, request: GetRepProfileRequest) -> Result<RepProfile, Error> {
        let mut violations = Violations::new();
        let ids = name::REP.require(&mut violations, "name", &request.name);
        let period = Period {
            start: day(&mut violations, "start_date", &request.start_date),
            end: day(&mut violations, "end_date", &request.end_date),
        };
        if let (Some(start), Some(end)) = (period.start, period.end) {
            violations.check(start < end, "end_date", "must be after start_date");
        }
        violations.finish()?;
        let [workspace, rep] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
        caller.authorize_workspace(&workspace)?;
        caller.authorize_rep(&rep)?;
        let found = profiles::of_rep(self.db.conn(), &workspace, &rep, period).await?;
        let found = found.ok_or_else(|| Error::not_found(name::REP.kind, request.name))?;
        Ok(render::profile(&workspace, &found))
    }

    async fn reps(&self, caller: &Principal, request: ListRepsRequest) -> Result<ListRepsResponse, Error> {
        let [workspace] = require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let bound = ["ListReps", workspace.as_str()];
        let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &bound)?;
        let mut found = profiles::list(self.db.conn(), &workspace, page.after.as_deref(), page.limit + 1).await?;
        let next_page_token = page.cut(&mut found, |profile| profile.rep.id.to_string());
        Ok(ListRepsResponse {
            reps: found.iter().map(|one| render::profile(&workspace, one)).collect(),
            next_page_token,
        })
    }
}

#[async_trait]
impl CoachingService for Coaching {
    async fn get_summary(&self, request: Request<GetSummaryRequest>) -> Result<Response<Summary>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.summary(&caller, request.into_inner()).await?))
    }

    async fn list_nudges(&self, request: Request<ListNudgesRequest>) -> Result<Response<ListNudgesResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.nudges(&caller, request.into_inner()).await?))
    }

    async fn get_rep_profile(&self, request: Request<GetRepProfileRequest>) -> Result<Response<RepProfile>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.profile(&caller, request.into_inner()).await?))
    }

    async fn list_reps(&self, request: Request<ListRepsRequest>) -> Result<Response<ListRepsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.reps(&caller, request.into_inner()).await?))
    }
}

fn require<const N: usize>(pattern: name::Pattern<N>, field: &str, name: &str) -> Result<[String; N], Error> {
    let mut violations = Violations::new();
    match pattern.require(&mut violations, field, name) {
        Some(ids) => Ok(ids),
        None => Err(Error::invalid(violations)),
    }
}

/// Names of the filter must be of the parent.
fn nudge_filter(workspace: &str, request: &ListNudgesRequest) -> Result<nudges::Filter, Error> {
    let mut violations = Violations::new();
    let mut id = |field: &str, pattern: name::Pattern<2>, name: &str| {
        if name.is_empty() {
            return None;
        }
        let [of, id] = pattern.require(&mut violations, field, name)?;
        violations.check(of == workspace, field, "must be of the workspace of parent");
        Some(id)
    };
    let rep = id("rep", name::REP, &request.rep);
    let call = id("call", name::CALL, &request.call);
    violations.finish()?;
    Ok(nudges::Filter { rep, call })
}

fn day(violations: &mut Violations, field: &str, text: &str) -> Option<DateTime<Utc>> {
    if text.is_empty() {
        return None;
    }
    let day: Option<NaiveDate> = text.parse().ok();
    violations.check(day.is_some(), field, "must be a day, YYYY-MM-DD");
    day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
}
