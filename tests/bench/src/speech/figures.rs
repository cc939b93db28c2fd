//! The figures of `speech`. Those that could not be had are null, and `problems` says why.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};

use super::engines::{OURS, PEERS};
use super::stereo::Stereo;
use super::voices::Voices;
use crate::figures::{Report, text};

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// Ours.
    #[serde(flatten)]
    pub ours: Option<Engine>,
    pub libmoonshine: Option<Engine>,
    pub faster_whisper_tiny_en: Option<Engine>,
    pub faster_whisper_base: Option<Engine>,
    /// What was heard on each side of the recording with two speakers.
    pub stereo: Option<Stereo>,
    pub final_latency_ms: Option<Latency>,
    pub live: BTreeMap<usize, Live>,
    pub memory_per_stream_mb: Option<f64>,
    pub long: Option<Long>,
    #[serde(flatten)]
    pub voices: Option<Voices>,
    pub normaliser: Option<String>,
    pub clips: usize,
    pub cores: usize,
    /// Load average of the machine, one minute, at the start and at the end: what else ran moves times on the clock.
    pub load: [Option<f64>; 2],
    /// What is no fault, but should be known of these figures.
    pub notes: Vec<String>,
    pub problems: Vec<String>,
}

/// One engine.
#[derive(Debug, Clone, Serialize)]
pub struct Engine {
    pub version: String,
    #[serde(flatten)]
    pub hearing: Hearing,
    /// The same clips at 8 kHz, µ-law.
    pub telephone: Hearing,
    pub load_cpu_s: f64,
    pub peak_mb: f64,
    pub all_cores: Option<Machine>,
}

/// How well and at what cost.
#[derive(Debug, Clone, Serialize)]
pub struct Hearing {
    #[serde(flatten)]
    pub quality: Quality,
    pub cpu_per_audio_s: Option<f64>,
    /// Of a peer: its processor time over ours.
    pub cpu_ratio: Option<f64>,
}

/// Word errors, as `score.py` prints them.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Quality {
    pub wer: Option<f64>,
    /// By the normaliser alone: spelled letters and digits as the engine happens to group them.
    pub plain: Option<f64>,
    pub words: usize,
    pub substituted: usize,
    pub deleted: usize,
    pub inserted: usize,
    pub clips: usize,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_source: BTreeMap<String, Quality>,
}

/// On all cores.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    pub cpu_per_audio_s: f64,
    pub wall_per_audio_s: f64,
}

/// From the end of speech to the final segment, by number of streams.
#[derive(Debug, Default, Serialize)]
pub struct Latency {
    pub p50: BTreeMap<usize, f64>,
    pub p95: BTreeMap<usize, f64>,
}

/// What a number of live streams was like.
#[derive(Debug, Clone, Serialize)]
pub struct Live {
    /// Ends of speech whose final came, and those that came to no final.
    pub finals: usize,
    pub missing: usize,
    /// Share of all final segments that say whose voice they are: under load finals do not wait for it.
    pub with_voice: f64,
    pub max_ms: f64,
    /// Most resident memory of the gateway.
    pub rss_mb: f64,
    /// Processor time of the gateway for a second of sound, with partials, storage and gRPC.
    pub cpu_per_audio_s: f64,
}

/// A recording of hours.
#[derive(Debug, Clone, Serialize)]
pub struct Long {
    pub hours: f64,
    pub turns: usize,
    /// Time on the clock from the end of the upload to the transcript, over the length of the recording.
    pub real_time_factor: f64,
    pub cpu_per_audio_s: f64,
    /// Most resident memory of the gateway: after a recording of ten minutes, and after the long one.
    pub peak_mb_ten_minutes: f64,
    pub peak_mb: f64,
}

