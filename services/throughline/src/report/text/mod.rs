//! The report of one call for people.

mod call;
mod deal;
mod qualification;
mod words;

use std::path::Path;

use anstyle::AnsiColor;

pub(crate) use words::{cut, time};

use crate::analyze::{Failure, Outcome};
use crate::report::{painted, status_line, violations};

/// What an input led to. The deal and its forecast stand with the `last` call of the deal: before that they would speak of
/// a deal that the other calls are missing from.
pub(crate) fn outcome(input: &Path, outcome: &Outcome, trace_id: &str, last: bool) -> String {
    let deal = outcome.deal.as_ref();
    let (health, forecast) = match deal {
        Some(_) if !last => ("The deal and its forecast follow with its last call.".to_owned(), String::new()),
        _ => (deal::health(deal), deal::forecast(outcome.forecast.as_ref())),
    };
    let sections = [
        call::title(input, outcome, trace_id),
        call::behaviors(&outcome.evaluation),
        call::signals(&outcome.evaluation),
        call::facts(&outcome.evaluation),
        qualification::qualification(&outcome.evaluation),
        call::talk(&outcome.evaluation),
        call::summary(&outcome.summary),
        call::notes(&outcome.evaluation),
        deal::nudges(&outcome.nudges),
        deal::proposals(&outcome.proposals),
        health,
        forecast,
    ];
    let mut report = sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n\n");
    report.push('\n');
    report
}

/// Why an input could not be analysed, with every violation on a line of its own.
pub(crate) fn failure(input: &Path, failure: &Failure, trace_id: &str) -> String {
    let mut lines = match failure {
        Failure::Status(status) => {
            let mut lines = vec![status_line(status)];
            let listed = violations(status);
            // A single violation is the message already.
            if listed.lines().count() > 1 {
                lines.extend(listed.lines().map(|line| format!("  {line}")));
            }
            lines
        }
        Failure::Other(error) => format!("{error:#}").lines().map(str::to_owned).collect(),
    };
    if !trace_id.is_empty() {
        lines.push(format!("  trace {trace_id}"));
    }
    format!("{} {}", painted(AnsiColor::Red, &format!("{}:", input.display())), lines.join("\n"))
}

#[cfg(test)]
mod tests;
