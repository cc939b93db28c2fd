//! Composition: database, engine, recordings, service, workers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use throughline_events::{Deliveries, EventType, Housekeeping, Outbox, Relay, Sink, Subscriptions};
use throughline_rpc::Clock;
use throughline_rpc::client::Peer;
use throughline_runtime::{App, Parts, Sections, Startup};
use throughline_store::{Backend, Db, migration};
use tokio::sync::{Notify, Semaphore, watch as channel};

use crate::clients::{Crm, Evaluator};
use crate::config::{Config, ImportConfig, SpeechConfig, VoicesConfig};
use crate::consent::ConsentGate;
use crate::consumer::Evaluations;
use crate::engine::embedded::{Embedded, Settings};
use crate::engine::grants::Grants;
use crate::engine::router::Router;
#[cfg(feature = "whisper")]
use crate::engine::whisper::Whispers;
use crate::engine::{Means, SpeechEngine, build};
use crate::grpc::consents::Consents;
use crate::grpc::corrections::Corrections;
use crate::grpc::engines::SpeechEngines;
use crate::grpc::imports::ImportStatus;
use crate::grpc::riva::RivaEdge;
use crate::grpc::search::Search;
use crate::grpc::settings::Settings as SettingsService;
use crate::grpc::upload::Writers;
use crate::grpc::uploads::Uploads;
use crate::grpc::voices::Voices as VoiceService;
use crate::grpc::watch::Watches;
use crate::grpc::{self, Transcription};
use crate::parts::Parts as UploadParts;
use crate::recordings::Recordings;
use crate::store;
use crate::store::imports::SourceKey;
use crate::store::{SCHEMA, engines, migrations, work};
use crate::telephony;
use crate::voices::{Settings as VoiceSettings, Voices};
use crate::worker::changes::{ChangeFeed, Latest};
use crate::worker::gauges::Gauges;
use crate::worker::imports::{Imports, Source};
use crate::worker::indexer::Indexer;
use crate::worker::live::{LiveCalls, Stops};
use crate::worker::retention::Retention;
use crate::worker::sweep::Sweep;
use crate::worker::tasks;
use crate::worker::transcriber::Transcriber;
use crate::worker::uploads::Sweep as UploadSweep;
use crate::worker::voices::Expiry;

/// Name of the service.
pub const NAME: &str = "transcription-gateway";
const EVALUATOR: &str = "playbook-evaluator";
const CRM: &str = "crm-sync";

/// The transcription gateway.
#[derive(Debug)]
pub struct TranscriptionGateway;

