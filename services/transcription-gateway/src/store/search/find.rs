//! Finds documents, the newest first, and the turns they stand for.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, QueryResult, Statement, TransactionTrait as _, Value};
use throughline_store::{Backend, Db, Result};

use super::{Facet, expression, place};
use crate::domain::call::Side;
use crate::search::Query;
use crate::store::row;

/// Which turns are looked at.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub workspace: &'a str,
    pub side: Option<Side>,
    /// Name key of who spoke; empty for anybody.
    pub speaker: String,
    /// Calls of this second or later.
    pub from: Option<DateTime<Utc>>,
    /// Calls before this second.
    pub until: Option<DateTime<Utc>>,
    pub calls: CallFilter<'a>,
}

/// Which calls are looked at; what is empty leaves all of them in.
#[derive(Debug, Clone, Default)]
pub struct CallFilter<'a> {
    pub call: &'a str,
    pub deal_id: &'a str,
    pub call_type: &'a str,
    /// Name key.
    pub account: String,
    /// Calls of each of these reps.
    pub reps: Vec<&'a str>,
    pub behavior: Option<Behavior<'a>>,
}

/// A behavior that was found, or not, in the transcript that is searched.
#[derive(Debug, Clone, Copy)]
pub struct Behavior<'a> {
    pub id: &'a str,
    /// As the `call_behavior` table names it.
    pub outcome: &'a str,
    /// Empty for any.
    pub playbook: &'a str,
    /// Only turns that are evidence of it.
    pub evidence_only: bool,
}

/// What to find.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub query: &'a Query,
    pub filter: Filter<'a>,
    /// Only documents below this one.
    pub below: Option<i64>,
    pub limit: usize,
}

/// A turn that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub document: i64,
    pub call: String,
    /// Of the transcript.
    pub number: i32,
    pub position: i32,
    pub participant: Option<String>,
    pub side: Side,
    pub start_ms: i32,
    pub end_ms: i32,
    pub text: String,
}

/// The newest turns that match, at most `request.limit`.
pub async fn find(db: &Db, request: &Request<'_>) -> Result<Vec<Found>> {
    let statement = statement(db, request);
    let rows = match db.backend() {
        Backend::Sqlite => db.conn().query_all_raw(statement).await?,
        Backend::Postgres => {
            let tx = db.conn().begin().await?;
            // How often the words occur decides between the two indexes, so each search is planned for its own words.
            tx.execute_unprepared("SET LOCAL plan_cache_mode = force_custom_plan").await?;
            let rows = tx.query_all_raw(statement).await?;
            tx.commit().await?;
            rows
        }
    };
    rows.into_iter().map(found).collect()
}

fn found(row: QueryResult) -> Result<Found> {
    let side: String = row.try_get("", "side")?;
    Ok(Found {
        document: row.try_get("", "doc")?,
        call: row.try_get("", "call")?,
        number: row.try_get("", "number")?,
        position: row.try_get("", "position")?,
        participant: row.try_get("", "participant")?,
        side: row::parse_side(&side)?,
        start_ms: row.try_get("", "start_ms")?,
        end_ms: row.try_get("", "end_ms")?,
        text: row.try_get("", "text")?,
    })
}

/// Values of a statement, and their names in it.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }
}

