//! Composition: database, peers, gRPC services, workers.

use std::sync::Arc;

use anyhow::ensure;
use throughline_events::{Deliveries, EventType, Housekeeping, Outbox, Relay, Sink, Subscriptions};
use throughline_rpc::client::Peer;
use throughline_runtime::{App, Parts, Sections, Startup};
use throughline_store::{Db, migration};

use crate::assess::Assessor;
use crate::clients::Gateway;
use crate::clients::judge::Judge;
use crate::config::Config;
use crate::consumer::Transcripts;
use crate::grpc::{Evaluations, Playbooks};
use crate::learner::Learner;
use crate::live::Live;
use crate::purge::Purges;
use crate::store::{SCHEMA, migrations};
use crate::teacher::Teacher;

const COACHING: &str = "coaching-engine";
const CRM: &str = "crm-sync";
const FORECAST: &str = "forecast";

/// The playbook evaluator.
pub struct PlaybookEvaluator;

impl App for PlaybookEvaluator {
    const NAME: &'static str = "playbook-evaluator";
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
        let Config { server: _, telemetry: _, auth: _, database, relay, housekeeping, live, embeddings, judge, peers } =
            config;
        let db = Db::connect(&database, SCHEMA).await?;
        migration::check(&db, migrations).await?;
        let gateway = Peer::connect("transcription-gateway", &peers.transcription_gateway, startup.token.clone())?;
        let consumers = [
            Peer::connect(COACHING, &peers.coaching_engine, startup.token.clone())?,
            Peer::connect(CRM, &peers.crm_sync, startup.token.clone())?,
            Peer::connect(FORECAST, &peers.forecast, startup.token.clone())?,
            gateway.clone(),
        ];
        let subscriptions = consumers.iter().fold(Subscriptions::new(), |subscriptions, peer| {
            subscriptions.with(peer.name(), [EventType::EvaluationCompleted])
        });
        // Those who keep words of evaluations; the gateway is where it comes from.
        let subscriptions = [COACHING, CRM, FORECAST]
            .into_iter()
            .fold(subscriptions, |subscriptions, name| subscriptions.with(name, [EventType::CallPurged]));
        let outbox = Outbox::new(subscriptions, startup.ids.clone());
        let relay = Relay::new(db.clone(), outbox.clone(), consumers, &relay, &startup.clock, &startup.ids)?;
        let housekeeping = Housekeeping::new(db.clone(), housekeeping, startup.clock.clone());
        let gateway = Gateway::new(gateway);
        let learner = tokio::task::spawn_blocking(move || Learner::load(&embeddings)).await??;
        let teacher = Teacher::new(db.clone(), gateway.clone(), learner.clone());
        let assessor = Arc::new(Assessor::new(
            db.clone(),
            outbox.clone(),
            gateway,
            learner,
            Judge::new(&judge)?,
            startup.clock.clone(),
            startup.ids.clone(),
        ));
        let purges = Purges::new(db.clone(), outbox.clone(), Arc::clone(&assessor), startup.clock.clone());
        let pinged = db.clone();
        Ok(Parts::new()
            .readiness("database", move || {
                let db = pinged.clone();
                async move { Ok(db.ping().await?) }
            })
            .serve(Playbooks::server(db.clone(), startup.clock.clone(), teacher))
            .serve(Evaluations::server(
                db.clone(),
                startup.clock.clone(),
                startup.ids.clone(),
                Arc::clone(&assessor),
                Live::new(&live, startup.shutdown.clone()),
            ))
            .serve(Sink::server(Transcripts::new(assessor, purges)))
            .serve(Deliveries::server(db, outbox, startup.clock.clone()))
            .worker("relay", |shutdown| async move {
                relay.run(shutdown).await;
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
    ensure!(found.is_empty(), "configuration of {}: {}", PlaybookEvaluator::NAME, found.join("; "));
    Ok(())
}
