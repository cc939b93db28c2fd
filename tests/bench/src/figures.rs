//! What a run reports, and the figures of `mesh`. Those that could not be had are null, and `problems` says why.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;

/// What a benchmark prints.
pub struct Report {
    /// With `--json`.
    pub figures: Value,
    /// Without.
    pub table: Table,
    /// What was wrong; empty when all is well.
    pub problems: Vec<String>,
}

/// A measurement, or `None` and why there is none among the problems.
pub fn keep<T>(problems: &mut Vec<String>, name: &str, measured: anyhow::Result<T>) -> Option<T> {
    measured.map_err(|error| problems.push(format!("{name}: {error:#}"))).ok()
}

/// A row for each figure: its name, its value, what it is.
pub fn table(rows: impl IntoIterator<Item = [String; 3]>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["figure", "value", "what it is"]);
    table.add_rows(rows);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A figure as it is printed.
pub fn text(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    pub cpu_per_audio_s: Option<f64>,
    pub rpc_ratio: Option<f64>,
    pub ready_ms: Option<f64>,
    pub rss_idle_mb: Option<f64>,
    pub rss_streams_mb: Option<f64>,
    pub calls_per_s: PerDatabase,
    pub pgbench_ratio: Option<f64>,
    /// What the ratios are made of.
    pub detail: Detail,
    /// What was wrong; empty when all is well.
    pub problems: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct PerDatabase<T = Option<f64>> {
    pub sqlite: T,
    pub postgres: T,
}

#[derive(Debug, Default, Serialize)]
pub struct Detail {
    pub audio_s: Option<f64>,
    /// Share of the words of the known transcript that were recognised.
    pub words_found: Option<f64>,
    pub rpc_per_s: Option<f64>,
    pub bare_rpc_per_s: Option<f64>,
    pub pgbench_per_s: Option<f64>,
}

impl Figures {
    /// Keeps a measurement, or why there is none.
    pub fn take<T>(&mut self, name: &str, measured: anyhow::Result<T>) -> Option<T> {
        keep(&mut self.problems, name, measured)
    }

    pub fn report(self) -> Report {
        Report { figures: serde_json::json!(self), table: self.table(), problems: self.problems }
    }

    fn table(&self) -> Table {
        let detail = &self.detail;
        let rows = [
            (
                "cpu_per_audio_s",
                text(self.cpu_per_audio_s, 4),
                "CPU seconds of the embedded engine per second of a call".to_owned(),
            ),
            (
                "rpc_ratio",
                text(self.rpc_ratio, 3),
                format!(
                    "unary RPCs a second, all layers / bare tonic: {} / {}",
                    text(detail.rpc_per_s, 0),
                    text(detail.bare_rpc_per_s, 0)
                ),
            ),
            (
                "ready_ms",
                text(self.ready_ms, 0),
                "`throughline up` in an empty folder until five services are healthy".to_owned(),
            ),
            ("rss_idle_mb", text(self.rss_idle_mb, 1), "resident memory of `throughline up`, idle".to_owned()),
            (
                "rss_streams_mb",
                text(self.rss_streams_mb, 1),
                "most resident memory under ten live streams with partials".to_owned(),
            ),
            (
                "calls_per_s.sqlite",
                text(self.calls_per_s.sqlite, 1),
                "transcripts a second from import to forecast".to_owned(),
            ),
            ("calls_per_s.postgres", text(self.calls_per_s.postgres, 1), "the same on PostgreSQL".to_owned()),
            (
                "pgbench_ratio",
                text(self.pgbench_ratio, 4),
                format!("calls_per_s.postgres / pgbench commits a second ({})", text(detail.pgbench_per_s, 0)),
            ),
        ];
        table(rows.map(|(name, value, what)| [name.to_owned(), value, what]))
    }
}
