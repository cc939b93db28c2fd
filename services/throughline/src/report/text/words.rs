//! Times, amounts and quotes as they are printed.

use throughline_proto::common::v1::{Evidence, Side};

use crate::report::{bold, clean};

/// Most characters of a quote that are printed.
const QUOTE_CHARS: usize = 90;

/// A place in a recording: `mm:ss`, or `h:mm:ss` from an hour on.
pub(crate) fn time(ms: i32) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// Words on one line, cut where they are long.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let line = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The quote of the first evidence, in quotation marks; empty where there is none.
pub(super) fn quote(evidence: &[Evidence]) -> String {
    evidence.first().map(quoted).unwrap_or_default()
}

/// The words in quotation marks, or that they went with their call.
fn quoted(evidence: &Evidence) -> String {
    match evidence.purge_time {
        Some(_) => "(erased with the call)".to_owned(),
        None => format!("“{}”", cut(&evidence.quote, QUOTE_CHARS)),
    }
}

/// When the first evidence was said.
pub(super) fn first_time(evidence: &[Evidence]) -> String {
    evidence.first().map(|first| time(first.start_ms)).unwrap_or_default()
}

/// The first evidence behind a claim, to be put on its line: ` 03:12 Tom Ashworth: “…”`; empty where there is none.
pub(super) fn said(evidence: &[Evidence]) -> String {
    let Some(first) = evidence.first() else { return String::new() };
    let who = match (first.speaker.as_str(), first.side()) {
        ("", Side::Rep) => "rep: ".to_owned(),
        ("", Side::Buyer) => "buyer: ".to_owned(),
        ("", Side::Unspecified) => String::new(),
        (name, _) => format!("{}: ", clean(name)),
    };
    format!(" {} {who}{}", time(first.start_ms), quote(evidence))
}

/// An amount with groups of thousands and its currency.
pub(super) fn money(amount: f64, currency: &str) -> String {
    let rounded = format!("{:.0}", amount.abs());
    let mut grouped = String::new();
    for (i, digit) in rounded.chars().enumerate() {
        if i > 0 && (rounded.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount < 0.0 && rounded != "0" { "-" } else { "" };
    let currency = if currency.is_empty() { String::new() } else { format!("{} ", clean(currency)) };
    format!("{currency}{sign}{grouped}")
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The name of an enum value in words: `SUMMARY_SECTION_NEXT_STEPS` without its prefix is `next steps`.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', " ")
}

/// A heading over lines; nothing where there are none.
pub(super) fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("{}\n{}", bold(title), lines.join("\n")) }
}

/// The last part of a resource name.
pub(super) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
