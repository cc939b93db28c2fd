//! The log of what becomes of calls: written by the database itself, so that no writer, of this release or the one
//! before, can forget it.
//!
//! Changes are numbered by workspace. A number is taken under the lock of the workspace's row in `call_change_head`,
//! which is held until the transaction ends: so numbers become visible in their order, and whoever has read up to one has
//! missed none below it. On PostgreSQL the triggers wait for the commit, and with them the lock.

use sea_orm::sea_query::{Index, Table, TableCreateStatement};
use sea_orm_migration::schema::{big_integer, integer, text, timestamp_with_time_zone as moment};

/// Number of the latest change, and that of the latest which is not kept any more.
pub fn head() -> TableCreateStatement {
    Table::create()
        .table("call_change_head")
        .col(text("workspace").primary_key())
        .col(big_integer("sequence"))
        .col(big_integer("forgotten"))
        .take()
}

/// The changes. `reps` has the reps of a call that is gone, apart by blanks, since nothing else tells them then.
pub fn log() -> TableCreateStatement {
    Table::create()
        .table("call_change")
        .col(text("workspace"))
        .col(big_integer("sequence"))
        .col(text("call"))
        .col(text("kind"))
        .col(text("state"))
        .col(integer("processed_ms"))
        .col(integer("transcript"))
        .col(text("deal_id"))
        .col(text("reps"))
        .primary_key(Index::create().col("workspace").col("sequence"))
        .take()
}

/// How far the log went at a moment: by them it is known what is old, since triggers have no clock that tests can set.
pub fn mark() -> TableCreateStatement {
    Table::create()
        .table("call_change_mark")
        .col(text("workspace"))
        .col(big_integer("sequence"))
        .col(moment("marked_at"))
        .primary_key(Index::create().col("workspace").col("sequence"))
        .take()
}

pub const SQLITE: &[&str] = &[
    "CREATE TRIGGER call_created AFTER INSERT ON call BEGIN
       INSERT INTO call_change_head (workspace, sequence, forgotten) VALUES (NEW.workspace, 1, 0)
         ON CONFLICT (workspace) DO UPDATE SET sequence = sequence + 1;
       INSERT INTO call_change (workspace, sequence, call, kind, state, processed_ms, transcript, deal_id, reps)
         SELECT workspace, sequence, NEW.id, 'created', NEW.state, NEW.processed_ms, NEW.transcript, NEW.deal_id, ''
         FROM call_change_head WHERE workspace = NEW.workspace;
     END",
    "CREATE TRIGGER call_changed AFTER UPDATE ON call WHEN NEW.state <> 'purged' BEGIN
       INSERT INTO call_change_head (workspace, sequence, forgotten) VALUES (NEW.workspace, 1, 0)
         ON CONFLICT (workspace) DO UPDATE SET sequence = sequence + 1;
       INSERT INTO call_change (workspace, sequence, call, kind, state, processed_ms, transcript, deal_id, reps)
         SELECT workspace, sequence, NEW.id,
           CASE WHEN (NEW.transcript = 0 AND OLD.transcript > 0)
                  OR (NEW.recording_key IS NULL AND OLD.recording_key IS NOT NULL) THEN 'purged'
                WHEN NEW.transcript <> OLD.transcript THEN 'transcript' WHEN NEW.state <> OLD.state THEN 'state'
                WHEN NEW.processed_ms <> OLD.processed_ms THEN 'progress' ELSE 'other' END,
           NEW.state, NEW.processed_ms, NEW.transcript, NEW.deal_id, ''
         FROM call_change_head WHERE workspace = NEW.workspace;
     END",
    // While the call still has its reps, who are to be told.
    "CREATE TRIGGER call_purged AFTER UPDATE ON call WHEN NEW.state = 'purged' AND OLD.state <> 'purged' BEGIN
       INSERT INTO call_change_head (workspace, sequence, forgotten) VALUES (NEW.workspace, 1, 0)
         ON CONFLICT (workspace) DO UPDATE SET sequence = sequence + 1;
       INSERT INTO call_change (workspace, sequence, call, kind, state, processed_ms, transcript, deal_id, reps)
         SELECT workspace, sequence, NEW.id, 'purged', NEW.state, 0, 0, OLD.deal_id,
           COALESCE((SELECT group_concat(rep, ' ') FROM call_rep WHERE workspace = NEW.workspace AND call = NEW.id), '')
         FROM call_change_head WHERE workspace = NEW.workspace;
     END",
    "CREATE TRIGGER call_deleted BEFORE DELETE ON call WHEN OLD.state <> 'purged' BEGIN
       INSERT INTO call_change_head (workspace, sequence, forgotten) VALUES (OLD.workspace, 1, 0)
         ON CONFLICT (workspace) DO UPDATE SET sequence = sequence + 1;
       INSERT INTO call_change (workspace, sequence, call, kind, state, processed_ms, transcript, deal_id, reps)
         SELECT workspace, sequence, OLD.id, 'purged', 'purged', 0, 0, OLD.deal_id,
           COALESCE((SELECT group_concat(rep, ' ') FROM call_rep WHERE workspace = OLD.workspace AND call = OLD.id), '')
         FROM call_change_head WHERE workspace = OLD.workspace;
     END",
];

