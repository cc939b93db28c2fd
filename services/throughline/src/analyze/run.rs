//! The run of `analyze` from its inputs to the exit status.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;

use anyhow::Context as _;
use futures::StreamExt as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tempfile::TempDir;
use throughline_models::{ALL_MINILM_L6_V2_INT8, MOONSHINE_TINY_EN, Manifest, ONNX_RUNTIME};
use throughline_rpc::{Clock, trace};
use throughline_runtime::{shutdown_signal, telemetry};
use tracing::Instrument as _;

use super::clock;
use super::input::{self, Input, Kind};
use super::mesh_clients::Clients;
use super::push::{Failure, push};
use super::setup::{self, Chosen};
use super::wait::{Outcome, follow};
use crate::cli::{AnalyzeArgs, Format};
use crate::mesh::{Mesh, Options, data_folder};
use crate::report::{self, plural};
use crate::{exit, models, up};

/// Calls that are on their way at the same time.
const AT_ONCE: usize = 4;

/// `throughline analyze`.
pub(crate) async fn run(args: AnalyzeArgs) -> anyhow::Result<ExitCode> {
    let inputs = input::find(&args.paths)?;
    let models = models::folder(args.common.models.as_deref())?;
    let hears = inputs.iter().any(|input| input.kind == Kind::Recording);
    let (folder, pull) = (models.clone(), args.pull);
    tokio::task::spawn_blocking(move || models_for(hears, &folder, pull)).await??;
    let telemetry = telemetry::init("throughline", &up::telemetry_config(&args.common))?;
    let ended = with_folder(&args, inputs, models).await;
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    ended
}

/// Gets the models where `pull` asks for it. The one for speech must be here when there is something to hear; what
/// playbooks learn from examples is left out without the one for sentences, and the report says so.
fn models_for(hears: bool, folder: &Path, pull: bool) -> anyhow::Result<()> {
    if pull {
        let mut wanted = vec![ONNX_RUNTIME.to_owned(), ALL_MINILM_L6_V2_INT8.to_owned()];
        wanted.extend(hears.then(|| MOONSHINE_TINY_EN.to_owned()));
        models::pull(folder, &wanted)?;
    }
    if !hears {
        return Ok(());
    }
    let manifest = Manifest::embedded().context("the model manifest")?;
    throughline_models::locate_speech(&manifest, folder, None)
        .map(drop)
        .map_err(|missing| exit::model_missing(format!("{missing}\nor run this again with --pull")))
}

/// The data folder named, or a temporary one that is gone at the end however it ends.
async fn with_folder(args: &AnalyzeArgs, inputs: Vec<Input>, models: PathBuf) -> anyhow::Result<ExitCode> {
    let clock = clock::choose(args, &inputs)?;
    let temporary = match args.data {
        Some(_) => None,
        None => Some(TempDir::with_prefix("throughline-").context("a temporary folder")?),
    };
    let data = data_folder(args.data.as_deref().or(temporary.as_ref().map(TempDir::path)))?;
    let options = Options { data, models, port: 0, clock };
    let ended = with_mesh(args, inputs, &options).await;
    if let Some(temporary) = temporary {
        temporary.close().context("the temporary folder")?;
    }
    ended
}

async fn with_mesh(args: &AnalyzeArgs, inputs: Vec<Input>, options: &Options) -> anyhow::Result<ExitCode> {
    let mut signal = pin!(shutdown_signal());
    let mut mesh = tokio::select! {
        started = Mesh::start(options) => started?,
        code = &mut signal => return Ok(ExitCode::from(code?)),
    };
    let clients = Clients::connect(&mesh, true);
    let ask = Clients::connect(&mesh, false);
    let ended = tokio::select! {
        ended = async { analyze(args, inputs, &clients?, &ask?, &options.clock).await } => ended,
        // A service that ended can't be stopped in order; the others end with the process.
        error = mesh.failure() => return Err(error),
        code = &mut signal => code.map(ExitCode::from).map_err(anyhow::Error::new),
    };
    tokio::select! {
        stopped = mesh.stop() => ended.and_then(|code| stopped.map(|()| code)),
        code = shutdown_signal() => Ok(ExitCode::from(code?)),
    }
}

async fn analyze(
    args: &AnalyzeArgs,
    inputs: Vec<Input>,
    clients: &Clients,
    ask: &Clients,
    clock: &Clock,
) -> anyhow::Result<ExitCode> {
    let chosen = setup::prepare(clients, args, &inputs).await?;
    if args.format == Format::Text {
        report::print(&preamble(&chosen, clock))?;
    }
    let count = inputs.len();
    let run = Run { args, clients, ask, progress: MultiProgress::new() };
    let mut groups = futures::stream::iter(grouped(inputs)).map(|group| run.group(group)).buffer_unordered(AT_ONCE);
    let mut failed = 0;
    while let Some(group) = groups.next().await {
        failed += group?;
    }
    if failed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("throughline: {failed} of {count} input{} could not be analysed", plural(count));
    Ok(ExitCode::from(exit::SOME_FAILED))
}

