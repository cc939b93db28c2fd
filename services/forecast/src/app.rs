//! Composition: database, peers, gRPC services, worker.

use std::sync::Arc;

use anyhow::ensure;
use throughline_events::{Housekeeping, Sink};
use throughline_rpc::client::Peer;
use throughline_runtime::{App, Parts, Sections, Startup};
use throughline_store::{Db, migration};

use crate::clients::{Crm, Evaluator};
use crate::config::Config;
use crate::consumer::Intake;
use crate::grpc::Forecasts;
use crate::knowledge::Knowledge;
use crate::store::{Reader, SCHEMA, migrations};

/// The forecast service.
pub struct Forecast;

impl App for Forecast {
    const NAME: &'static str = "forecast";
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
        let Config { server: _, telemetry: _, auth: _, database, housekeeping, peers, memory, health } = config;
        let db = Db::connect(&database, SCHEMA).await?;
        migration::check(&db, migrations).await?;
        let crm = Crm::new(Peer::connect("crm-sync", &peers.crm_sync, startup.token.clone())?);
        let evaluator = Peer::connect("playbook-evaluator", &peers.playbook_evaluator, startup.token.clone())?;
        let intake = Intake::new(db.clone(), startup.clock.clone(), Evaluator::new(evaluator), crm);
        let reader = Reader::new(db.clone());
        let knowledge = Knowledge::new(reader, startup.clock.clone(), health.requirements(), memory.max_entries);
        let housekeeping = Housekeeping::new(db.clone(), housekeeping, startup.clock.clone());
        Ok(Parts::new()
            .serve(Forecasts::server(Arc::new(knowledge)))
            .serve(Sink::server(intake))
            .readiness("database", move || {
                let db = db.clone();
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
    ensure!(found.is_empty(), "configuration of {}: {}", Forecast::NAME, found.join("; "));
    Ok(())
}