pub const POSTGRES: &[&str] = &[
    "CREATE FUNCTION note_call_change(changed call, what text, seen_by text) RETURNS void LANGUAGE plpgsql AS $$
     DECLARE taken bigint;
     BEGIN
       INSERT INTO call_change_head AS head (workspace, sequence, forgotten) VALUES (changed.workspace, 1, 0)
         ON CONFLICT (workspace) DO UPDATE SET sequence = head.sequence + 1 RETURNING head.sequence INTO taken;
       INSERT INTO call_change (workspace, sequence, call, kind, state, processed_ms, transcript, deal_id, reps)
         VALUES (changed.workspace, taken, changed.id, what, changed.state, changed.processed_ms, changed.transcript,
           changed.deal_id, seen_by);
     END $$",
    "CREATE FUNCTION call_written() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'INSERT' THEN PERFORM note_call_change(NEW, 'created', '');
       ELSIF NEW.state <> 'purged' THEN PERFORM note_call_change(NEW,
         CASE WHEN (NEW.transcript = 0 AND OLD.transcript > 0)
                OR (NEW.recording_key IS NULL AND OLD.recording_key IS NOT NULL) THEN 'purged'
              WHEN NEW.transcript <> OLD.transcript THEN 'transcript' WHEN NEW.state <> OLD.state THEN 'state'
              WHEN NEW.processed_ms <> OLD.processed_ms THEN 'progress' ELSE 'other' END, '');
       END IF;
       RETURN NULL;
     END $$",
    // What the call was, since that says whom it concerned, but for its state and its words.
    "CREATE FUNCTION call_purged() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE gone call := OLD;
     BEGIN
       gone.state := 'purged'; gone.processed_ms := 0; gone.transcript := 0;
       PERFORM note_call_change(gone, 'purged', COALESCE(
         (SELECT string_agg(rep, ' ') FROM call_rep WHERE workspace = OLD.workspace AND call = OLD.id), ''));
       RETURN OLD;
     END $$",
    "CREATE CONSTRAINT TRIGGER call_written AFTER INSERT OR UPDATE ON call
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION call_written()",
    // Not deferred: at the commit the call's reps, who are to be told, are gone.
    "CREATE TRIGGER call_purged AFTER UPDATE ON call FOR EACH ROW
       WHEN (NEW.state = 'purged' AND OLD.state <> 'purged') EXECUTE FUNCTION call_purged()",
    "CREATE TRIGGER call_deleted BEFORE DELETE ON call FOR EACH ROW
       WHEN (OLD.state <> 'purged') EXECUTE FUNCTION call_purged()",
];
