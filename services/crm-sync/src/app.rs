//! Composition: database, peers, gRPC services, workers.

use anyhow::ensure;
use throughline_events::{Deliveries, EventType, Housekeeping, Outbox, Relay, Sink, Subscriptions};
use throughline_rpc::client::Peer;
use throughline_runtime::{App, Parts, Sections, Startup};
use throughline_store::{Db, migration};

use crate::clients::Evaluator;
use crate::config::Config;
use crate::consumer::Evaluations;
use crate::crm::{Crm, Rules};
use crate::grpc::{Proposals, Records};
use crate::store::{SCHEMA, migrations};
use crate::worker::Revisits;

/// The consumer of this service's events.
const FORECAST: &str = "forecast";

/// The CRM mirror.
pub struct CrmSync;

impl App for CrmSync {
    const NAME: &'static str = "crm-sync";
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
        let Config {
            server: _,
            telemetry: _,
            auth,
            database,
            relay,
            housekeeping,
            peers,
            import,
            association,
            proposals,
            pipeline,
        } = config;
        let Startup { clock, ids, token, shutdown: _ } = startup;
        let db = Db::connect(&database, SCHEMA).await?;
        migration::check(&db, migrations).await?;
        let evaluator = Peer::connect("playbook-evaluator", &peers.playbook_evaluator, token.clone())?;
        let forecast = Peer::connect(FORECAST, &peers.forecast, token.clone())?;
        let subscriptions = Subscriptions::new().with(FORECAST, [EventType::RecordChanged, EventType::CallAssociated]);
        let outbox = Outbox::new(subscriptions, ids.clone());
        let relay = Relay::new(db.clone(), outbox.clone(), [forecast], &relay, clock, ids)?;
        let rules = Rules { pipeline: pipeline.stages, import, association, proposals };
        let crm = Crm::new(db.clone(), clock.clone(), outbox.clone(), rules);
        let consumer = Evaluations::new(Evaluator::new(evaluator), crm.clone());
        let revisits = Revisits::new(crm.clone(), auth.workspaces.clone());
        let housekeeping = Housekeeping::new(db.clone(), housekeeping, clock.clone());
        let pinged = db.clone();
        Ok(Parts::new()
            .readiness("database", move || {
                let db = pinged.clone();
                async move { Ok(db.ping().await?) }
            })
            .serve(Records::server(crm.clone()))
            .serve(Proposals::server(crm))
            .serve(Deliveries::server(db, outbox, clock.clone()))
            .serve(Sink::server(consumer))
            .worker("relay", |shutdown| async move {
                relay.run(shutdown).await;
                Ok(())
            })
            .worker("revisits", |shutdown| async move {
                revisits.run(shutdown).await;
                Ok(())
            })
            .worker("housekeeping", |shutdown| async move {
                housekeeping.run(shutdown).await;
                Ok(())
            }))
    }
}

fn check(config: &Config) -> anyhow::Result<()> {
    let found: Vec<String> = config.violations().into_iter().map(|(field, what)| format!("{field} {what}")).collect();
    ensure!(found.is_empty(), "configuration of {}: {}", CrmSync::NAME, found.join("; "));
    Ok(())
}