impl Figures {
    pub fn peers(&self) -> [(&'static str, Option<&Engine>); 3] {
        let [libmoonshine, tiny, base] = PEERS;
        [
            (libmoonshine, self.libmoonshine.as_ref()),
            (tiny, self.faster_whisper_tiny_en.as_ref()),
            (base, self.faster_whisper_base.as_ref()),
        ]
    }

    /// Puts an engine in its place, and what it costs beside ours.
    pub fn put(&mut self, name: &str, mut engine: Engine) {
        if let Some(ours) = &self.ours {
            let ratio = |theirs: Option<f64>, ours: Option<f64>| theirs.zip(ours).map(|(theirs, ours)| theirs / ours);
            engine.hearing.cpu_ratio = ratio(engine.hearing.cpu_per_audio_s, ours.hearing.cpu_per_audio_s);
            engine.telephone.cpu_ratio = ratio(engine.telephone.cpu_per_audio_s, ours.telephone.cpu_per_audio_s);
        }
        let place = match name {
            "libmoonshine" => &mut self.libmoonshine,
            "faster_whisper_tiny_en" => &mut self.faster_whisper_tiny_en,
            "faster_whisper_base" => &mut self.faster_whisper_base,
            _ => &mut self.ours,
        };
        *place = Some(engine);
    }

    pub fn report(self) -> Report {
        Report { figures: serde_json::json!(self), table: self.table(), problems: self.problems }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let engines: Vec<(&str, Option<&Engine>)> =
            std::iter::once((OURS, self.ours.as_ref())).chain(self.peers()).collect();
        table.set_header(std::iter::once("figure").chain(engines.iter().map(|(name, _)| *name)).chain(["what it is"]));
        let mut row = |name: String, figure: &dyn Fn(&Engine) -> String, what: &str| {
            let cells = engines.iter().map(|(_, engine)| engine.map_or_else(|| "-".to_owned(), figure));
            table.add_row(std::iter::once(name).chain(cells).chain([what.to_owned()]));
        };
        for (list, hearing) in lists() {
            of_hearing(list, hearing, self.ours.as_ref(), &mut row);
        }
        row("peak_mb".to_owned(), &|e| text(Some(e.peak_mb), 0), "most resident memory of its process");
        let all_cores = |e: &Engine| text(e.all_cores.as_ref().map(|all| all.cpu_per_audio_s), 4);
        row("all_cores.cpu_per_audio_s".to_owned(), &all_cores, "the same, free to use all cores; one clip in five");
        let wall = |e: &Engine| text(e.all_cores.as_ref().map(|all| all.wall_per_audio_s), 4);
        row("all_cores.wall_per_audio_s".to_owned(), &wall, "on the clock");
        if let Some(Stereo { rep, buyer }) = &self.stereo {
            for (name, heard) in [("stereo.rep", rep), ("stereo.buyer", buyer)] {
                table.add_row([name, "", "", "", "", heard]);
            }
        }
        for [name, value, what] in self.of_gateway() {
            table.add_row([name, value, String::new(), String::new(), String::new(), what]);
        }
        for column in 1..=4 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for note in &self.notes {
            table.add_row(["note", "", "", "", "", note]);
        }
        table
    }

    fn of_gateway(&self) -> Vec<[String; 3]> {
        let mut rows = Vec::new();
        let mut row = |name: String, value: Option<f64>, decimals: usize, what: String| {
            rows.push([name, text(value, decimals), what]);
        };
        if let Some(Latency { p50, p95 }) = &self.final_latency_ms {
            for (streams, live) in &self.live {
                let what = format!("end of speech to final segment, {streams} streams; {} finals", live.finals);
                row(format!("final_latency_ms.p50.{streams}"), p50.get(streams).copied(), 0, what);
                let what = format!("at most {:.0}; {} ends of speech without a final", live.max_ms, live.missing);
                row(format!("final_latency_ms.p95.{streams}"), p95.get(streams).copied(), 0, what);
                let what = "of the gateway, with partials".to_owned();
                row(format!("live.{streams}.cpu_per_audio_s"), Some(live.cpu_per_audio_s), 4, what);
                let what = "share of final segments that say whose voice they are".to_owned();
                row(format!("live.{streams}.with_voice"), Some(live.with_voice), 2, what);
                row(format!("live.{streams}.rss_mb"), Some(live.rss_mb), 0, "most resident memory".to_owned());
            }
        }
        let what = "more resident memory for each stream more".to_owned();
        row("memory_per_stream_mb".to_owned(), self.memory_per_stream_mb, 2, what);
        if let Some(long) = &self.long {
            let what = format!("{} h recording, {} turns: on the clock", long.hours, long.turns);
            row("long.real_time_factor".to_owned(), Some(long.real_time_factor), 4, what);
            row("long.cpu_per_audio_s".to_owned(), Some(long.cpu_per_audio_s), 4, "of the gateway".to_owned());
            let what = format!("of the gateway; {:.0} after ten minutes of sound", long.peak_mb_ten_minutes);
            row("long.peak_mb".to_owned(), Some(long.peak_mb), 0, what);
        }
        if let Some(voices) = &self.voices {
            let what = format!("wrong parts of speech, {:.0} s of 2 to 4 speakers who overlap", voices.audio_s);
            row("der".to_owned(), Some(voices.der), 3, what);
            row("online_der".to_owned(), voices.online_der, 3, "the same as a live stream".to_owned());
            row("der_peer".to_owned(), voices.der_peer, 3, "of the peer, same files, same count".to_owned());
            let what = "processor time of a second of sound".to_owned();
            row("diarize_cpu_per_audio_s".to_owned(), Some(voices.diarize_cpu_per_audio_s), 4, what);
            row("peer_cpu_per_audio_s".to_owned(), voices.peer_cpu_per_audio_s, 4, "of the peer".to_owned());
        }
        rows
    }
}

type List = fn(&Engine) -> &Hearing;

fn lists() -> [(&'static str, List); 2] {
    [("", |engine| &engine.hearing), ("telephone.", |engine| &engine.telephone)]
}

/// Adds a row: its name, its figure of an engine, what it is.
type Row<'a> = dyn FnMut(String, &dyn Fn(&Engine) -> String, &str) + 'a;

/// The rows of the clips as they are, or over the telephone.
fn of_hearing(list: &str, hearing: List, ours: Option<&Engine>, row: &mut Row<'_>) {
    let percent = |rate: Option<f64>| text(rate.map(|rate| rate * 100.0), 1);
    row(format!("{list}wer"), &|e| percent(hearing(e).quality.wer), "% of words wrong, spelled ones taken apart");
    row(format!("{list}plain"), &|e| percent(hearing(e).quality.plain), "% by the normaliser alone");
    for source in ours.map(|ours| hearing(ours).quality.by_source.keys()).into_iter().flatten() {
        let figure = |e: &Engine| percent(hearing(e).quality.by_source.get(source).and_then(|source| source.wer));
        row(format!("{list}by_source.{source}.wer"), &figure, "");
    }
    let cpu = |e: &Engine| text(hearing(e).cpu_per_audio_s, 4);
    row(format!("{list}cpu_per_audio_s"), &cpu, "processor time of a second of sound, one core");
    row(format!("{list}cpu_ratio"), &|e| text(hearing(e).cpu_ratio, 1), "over ours");
}
