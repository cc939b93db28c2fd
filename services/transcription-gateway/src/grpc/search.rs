//! The SearchService.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use throughline_proto::common::v1 as common;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::search_service_server::{SearchService, SearchServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Violations, name, page, timestamp};
use throughline_store::Db;
use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status};

use super::{convert, errors};
use crate::domain::call::{Side, is_call_id};
use crate::search::{self, Match, Query, words};
use crate::store::behaviors::Outcome;
use crate::store::calls;
use crate::store::row::StoredCall;
use crate::store::search::{Behavior, CallFilter, Filter, Found, Request as Ask, find};

/// Turns of a page.
const PAGES: page::Limits = page::Limits { default: 20, max: 100 };
/// How many of the newest matches are put in order of relevance.
const CANDIDATES: usize = 1_000;
/// Longest name or id in a filter, characters.
const MAX_TEXT: usize = 200;

/// What the service stands on.
#[derive(Clone)]
pub struct Search {
    db: Db,
}

/// A request that may be carried out.
struct Parsed {
    workspace: String,
    query: Query,
    filter: Parts,
    relevance: bool,
}

/// A filter with texts of its own.
#[derive(Default)]
struct Parts {
    side: Option<Side>,
    speaker: String,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    call: String,
    deal_id: String,
    call_type: String,
    account: String,
    reps: Vec<String>,
    behavior: Option<(pb::BehaviorFilter, Outcome)>,
}

/// A turn and how it matches.
struct Hit {
    found: Found,
    matched: Match,
}

impl Search {
    /// The service to add to a server.
    pub fn server(db: Db) -> SearchServiceServer<Self> {
        SearchServiceServer::new(Self { db })
    }

    async fn search(
        &self,
        principal: &Principal,
        request: pb::SearchTurnsRequest,
    ) -> Result<pb::SearchTurnsResponse, Error> {
        let (size, token) = (request.page_size, request.page_token.clone());
        let rep = principal.only_as_rep().unwrap_or_default();
        let bound = pb::SearchTurnsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let mut parsed = parse(request)?;
        principal.authorize_workspace(&parsed.workspace)?;
        if !rep.is_empty() {
            parsed.filter.reps.push(rep.to_owned());
        }
        let page = page::Request::parse(PAGES, size, &token, &["SearchTurns", &format!("{bound:?}"), rep])?;
        let (hits, next_page_token) =
            if parsed.relevance { self.best(parsed, &page).await? } else { self.newest(parsed, &page).await? };
        let workspace = bound.parent.trim_start_matches("workspaces/");
        let mut ids: Vec<String> = hits.iter().map(|hit| hit.found.call.clone()).collect();
        ids.sort();
        ids.dedup();
        let calls = calls::find_all(self.db.conn(), workspace, &ids).await?;
        // A call that was purged in between has no hits any more.
        let shown = hits.into_iter().filter_map(|hit| Some(render(calls.get(&hit.found.call)?, hit)));
        Ok(pb::SearchTurnsResponse { hits: shown.collect(), next_page_token })
    }

    async fn newest(&self, parsed: Parsed, page: &page::Request) -> Result<(Vec<Hit>, String), Error> {
        let below = page.after.as_deref().and_then(|cursor| cursor.parse().ok());
        let found = self.find(&parsed, below, page.limit + 1).await?;
        let mut hits = matched(parsed.query, found).await?;
        let next = page.cut(&mut hits, |hit| hit.found.document.to_string());
        Ok((hits, next))
    }

    async fn best(&self, parsed: Parsed, page: &page::Request) -> Result<(Vec<Hit>, String), Error> {
        let after = page.after.as_deref().and_then(rank);
        let found = self.find(&parsed, None, CANDIDATES).await?;
        let mut hits = matched(parsed.query, found).await?;
        let place = |hit: &Hit| (hit.matched.score, hit.found.document);
        hits.sort_by(|a, b| precedes(place(b), place(a)));
        if let Some(after) = after {
            hits.retain(|hit| precedes(place(hit), after).is_lt());
        }
        let next = page.cut(&mut hits, |hit| format!("{:x}:{}", hit.matched.score.to_bits(), hit.found.document));
        Ok((hits, next))
    }