fn statement(db: &Db, request: &Request<'_>) -> Statement {
    let Request { query, filter, below, limit } = request;
    let mut values = Values::default();
    let facets = facets(filter);
    let (document, slot, mut conditions) = match db.backend() {
        Backend::Sqlite => {
            let expression = values.add(expression::fts5(query, &facets));
            ("i.rowid", "(i.rowid >> 16)", vec![format!("search_index MATCH {expression}")])
        }
        Backend::Postgres => {
            let expression = values.add(expression::tsquery(query, &facets));
            ("i.doc", "i.slot", vec![format!("i.tokens @@ {expression}::tsquery")])
        }
    };
    let least = filter.from.map(|from| place::first_document(place::first_slot(from)));
    let until = filter.until.map(|until| place::first_document(place::first_slot(until)));
    if let Some(least) = least {
        conditions.push(format!("{document} >= {}", values.add(least)));
    }
    if let Some(below) = below.iter().chain(&until).min() {
        conditions.push(format!("{document} < {}", values.add(*below)));
    }
    if let Some(calls) = calls(filter.workspace, &filter.calls, &mut values) {
        conditions.push(format!("{slot} IN ({calls})"));
    }
    if let Some(behavior) = filter.calls.behavior.filter(|behavior| behavior.evidence_only) {
        conditions.push(format!("{document} IN ({})", evidence(filter.workspace, &behavior, &mut values)));
    }
    let workspace = values.add(filter.workspace);
    let limit = values.add(i64::try_from(*limit).unwrap_or(i64::MAX));
    let sql = format!(
        "WITH hit AS (SELECT {document} AS doc FROM search_index i WHERE {} ORDER BY {document} DESC LIMIT {limit})
         SELECT hit.doc, s.call, s.number, t.position, t.participant, t.side, t.start_ms, t.end_ms, t.text
         FROM hit JOIN search_call s ON s.slot = (hit.doc >> 16)
         JOIN turn t ON t.workspace = s.workspace AND t.call = s.call AND t.number = s.number
           AND t.position = CAST(65535 - (hit.doc & 65535) AS integer)
         WHERE s.workspace = {workspace} ORDER BY hit.doc DESC",
        conditions.join(" AND ")
    );
    Statement::from_sql_and_values(db.conn().get_database_backend(), sql, values.0)
}

fn facets<'a>(filter: &'a Filter<'a>) -> Vec<Facet<'a>> {
    let side = filter.side.map(|side| Facet::Side(row::side_name(side)));
    let speaker = (!filter.speaker.is_empty()).then_some(Facet::Speaker(&filter.speaker));
    [Facet::Workspace(filter.workspace)].into_iter().chain(side).chain(speaker).collect()
}

/// The slots of the calls that the filter leaves; none when it leaves all.
fn calls(workspace: &str, filter: &CallFilter<'_>, values: &mut Values) -> Option<String> {
    let CallFilter { call, deal_id, call_type, account, reps, behavior } = filter;
    let mut conditions = Vec::new();
    for (column, value) in
        [("c.id", *call), ("c.deal_id", *deal_id), ("c.call_type", *call_type), ("s.account", account.as_str())]
    {
        if !value.is_empty() {
            conditions.push(format!("{column} = {}", values.add(value)));
        }
    }
    for rep in reps {
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM call_rep r WHERE r.workspace = s.workspace AND r.call = s.call AND r.rep = {})",
            values.add(*rep)
        ));
    }
    if let Some(behavior) = behavior.filter(|behavior| !behavior.evidence_only) {
        let of = behavior_of(&behavior, values);
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM call_behavior b WHERE b.workspace = s.workspace AND b.call = s.call
               AND b.number = s.number AND {of})"
        ));
    }
    (!conditions.is_empty()).then(|| {
        format!(
            "SELECT s.slot FROM search_call s JOIN call c ON c.workspace = s.workspace AND c.id = s.call
             WHERE s.workspace = {} AND {}",
            values.add(workspace),
            conditions.join(" AND ")
        )
    })
}

/// The documents that are evidence of a behavior.
fn evidence(workspace: &str, behavior: &Behavior<'_>, values: &mut Values) -> String {
    let of = behavior_of(behavior, values);
    format!(
        "SELECT (s.slot << 16) + 65535 - e.position FROM call_behavior b
         JOIN search_call s ON s.workspace = b.workspace AND s.call = b.call AND s.number = b.number
         JOIN behavior_turn e ON e.workspace = b.workspace AND e.call = b.call AND e.playbook = b.playbook
           AND e.behavior = b.behavior
         WHERE b.workspace = {} AND {of}",
        values.add(workspace)
    )
}

fn behavior_of(behavior: &Behavior<'_>, values: &mut Values) -> String {
    let mut of = format!("b.behavior = {} AND b.outcome = {}", values.add(behavior.id), values.add(behavior.outcome));
    if !behavior.playbook.is_empty() {
        of.push_str(&format!(" AND b.playbook = {}", values.add(behavior.playbook)));
    }
    of
}
