//! Writes the turns of a transcript into the index, in the place of those of the one before.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use throughline_store::{Backend, Error, Result, Transaction, lock};

use super::{Facet, expression, place};
use crate::domain::call::Participant;
use crate::domain::transcript::Turn;
use crate::search::words;
use crate::store::row::{self, StoredCall};
use crate::store::{purges, transcripts};

/// Turns of one statement: SQLite takes at most 32,766 values.
const TURNS_A_STATEMENT: usize = 200;

/// Indexes `turns` as the transcript `number` of `call`, whose details are those it has from now on. What was indexed of
/// the call before is gone.
pub async fn index(tx: &Transaction, call: &StoredCall, number: i32, turns: &[Turn]) -> Result<()> {
    remove(tx, &call.workspace, &call.id).await?;
    let slot = free_slot(tx, call).await?;
    let sql =
        "INSERT INTO search_call (workspace, call, number, slot, account, version) VALUES ($1, $2, $3, $4, $5, $6)";
    let values: [Value; 6] = [
        call.workspace.clone().into(),
        call.id.clone().into(),
        number.into(),
        slot.into(),
        words::name_key(&call.details.account.name).into(),
        words::VERSION.into(),
    ];
    tx.execute_raw(statement(tx, sql, values)).await?;
    let speakers = Speakers::of(&call.details.participants);
    let indexed = turns.get(..place::MAX_TURNS).unwrap_or(turns);
    for (part, turns) in indexed.chunks(TURNS_A_STATEMENT).enumerate() {
        let mut rows = Rows::new(tx.backend());
        for (index, turn) in turns.iter().enumerate() {
            let position = u16::try_from(part * TURNS_A_STATEMENT + index).map_err(Error::internal)?;
            rows.add(slot, position, turn, &speakers.facets(&call.workspace, turn));
        }
        tx.execute_raw(rows.statement()).await?;
    }
    Ok(())
}

/// Indexes the call anew where it can be found by something else than `before`.
pub async fn refresh(tx: &Transaction, before: &StoredCall, call: &StoredCall) -> Result<()> {
    let same = before.details.participants == call.details.participants
        && before.details.account.name == call.details.account.name
        && before.details.start_time == call.details.start_time;
    if same || call.row.transcript == 0 {
        return Ok(());
    }
    let number = call.row.transcript;
    match transcripts::find(tx, &call.workspace, &call.id, number).await? {
        Some((_, draft)) => index(tx, call, number, &draft.turns).await,
        None => Ok(()),
    }
}

/// Takes the call out of the index. Whoever removes its transcript need not: the index goes with it.
async fn remove(tx: &Transaction, workspace: &str, call: &str) -> Result<()> {
    let values: [Value; 2] = [workspace.into(), call.into()];
    tx.execute_raw(statement(tx, "DELETE FROM search_call WHERE workspace = $1 AND call = $2", values)).await?;
    Ok(())
}

/// Removes for good what was taken out of the index: SQLite's full-text table keeps the words of a row that is gone, and
/// only notes that it is, until it is written anew.
pub async fn forget_removed(tx: &Transaction) -> Result<()> {
    if tx.backend() == Backend::Sqlite {
        purges::overwrite_removed(tx).await?;
        tx.execute_unprepared("INSERT INTO search_index (search_index) VALUES ('optimize')").await?;
    }
    Ok(())
}

/// The first free slot at the time of the call. Calls that look for one of the same second wait for each other.
async fn free_slot(tx: &Transaction, call: &StoredCall) -> Result<i64> {
    let mut first = place::first_slot(call.details.start_time.unwrap_or(call.row.created_at));
    loop {
        lock::name(tx, "search slot", &first.to_string()).await?;
        let end = place::next_second(first);
        let sql = "SELECT max(slot) AS last FROM search_call WHERE slot >= $1 AND slot < $2";
        let found = tx.query_one_raw(statement(tx, sql, [first.into(), end.into()])).await?;
        let last: Option<i64> = match found {
            Some(found) => found.try_get("", "last")?,
            None => None,
        };
        let slot = last.map_or(first, |last| last + 1);
        if slot < end {
            return Ok(slot);
        }
        first = end;
    }
}

fn statement(tx: &Transaction, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

/// By what names each participant can be asked for.
struct Speakers<'a>(Vec<(&'a str, Vec<String>)>);

impl<'a> Speakers<'a> {
    fn of(participants: &'a [Participant]) -> Self {
        let keys = |participant: &Participant| {
            let mut keys = vec![words::name_key(&participant.name), words::name_key(&participant.email)];
            keys.retain(|key| !key.is_empty());
            keys.dedup();
            keys
        };
        Self(participants.iter().map(|participant| (participant.id.as_str(), keys(participant))).collect())
    }

    fn facets<'f>(&'f self, workspace: &'f str, turn: &Turn) -> Vec<Facet<'f>> {
        let speaker = turn.speaker.participant.as_deref();
        let keys = self.0.iter().find(|(id, _)| Some(*id) == speaker).map(|(_, keys)| keys.as_slice());
        let keys = keys.unwrap_or_default().iter().map(|key| Facet::Speaker(key));
        let side = Facet::Side(row::side_name(turn.speaker.side));
        [Facet::Workspace(workspace), side].into_iter().chain(keys).collect()
    }
}

/// Rows of one statement.
struct Rows {
    backend: Backend,
    sql: String,
    values: Vec<Value>,
}

impl Rows {
    fn new(backend: Backend) -> Self {
        let sql = match backend {
            Backend::Postgres => "INSERT INTO search_index (doc, slot, tokens) VALUES ",
            Backend::Sqlite => "INSERT INTO search_index (rowid, facets, stems, forms) VALUES ",
        };
        Self { backend, sql: sql.to_owned(), values: Vec::new() }
    }

    fn add(&mut self, slot: i64, position: u16, turn: &Turn, facets: &[Facet<'_>]) {
        let words = words::words(&turn.text);
        let doc = place::document(slot, position);
        let next = self.values.len() + 1;
        if next > 1 {
            self.sql.push_str(", ");
        }
        match self.backend {
            Backend::Postgres => {
                self.sql.push_str(&format!("(${next}, ${}, ${}::tsvector)", next + 1, next + 2));
                self.values.extend([doc.into(), slot.into(), expression::tsvector(&words, facets).into()]);
            }
            Backend::Sqlite => {
                self.sql.push_str(&format!("(${next}, ${}, ${}, ${})", next + 1, next + 2, next + 3));
                self.values.push(doc.into());
                self.values.extend(expression::columns(&words, facets).map(Value::from));
            }
        }
    }

    fn statement(self) -> Statement {
        let backend = match self.backend {
            Backend::Postgres => DbBackend::Postgres,
            Backend::Sqlite => DbBackend::Sqlite,
        };
        Statement::from_sql_and_values(backend, self.sql, self.values)
    }
}