    async fn find(&self, parsed: &Parsed, below: Option<i64>, limit: usize) -> Result<Vec<Found>, Error> {
        let Parts { side, speaker, from, until, call, deal_id, call_type, account, reps, behavior } = &parsed.filter;
        let behavior = behavior.as_ref().map(|(filter, outcome)| Behavior {
            id: &filter.behavior_id,
            outcome: outcome.as_str(),
            playbook: &filter.playbook_id,
            evidence_only: filter.evidence_only,
        });
        let calls = CallFilter {
            call,
            deal_id,
            call_type,
            account: words::name_key(account),
            reps: reps.iter().map(String::as_str).collect(),
            behavior,
        };
        let filter = Filter {
            workspace: &parsed.workspace,
            side: *side,
            speaker: words::name_key(speaker),
            from: *from,
            until: *until,
            calls,
        };
        Ok(find(&self.db, &Ask { query: &parsed.query, filter, below, limit }).await?)
    }
}

/// By score, then by document.
fn precedes(a: (f64, i64), b: (f64, i64)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// `{bits of the score}:{document}`: the place of a turn by relevance.
fn rank(cursor: &str) -> Option<(f64, i64)> {
    let (bits, document) = cursor.split_once(':')?;
    Some((f64::from_bits(u64::from_str_radix(bits, 16).ok()?), document.parse().ok()?))
}

/// Reading a thousand turns takes longer than others should wait.
async fn matched(query: Query, found: Vec<Found>) -> Result<Vec<Hit>, Error> {
    let hit = move |found: Found| Hit { matched: search::find(&query, &found.text).unwrap_or_default(), found };
    spawn_blocking(move || found.into_iter().map(hit).collect()).await.map_err(Error::internal)
}

fn parse(request: pb::SearchTurnsRequest) -> Result<Parsed, Error> {
    let pb::SearchTurnsRequest { parent, query, filter, order, page_size: _, page_token: _ } = request;
    let mut violations = Violations::new();
    let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
    let [workspace] = workspace.unwrap_or_default();
    let query = Query::parse(&query).unwrap_or_else(|found| {
        violations.merge("", errors::violations("", found));
        Query::default()
    });
    let filter = filter.map(|filter| parts(filter, &workspace, &mut violations)).unwrap_or_default();
    let relevance = match pb::SearchOrder::try_from(order) {
        Ok(pb::SearchOrder::Unspecified) => !query.is_empty(),
        Ok(pb::SearchOrder::Relevance) => true,
        Ok(pb::SearchOrder::Newest) => false,
        Err(_) => {
            violations.add("order", "is not a known order");
            false
        }
    };
    violations.finish()?;
    Ok(Parsed { workspace, query, filter, relevance })
}

fn parts(filter: pb::TurnFilter, workspace: &str, violations: &mut Violations) -> Parts {
    let pb::TurnFilter { side, speaker, rep, call, start_time, end_time, deal_id, account, call_type, behavior } =
        filter;
    for (field, text) in [
        ("filter.speaker", &speaker),
        ("filter.deal_id", &deal_id),
        ("filter.account", &account),
        ("filter.call_type", &call_type),
    ] {
        violations.check(text.chars().count() <= MAX_TEXT, field, "must have at most 200 characters");
    }
    let side = match common::Side::try_from(side) {
        Ok(common::Side::Unspecified) => None,
        Ok(common::Side::Rep) => Some(Side::Rep),
        Ok(common::Side::Buyer) => Some(Side::Buyer),
        Err(_) => {
            violations.add("filter.side", "is not a known side");
            None
        }
    };
    let mut own = |field: &str, pattern: name::Pattern<2>, name: &str| match name {
        "" => None,
        name => match pattern.require(violations, field, name) {
            Some([of, id]) if of == workspace => Some(id),
            Some(_) => {
                violations.add(field, "must be of the workspace that is searched");
                None
            }
            None => None,
        },
    };
    let reps = own("filter.rep", name::REP, &rep).into_iter().collect();
    let call = own("filter.call", name::CALL, &call).unwrap_or_default();
    violations.check(call.is_empty() || is_call_id(&call), "filter.call", "is not the name of a call");
    let mut moment = |field: &str, time: Option<prost_types::Timestamp>| {
        let moment = time.as_ref().map(convert::timestamp_in);
        if moment == Some(None) {
            violations.add(field, "is out of range");
        }
        moment.flatten()
    };
    let (from, until) = (moment("filter.start_time", start_time), moment("filter.end_time", end_time));
    let in_order = from.zip(until).is_none_or(|(from, until)| from < until);
    violations.check(in_order, "filter.end_time", "must be after filter.start_time");
    let behavior = behavior.and_then(|behavior| behavior_in(behavior, violations));
    Parts { side, speaker, from, until, call, deal_id, call_type, account, reps, behavior }
}

fn behavior_in(behavior: pb::BehaviorFilter, violations: &mut Violations) -> Option<(pb::BehaviorFilter, Outcome)> {
    violations.text("filter.behavior.behavior_id", &behavior.behavior_id, MAX_TEXT);
    let known = behavior.playbook_id.chars().count() <= MAX_TEXT;
    violations.check(known, "filter.behavior.playbook_id", "must have at most 200 characters");
    let outcome = match pb::BehaviorOutcome::try_from(behavior.outcome) {
        Ok(pb::BehaviorOutcome::Observed) => Some(Outcome::Observed),
        Ok(pb::BehaviorOutcome::Missed) => Some(Outcome::Missed),
        Ok(pb::BehaviorOutcome::NotApplicable) => Some(Outcome::NotApplicable),
        Ok(pb::BehaviorOutcome::Unknown) => Some(Outcome::Unknown),
        Ok(pb::BehaviorOutcome::Unspecified) | Err(_) => None,
    };
    violations.check(outcome.is_some(), "filter.behavior.outcome", "must be set to a known outcome");
    let shown = !behavior.evidence_only || outcome.is_none_or(|outcome| outcome == Outcome::Observed);
    violations.check(
        shown,
        "filter.behavior.evidence_only",
        "asks for evidence, which there is only with the outcome BEHAVIOR_OUTCOME_OBSERVED",
    );
    Some((behavior, outcome?))
}

fn render(call: &StoredCall, hit: Hit) -> pb::TurnHit {
    let Hit { found, matched } = hit;
    let Found { document: _, call: id, number, position, participant, side, start_ms, end_ms, text } = found;
    let participant = participant.unwrap_or_default();
    let person = call.details.participants.iter().find(|person| person.id == participant);
    let span = |span: std::ops::Range<usize>| pb::TextSpan {
        start: i32::try_from(span.start).unwrap_or(i32::MAX),
        end: i32::try_from(span.end).unwrap_or(i32::MAX),
    };
    pb::TurnHit {
        call: name::CALL.format([&call.workspace, &id]),
        transcript: name::TRANSCRIPT.format([&call.workspace, &id, &number.to_string()]),
        turn: position,
        start_ms,
        end_ms,
        side: convert::side_out(side).into(),
        speaker: person.map(|person| person.name.clone()).unwrap_or_default(),
        participant,
        text,
        matches: matched.spans.into_iter().map(span).collect(),
        call_title: call.details.title.clone(),
        call_time: call.details.start_time.map(timestamp),
        score: matched.score,
    }
}

#[async_trait]
impl SearchService for Search {
    async fn search_turns(
        &self,
        request: Request<pb::SearchTurnsRequest>,
    ) -> Result<Response<pb::SearchTurnsResponse>, Status> {
        let principal = principal(&request)?;
        Ok(Response::new(self.search(&principal, request.into_inner()).await?))
    }
}
