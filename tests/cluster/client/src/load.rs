//! Steady load from outside the mesh, as one caller: unary calls at a fixed rate whatever the answers, live streams, and
//! watches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::mesh::Mesh;
use crate::tally::Tally;
use crate::{streams, unary, watches};

#[derive(Args)]
pub struct Arguments {
    /// Where the services are.
    #[arg(long)]
    mesh: PathBuf,
    /// Unary calls a second, all services together.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Live streams held at the same time.
    #[arg(long, default_value_t = 4)]
    streams: usize,
    /// Watches on all calls, held at the same time.
    #[arg(long, default_value_t = 2)]
    watches: usize,
    /// Seconds; without it until SIGTERM.
    #[arg(long)]
    seconds: Option<u64>,
    /// Only reads: no call is created.
    #[arg(long)]
    read_only: bool,
}

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let peers = Mesh::read(&arguments.mesh)?.connect()?;
    let tally = Arc::new(Tally::default());
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for index in 0..arguments.streams {
        tasks.spawn(streams::hold(peers.clone(), index, Arc::clone(&tally), stopped.clone()));
    }
    let (unwatch, unwatched) = watch::channel(false);
    let mut watching = JoinSet::new();
    for _ in 0..arguments.watches {
        watching.spawn(watches::hold(peers.clone(), Arc::clone(&tally), unwatched.clone()));
    }
    let pause = Duration::from_secs(1) / arguments.rate.max(1);
    tasks.spawn(unary::steadily(peers, pause, arguments.read_only, Arc::clone(&tally), stopped));
    let mut terminated = signal(SignalKind::terminate())?;
    let enough = async {
        match arguments.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = enough => {}
        _ = terminated.recv() => {}
    }
    stop.send(true)?;
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    // When nothing is created any more, watches must come to know all of it.
    unwatch.send(true)?;
    while let Some(ended) = watching.join_next().await {
        ended??;
    }
    println!("{}", tally.report());
    Ok(())
}
