//! Composition: database, peer, gRPC services, worker.

use anyhow::ensure;
use throughline_events::{Housekeeping, Sink};
use throughline_rpc::client::Peer;
use throughline_runtime::{App, Parts, Sections, Startup};
use throughline_store::{Db, migration};

use crate::clients::Evaluator;
use crate::coach::Coach;
use crate::config::Config;
use crate::consumer::Evaluations;
use crate::grpc::Coaching;
use crate::store::{SCHEMA, migrations};

/// The coaching engine.
pub struct CoachingEngine;

impl App for CoachingEngine {
    const NAME: &'static str = "coaching-engine";
    const DEFAULTS: &'static str = include_str!("../config/default.toml");
    type Config = Config;

    fn sections(config: &Config) -> Sections {
        Sections { server: config.server.clone(), telemetry: config.telemetry.clone(), auth: config.auth.clone() }
    }

    async fn migrate(config: &Config) -> anyhow::Result<()> {
        check(config)?;
        let db = Db::connect(&config.database, SCHEMA).await?;
        migration::migrate(&db, migrations).await?;
        Ok(db.close().await?)
    }

    async fn build(config: Config, startup: &Startup) -> anyhow::Result<Parts> {
        check(&config)?;
        let Config { server: _, telemetry: _, auth: _, database, housekeeping, peers, nudges } = config;
        let db = Db::connect(&database, SCHEMA).await?;
        migration::check(&db, migrations).await?;
        let peer = Peer::connect("playbook-evaluator", &peers.playbook_evaluator, startup.token.clone())?;
        let coach = Coach::new(startup.ids.clone(), nudges);
        let consumer = Evaluations::new(db.clone(), startup.clock.clone(), Evaluator::new(peer), coach);
        let housekeeping = Housekeeping::new(db.clone(), housekeeping, startup.clock.clone());
        let pinged = db.clone();
        Ok(Parts::new()
            .serve(Coaching::server(db))
            .serve(Sink::server(consumer))
            .readiness("database", move || {
                let db = pinged.clone();
                async move { Ok(db.ping().await?) }
            })
            .worker("housekeeping", |shutdown| async move {
                housekeeping.run(shutdown).await;
                Ok(())
            }))
    }
}

fn check(config: &Config) -> anyhow::Result<()> {
    let found: Vec<String> = config.violations().into_iter().map(|(field, what)| format!("{field} {what}")).collect();
    ensure!(found.is_empty(), "configuration of {}: {}", CoachingEngine::NAME, found.join("; "));
    Ok(())
}
