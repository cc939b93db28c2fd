//! The figures of a run. Those that could not be had are null, and `problems` says why.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

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
pub struct PerDatabase {
    pub sqlite: Option<f64>,
    pub postgres: Option<f64>,
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
        measured.map_err(|error| self.problems.push(format!("{name}: {error:#}"))).ok()
    }

    pub fn table(&self) -> Table {
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
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["figure", "value", "what it is"]);
        for (name, value, what) in rows {
            table.add_row([name.to_owned(), value, what]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

fn text(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}
