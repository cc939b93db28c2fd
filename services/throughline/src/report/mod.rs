//! What is printed: tables, the words for a refusal, and the reports of `analyze` as text and JSON.

pub(crate) mod json;
pub(crate) mod text;

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use tonic::Status;
use tonic_types::StatusExt as _;

/// An empty table. Its columns shrink to the terminal; into a pipe they are as wide as they need to be, without colours.
pub(crate) fn table(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headers.iter().copied());
    table
}

/// Writes a text and a line end to stdout at once, without colours where it is no terminal.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Text in a colour.
pub(crate) fn painted(color: AnsiColor, text: &str) -> String {
    let style = color.on_default();
    format!("{style}{text}{style:#}")
}

/// Text in bold.
pub(crate) fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}

/// What others wrote, safe for a terminal: no control characters but line ends.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// `s` but for one.
pub(crate) fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The violations of a refusal, one a line: `field: description`.
pub(crate) fn violations(status: &Status) -> String {
    let details = status.get_error_details();
    let found = details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default();
    if found.is_empty() {
        return clean(status.message());
    }
    let mut lines: Vec<String> =
        found.iter().map(|violation| clean(&format!("{}: {}", violation.field, violation.description))).collect();
    // The service lists so many at most and says how many there were.
    let total = details.error_info().and_then(|info| info.metadata.get("violations")?.parse::<usize>().ok());
    if let Some(more) = total.and_then(|total| total.checked_sub(found.len())).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// A refusal in one line: `FAILED_PRECONDITION (MODEL_MISSING): message`.
pub(crate) fn status_line(status: &Status) -> String {
    let details = status.get_error_details();
    let mut line = code(status);
    if let Some(info) = details.error_info() {
        line.push_str(&format!(" ({})", info.reason));
    }
    line.push_str(&format!(": {}", status.message()));
    if let Some(trace) = details.error_info().and_then(|info| info.metadata.get("trace_id")) {
        line.push_str(&format!(" (trace {trace})"));
    }
    clean(&line).replace('\n', " ")
}

/// The canonical name of a status code, for example `INVALID_ARGUMENT`.
pub(crate) fn code(status: &Status) -> String {
    let mut name = String::new();
    for c in format!("{:?}", status.code()).chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_rpc::{Error, Violations};

    fn refusal(n: usize) -> Status {
        let mut violations = Violations::new();
        for i in 0..n {
            violations.add(format!("turns[{i}].text"), "is empty");
        }
        Error::invalid(violations).into()
    }

    #[test]
    fn lists_every_violation_with_its_field() {
        assert_eq!(violations(&refusal(2)), "turns[0].text: is empty\nturns[1].text: is empty");
    }

    #[test]
    fn says_how_many_violations_were_left_out() {
        let text = violations(&refusal(1_000));
        let listed = text.lines().filter(|line| line.starts_with("turns[")).count();
        assert!(text.ends_with(&format!("\nand {} more", 1_000 - listed)), "{text}");
    }

    #[test]
    fn a_refusal_without_violations_says_its_message() {
        assert_eq!(violations(&Status::invalid_argument("too long")), "too long");
    }

    #[test]
    fn names_code_and_reason() {
        assert_eq!(status_line(&refusal(1)), "INVALID_ARGUMENT (INVALID_FIELDS): turns[0].text: is empty");
        assert_eq!(status_line(&Status::deadline_exceeded("late")), "DEADLINE_EXCEEDED: late");
    }

    #[test]
    fn takes_escape_sequences_out_of_what_others_wrote() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), "a [2Jb\nc");
    }
}
