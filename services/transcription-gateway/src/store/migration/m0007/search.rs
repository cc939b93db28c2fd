//! Tables of the search.
//!
//! `search_call` says which transcript of a call is indexed and gives the call a slot, a number that orders calls by time.
//! A turn's document number is made of slot and position (`store::search::place`), so that the newest turns are a range
//! of one index on both databases. The words themselves lie in `search_index`: a full-text table of SQLite that keeps no
//! text, or `tsvector`s with a GIN index on PostgreSQL.

use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, Table, TableCreateStatement};
use sea_orm_migration::schema::{big_integer, integer, text, timestamp_with_time_zone as moment};

pub const INDEXES: &[&str] = &[
    // The foreign key.
    "CREATE INDEX call_behavior_transcript ON call_behavior (workspace, call, number)",
    "CREATE INDEX search_call_account ON search_call (workspace, account)",
    // The calls of a behavior.
    "CREATE INDEX call_behavior_of ON call_behavior (workspace, behavior, outcome, call)",
];

pub const SQLITE: &[&str] = &[
    // Tokens come in ready for it: `ascii` folds nothing but A-Z, and all that is not ASCII belongs to a word.
    "CREATE VIRTUAL TABLE search_index USING fts5(facets, stems, forms, content='', contentless_delete=1, tokenize='ascii')",
    // Virtual tables have no foreign keys.
    "CREATE TRIGGER search_call_gone AFTER DELETE ON search_call BEGIN
       DELETE FROM search_index WHERE rowid BETWEEN OLD.slot << 16 AND (OLD.slot << 16) + 65535;
     END",
];

pub const POSTGRES: &[&str] = &[
    "CREATE TABLE search_index (
       doc bigint PRIMARY KEY,
       slot bigint NOT NULL REFERENCES search_call (slot) ON DELETE CASCADE,
       tokens tsvector NOT NULL)",
    "CREATE INDEX search_index_tokens ON search_index USING gin (tokens)",
    "CREATE INDEX search_index_slot ON search_index (slot)",
];

pub fn search_call() -> TableCreateStatement {
    Table::create()
        .table("search_call")
        .col(text("workspace"))
        .col(text("call"))
        .col(integer("number"))
        .col(big_integer("slot").unique_key())
        .col(text("account"))
        .col(integer("version"))
        .primary_key(Index::create().col("workspace").col("call"))
        .foreign_key(&mut of_transcript("search_call"))
        .take()
}

pub fn call_behavior() -> TableCreateStatement {
    Table::create()
        .table("call_behavior")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("playbook"))
        .col(text("behavior"))
        .col(integer("number"))
        .col(text("outcome"))
        .col(text("evaluation"))
        .col(moment("evaluated_at"))
        .primary_key(Index::create().col("workspace").col("call").col("playbook").col("behavior"))
        .foreign_key(&mut of_transcript("call_behavior"))
        .take()
}

pub fn behavior_turn() -> TableCreateStatement {
    let key = ["workspace", "call", "playbook", "behavior"];
    let mut of_behavior = ForeignKey::create();
    of_behavior.from_tbl("behavior_turn").to_tbl("call_behavior").on_delete(ForeignKeyAction::Cascade);
    for column in key {
        of_behavior.from_col(column).to_col(column);
    }
    let mut table = Table::create();
    table.table("behavior_turn");
    for column in key {
        table.col(text(column));
    }
    table
        .col(integer("position"))
        .primary_key(Index::create().col(key[0]).col(key[1]).col(key[2]).col(key[3]).col("position"))
        .foreign_key(&mut of_behavior)
        .take()
}

/// Whoever removes a transcript removes what is found by it.
fn of_transcript(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, ("workspace", "call", "number"))
        .to("transcript", ("workspace", "call", "number"))
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