impl App for TranscriptionGateway {
    const NAME: &'static str = NAME;
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
            recordings,
            retention,
            consent,
            uploads,
            speech,
            voices,
            live,
            telephony,
            search,
            watch,
            imports,
            peers,
        } = config;
        let Startup { clock, ids, token, shutdown } = startup;
        let db = Db::connect(&database, SCHEMA).await?;
        migration::check(&db, migrations).await?;
        end_leases_of_the_dead(&db).await?;
        let (store, abandoned) = Recordings::open(&recordings)
            .with_context(|| format!("the store of recordings at {} can't be used", recordings.location().url))?;
        let parts = UploadParts::new(&store);
        let voice_models = Arc::new(Voices::new(voice_settings(&speech, &voices)?));
        let engines = Engines::new(speech, clock)?;
        // Known before the first call comes.
        engines.router.declare(engines::all(db.conn()).await?);
        let told = [EventType::TranscriptFinalized, EventType::CallPurged];
        let outbox = Outbox::new(Subscriptions::new().with(EVALUATOR, told), ids.clone());
        let evaluator = Peer::connect(EVALUATOR, &peers.playbook_evaluator, token.clone())?;
        let crm = Crm::new(Peer::connect(CRM, &peers.crm_sync, token.clone())?);
        let evaluations = Evaluations::new(db.clone(), clock.clone(), Evaluator::new(evaluator.clone()));
        let relay = Relay::new(db.clone(), outbox.clone(), [evaluator], &relay, clock, ids)?;
        let sweep_interval = housekeeping.interval;
        let latest = Arc::new(channel::Sender::new(Latest::new()));
        let feed = ChangeFeed {
            db: db.clone(),
            clock: clock.clone(),
            latest: Arc::clone(&latest),
            poll_interval: watch.poll_interval,
            retention: watch.retention,
            interval: housekeeping.interval,
        };
        let indexer = Indexer { db: db.clone(), interval: search.backlog_interval };
        let housekeeping = Housekeeping::new(db.clone(), housekeeping, clock.clone());
        let purged = Arc::new(Notify::new());
        let keeper = Retention {
            db: db.clone(),
            outbox: outbox.clone(),
            recordings: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            interval: retention.interval,
            wake: Arc::clone(&purged),
        };
        let sweep = Sweep {
            db: db.clone(),
            recordings: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            interval: recordings.sweep_interval,
            grace: recordings.orphan_grace,
            keys_file: recordings.keys_file().map(Path::to_path_buf),
        };
        let gate = ConsentGate { default: consent.rule };
        let transcriber = Transcriber::new(
            (db.clone(), outbox.clone()),
            store.clone(),
            (Arc::clone(&engines.router), Arc::clone(&voice_models)),
            gate,
            clock.clone(),
            recordings,
            ids,
        );
        let uploads_sweep =
            UploadSweep { db: db.clone(), parts: parts.clone(), clock: clock.clone(), interval: sweep_interval };
        let (tasks, runner) = tasks::channel();
        let watches = Watches {
            db: db.clone(),
            latest,
            tasks: tasks.clone(),
            room: Arc::new(Semaphore::new(watch.max_streams)),
            heartbeat: watch.heartbeat,
            slow_timeout: watch.slow_timeout,
            shutdown: shutdown.clone(),
        };
        let service = Transcription {
            db: db.clone(),
            outbox: outbox.clone(),
            recordings: store,
            engines: Arc::clone(&engines.router),
            clock: clock.clone(),
            ids: ids.clone(),
            consent: gate,
            crm,
            wake: Arc::clone(&transcriber.wake),
            live: LiveCalls {
                db: db.clone(),
                outbox: outbox.clone(),
                engines: Arc::clone(&engines.router),
                voices: Arc::clone(&voice_models),
                consent: gate,
                clock: clock.clone(),
                owner: ids.next().to_string(),
                idle_timeout: live.idle_timeout,
                slow_timeout: live.slow_timeout,
                shutdown: shutdown.clone(),
                stops: Stops::default(),
            },
            streams: Arc::new(Semaphore::new(live.max_streams)),
            writers: Writers { room: Arc::new(Semaphore::new(uploads.writers)), idle_timeout: uploads.idle_timeout },
            tasks,
            retention: retention.default,
            purged,
        };
        let consents = Consents { transcription: service.clone() };
        let resumable = Uploads { transcription: service.clone(), parts, expire_after: uploads.expire_after };
        let declared = SpeechEngines {
            db: db.clone(),
            clock: clock.clone(),
            router: Arc::clone(&engines.router),
            grants: engines.grants.clone(),
        };
        let riva = RivaEdge {
            router: Arc::clone(&engines.router),
            streams: Arc::clone(&service.streams),
            tasks: service.tasks.clone(),
            idle_timeout: live.idle_timeout,
            slow_timeout: live.slow_timeout,
            shutdown: shutdown.clone(),
        };
        let enrolment =
            VoiceService { transcription: service.clone(), models: voice_models, retention: voices.retention };
        let expiry = Expiry { db: db.clone(), clock: clock.clone(), interval: sweep_interval };
        let (pinged, read) = (db.clone(), db.clone());
        let watcher = watcher(&imports, service.clone(), ids.next().to_string())?;
        let watched =
            imports.iter().map(|(name, import)| SourceKey { workspace: import.workspace.clone(), name: name.clone() });
        let gauges = Gauges::new(db.clone(), watched.collect());
        let status = ImportStatus { db: db.clone(), sources: Arc::new(imports.into_iter().collect()) };
        let telephone = telephony::open(telephony, auth, service.clone()).await?;
        let parts = match telephone {
            Some(edge) => edge.join(Parts::new())?,
            None => Parts::new(),
        };
        Ok(parts
            .readiness("database", move || {
                let db = pinged.clone();
                async move { Ok(db.ping().await?) }
            })
            .serve(grpc::Playback::server(service.clone()))
            .serve(grpc::Retention::server(service.clone()))
            .serve(service.server())
            .serve(resumable.server())
            .serve(enrolment.server())
            .serve(Corrections { db: db.clone(), outbox: outbox.clone(), clock: clock.clone() }.server())
            .serve(SettingsService { db: db.clone(), clock: clock.clone() }.server())
            .serve(consents.server())
            .serve(status.server())
            .serve(declared.server())
            .serve(riva.server())
            .serve(Search::server(db.clone()))
            .serve(watches.server())
            .serve(Sink::server(evaluations))
            .serve(Deliveries::server(db, outbox, clock.clone()))
            .worker("relay", |shutdown| async move {
                relay.run(shutdown).await;
                Ok(())
            })
            .worker("housekeeping", |shutdown| async move {
                housekeeping.run(shutdown).await;
                Ok(())
            })
            .worker("imports", |shutdown| async move {
                watcher.run(shutdown).await;
                Ok(())
            })
            .worker("uploads", |shutdown| async move {
                uploads_sweep.run(shutdown).await;
                Ok(())
            })
            .worker("retention", |shutdown| async move {
                keeper.run(shutdown).await;
                Ok(())
            })
            .worker("recordings", |shutdown| async move {
                tokio::join!(sweep.run(shutdown.clone()), abandoned.run(shutdown));
                Ok(())
            })
            .worker("changes", |shutdown| async move {
                feed.run(shutdown).await;
                Ok(())
            })
            .worker("gauges", |shutdown| async move {
                gauges.run(shutdown).await;
                Ok(())
            })
            .worker("indexer", |shutdown| async move {
                indexer.run(shutdown).await;
                Ok(())
            })
            .worker("voices", |shutdown| async move {
                expiry.run(shutdown).await;
                Ok(())
            })
            .worker("speech", |shutdown| async move {
                let load = || engines::all(read.conn());
                let routing = engines.router.run(engines.reload_interval, load, shutdown.clone());
                tokio::join!(runner.run(shutdown.clone()), transcriber.run(shutdown), routing);
                // Last: streams and recordings need them to end well.
                engines.stop().await;
                Ok(())
            }))
    }
}

