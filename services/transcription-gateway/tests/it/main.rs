//! The gateway as its callers see it, over SQLite and PostgreSQL. Tests that recognise speech need the model: they
//! look for it in THROUGHLINE_MODELS, else in the user's cache folder (`throughline models pull` puts it there).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests: what can't be had fails the test, and spawned calls are awaited"
)]

mod access;
mod calls;
mod consents;
mod consents_live;
mod engines;
mod evaluator;
mod import;
mod imports;
mod live;
mod outside;
mod playback;
mod recordings;
mod refusals;
mod remote;
mod restart;
mod retention;
mod riva;
mod search;
mod search_agrees;
mod search_filters;
mod settings;
mod sound;
mod storage;
mod telephony;
mod update;
mod uploads;
mod voices;
mod watch;
mod watch_ends;
mod words;
mod world;