fn preamble(chosen: &Chosen, clock: &Clock) -> String {
    let Chosen { playbook, crm } = chosen;
    let as_of = clock.now().format("%Y-%m-%d %H:%M UTC");
    report::clean(&format!("judged as of {as_of}\nplaybook   {playbook}\nCRM        {crm}\n"))
}

/// Inputs of the same call, or of calls of the same deal, one after the other in the order they came: a report shows the
/// deal as it stood after its call.
fn grouped(inputs: Vec<Input>) -> Vec<Vec<Input>> {
    let mut groups: Vec<Vec<Input>> = Vec::new();
    for input in inputs {
        match groups.iter_mut().find(|group| group.iter().any(|other| related(other, &input))) {
            Some(group) => group.push(input),
            None => groups.push(vec![input]),
        }
    }
    groups
}

fn related(one: &Input, other: &Input) -> bool {
    let deal =
        |input: &Input| input.header.as_ref().map(|header| header.deal.id.clone()).filter(|deal| !deal.is_empty());
    one.call_id == other.call_id || deal(one).is_some_and(|of_one| deal(other) == Some(of_one))
}

struct Run<'a> {
    args: &'a AnalyzeArgs,
    clients: &'a Clients,
    ask: &'a Clients,
    progress: MultiProgress,
}

impl Run<'_> {
    /// Takes inputs one after the other; how many failed.
    async fn group(&self, inputs: Vec<Input>) -> anyhow::Result<usize> {
        let mut failed = 0;
        let count = inputs.len();
        for (index, input) in inputs.iter().enumerate() {
            let span = tracing::info_span!("analyze", otel.name = "analyze", input = %input.path.display());
            failed += usize::from(!self.input(input, index + 1 == count).instrument(span).await?);
        }
        Ok(failed)
    }

    /// Analyses one input and prints what came of it. An error is one of printing.
    async fn input(&self, input: &Input, last: bool) -> anyhow::Result<bool> {
        let trace_id = trace::current_trace_id();
        let bar = self.progress.add(bar(&input.path)?);
        let ended = self.outcome(input, &bar).await;
        bar.finish_and_clear();
        self.progress.remove(&bar);
        let (text, ok) = match (&ended, self.args.format) {
            (Ok(outcome), Format::Text) => (report::text::outcome(&input.path, outcome, &trace_id, last), true),
            (Ok(outcome), Format::Json) => (report::json::outcome(&input.path, outcome, &trace_id)?, true),
            (Err(failure), Format::Text) => {
                let text = report::text::failure(&input.path, failure, &trace_id);
                self.progress.suspend(|| anstream::eprintln!("{text}"));
                return Ok(false);
            }
            (Err(failure), Format::Json) => (report::json::failure(&input.path, failure, &trace_id), false),
        };
        self.progress.suspend(|| report::print(&text))?;
        Ok(ok)
    }

    async fn outcome(&self, input: &Input, bar: &ProgressBar) -> Result<Outcome, Failure> {
        let pushed = push(self.clients, input, self.args.rep.as_deref(), None).await?;
        follow(self.clients, self.ask, pushed, bar).await
    }
}

fn bar(path: &Path) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {prefix}  {msg} {percent}%").context("progress style")?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(ProgressBar::no_length().with_style(style).with_prefix(report::clean(&name)).with_message("sending"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, call_id: &str, deal: &str) -> Input {
        let header = serde_json::json!({ "id": call_id, "deal": { "id": deal } });
        let header = serde_json::from_value(header).ok();
        Input { path: path.into(), kind: Kind::Recording, header, call_id: call_id.to_owned() }
    }

    #[test]
    fn inputs_of_one_call_or_deal_stay_in_order() {
        let inputs =
            [("a.flac", "a", ""), ("b.vtt", "b", "D-1"), ("a.vtt", "a", ""), ("c.vtt", "c", "D-1"), ("d.vtt", "d", "")];
        let groups = grouped(inputs.map(|(path, call, deal)| input(path, call, deal)).into());
        let paths: Vec<Vec<_>> =
            groups.iter().map(|group| group.iter().map(|input| input.path.display().to_string()).collect()).collect();
        assert_eq!(paths, [vec!["a.flac", "a.vtt"], vec!["b.vtt", "c.vtt"], vec!["d.vtt"]]);
    }

    #[test]
    fn a_missing_model_has_its_own_exit_status_and_names_the_command() {
        let error = models_for(true, Path::new("/nonexistent"), false).err();
        let message = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(message.contains("throughline models pull") && message.contains("--pull"), "{message}");
        let code = error.and_then(|error| error.downcast_ref::<exit::Exit>().map(|exit| exit.code));
        assert_eq!(code, Some(exit::MODEL_MISSING));
    }
}