/// Opens the stores of watched prefixes.
fn watcher(
    imports: &BTreeMap<String, ImportConfig>,
    transcription: Transcription,
    owner: String,
) -> anyhow::Result<Imports> {
    let source = |(name, import): (&String, &ImportConfig)| {
        let connected = import.location().connect();
        anyhow::Ok(Source {
            key: SourceKey { workspace: import.workspace.clone(), name: name.clone() },
            connected: connected.with_context(|| format!("imports.{name} at {} can't be used", import.url))?,
            poll_interval: import.poll_interval,
            settle: import.settle,
        })
    };
    let sources = imports.iter().map(source).collect::<anyhow::Result<_>>()?;
    Ok(Imports { transcription, sources, owner })
}

fn check(config: &Config) -> anyhow::Result<()> {
    let found: Vec<String> = config.violations().into_iter().map(|(field, what)| format!("{field} {what}")).collect();
    ensure!(found.is_empty(), "configuration of {NAME}: {}", found.join("; "));
    Ok(())
}

/// A SQLite file has one process: whoever held leases when it starts was killed.
async fn end_leases_of_the_dead(db: &Db) -> anyhow::Result<()> {
    if db.backend() == Backend::Sqlite {
        let tx = db.begin().await?;
        work::release_all(&tx).await?;
        store::imports::release_all(&tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn voice_settings(speech: &SpeechConfig, voices: &VoicesConfig) -> anyhow::Result<VoiceSettings> {
    let given = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
    let models_dir = given(&speech.models_dir)
        .or_else(throughline_models::default_dir)
        .context("speech.models_dir is empty and the user has no cache folder")?;
    let VoicesConfig { sessions, retention: _ } = voices;
    Ok(VoiceSettings { models_dir, runtime_library: given(&speech.runtime_library), sessions: *sessions })
}

/// The speech engines of this process.
struct Engines {
    embedded: Arc<dyn SpeechEngine>,
    router: Arc<Router>,
    grants: Grants,
    reload_interval: Duration,
    #[cfg(feature = "whisper")]
    whisper: Whispers,
}

impl Engines {
    fn new(config: SpeechConfig, clock: &Clock) -> anyhow::Result<Self> {
        let routing = config.routing();
        let SpeechConfig { models_dir, runtime_library, workers, queue, queue_timeout, .. } = config;
        let SpeechConfig { reload_interval, allowed_hosts, credentials, ca_file, .. } = config;
        let given = |path: PathBuf| (!path.as_os_str().is_empty()).then_some(path);
        let models_dir = given(models_dir)
            .or_else(throughline_models::default_dir)
            .context("speech.models_dir is empty and the user has no cache folder")?;
        let runtime_library = given(runtime_library);
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if workers == 0 { cores() } else { workers };
        let embedded: Arc<dyn SpeechEngine> = Arc::new(Embedded::new(Settings {
            models_dir: models_dir.clone(),
            runtime_library: runtime_library.clone(),
            workers,
            queue,
            wait: queue_timeout,
        }));
        let grants = Grants::new(allowed_hosts, credentials);
        #[cfg(feature = "whisper")]
        let whisper = Whispers::new(models_dir.clone(), workers);
        let means = Means {
            embedded: Arc::clone(&embedded),
            models_dir,
            runtime_library,
            grants: grants.clone(),
            ca_file: given(ca_file),
            #[cfg(feature = "whisper")]
            whisper: whisper.clone(),
        };
        let builder = Box::new(move |workspace: &str, spec: &_| build(workspace, spec, &means));
        let router = Arc::new(Router::new(routing, builder, clock.clone()));
        Ok(Self {
            embedded,
            router,
            grants,
            reload_interval,
            #[cfg(feature = "whisper")]
            whisper,
        })
    }

    /// Ends them, after the work at hand.
    async fn stop(&self) {
        self.router.stop().await;
        self.embedded.stop().await;
        #[cfg(feature = "whisper")]
        self.whisper.stop().await;
    }
}
