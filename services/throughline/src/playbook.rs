//! `throughline playbook`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::AnsiColor;
use comfy_table::{Cell, Color};
use playbook_evaluator::domain::lint::lint;
use playbook_evaluator::domain::playbook::{Finding, Severity};
use serde_json::json;

use crate::cli::{Format, PlaybookArgs, PlaybookCommand};
use crate::report::{clean, painted, print, table};
use crate::{exit, report};

pub(crate) fn run(args: &PlaybookArgs) -> anyhow::Result<ExitCode> {
    let PlaybookCommand::Lint { files, format } = &args.command;
    lint_files(files, *format)
}

fn lint_files(files: &[PathBuf], format: Format) -> anyhow::Result<ExitCode> {
    let mut refused = false;
    for path in files {
        let document = match std::fs::read_to_string(path) {
            Ok(document) => document,
            Err(error) => {
                refused = true;
                eprintln!("throughline: {}: {error}", path.display());
                continue;
            }
        };
        let findings = lint(&document).findings;
        refused |= findings.iter().any(|finding| finding.severity == Severity::Error);
        match format {
            Format::Text => print(&text(path, &findings))?,
            Format::Json => {
                for finding in &findings {
                    print(&json_line(path, finding))?;
                }
            }
        }
    }
    Ok(if refused { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS })
}

fn text(path: &Path, findings: &[Finding]) -> String {
    if findings.is_empty() {
        return format!("{}: {}", path.display(), painted(AnsiColor::Green, "nothing to object to"));
    }
    let mut rows = table(&["severity", "rule", "place", "message"]);
    for finding in findings {
        let color = match finding.severity {
            Severity::Error => Color::Red,
            Severity::Warning => Color::Yellow,
        };
        rows.add_row([
            Cell::new(severity(finding)).fg(color),
            Cell::new(finding.rule),
            Cell::new(clean(&place(path, finding))),
            Cell::new(clean(&finding.message)),
        ]);
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let count = |n: usize, what: &str| format!("{n} {what}{}", report::plural(n));
    format!("{rows}\n{}: {}, {}", path.display(), count(errors, "error"), count(warnings, "warning"))
}

/// `path:line`, as editors and terminals know to open it, and the path inside the document.
fn place(path: &Path, finding: &Finding) -> String {
    let mut place = path.display().to_string();
    if finding.line > 0 {
        place.push_str(&format!(":{}", finding.line));
        if finding.column > 0 {
            place.push_str(&format!(":{}", finding.column));
        }
    }
    if !finding.path.is_empty() {
        place.push_str(&format!("\n{}", finding.path));
    }
    place
}

fn json_line(path: &Path, finding: &Finding) -> String {
    json!({
        "file": path.display().to_string(),
        "severity": severity(finding),
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
    })
    .to_string()
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(line: u32, column: u32) -> Finding {
        Finding {
            severity: Severity::Error,
            rule: "unknown-detector",
            path: "behaviors[3].detect".to_owned(),
            line,
            column,
            message: "there is no detector `x`".to_owned(),
        }
    }

    #[test]
    fn names_the_line_only_where_it_is_known() {
        let path = Path::new("p.yaml");
        assert_eq!(place(path, &finding(0, 0)), "p.yaml\nbehaviors[3].detect");
        assert_eq!(place(path, &finding(7, 0)), "p.yaml:7\nbehaviors[3].detect");
        assert_eq!(place(path, &finding(7, 2)), "p.yaml:7:2\nbehaviors[3].detect");
    }

    #[test]
    fn writes_a_finding_as_one_json_line() {
        let line = json_line(Path::new("p.yaml"), &finding(7, 2));
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["severity"], "error");
        assert_eq!(value["line"], 7);
    }

    #[test]
    fn the_sample_playbooks_have_no_errors() {
        for sample in [
            include_str!("../../../samples/playbooks/regulated-enterprise.yaml"),
            include_str!("../../../samples/playbooks/qualification/meddpicc.yaml"),
            include_str!("../../../samples/playbooks/qualification/spiced.yaml"),
            include_str!("../../../samples/playbooks/qualification/bant.yaml"),
        ] {
            let findings = lint(sample).findings;
            let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}
