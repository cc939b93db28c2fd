//! The service as its peers and callers meet it, over SQLite and PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod access;
mod deals;
mod delivery;
mod forecasts;
mod imports;
mod log;
mod paging;
mod peers;
mod purging;
mod told;
mod world;
mod writer;
