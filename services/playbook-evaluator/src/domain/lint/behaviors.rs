//! How many behaviors, and their weights: a handful that move the needle.

use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::{Due, Playbook};

/// Over this a playbook is hard to coach by; over the other nobody can.
const MANY: usize = 12;
const TOO_MANY: usize = 20;
/// Heaviest weight.
const MAX_WEIGHT: f64 = 100.0;
/// Most signals, concepts and risks.
const MAX_OTHERS: usize = 100;

pub fn check(playbook: &Playbook, findings: &mut Findings) {
    let n = playbook.behaviors.len();
    if n > TOO_MANY {
        findings.error(
            "too-many-behaviors",
            "behaviors",
            0,
            format!("{n} behaviors; at most {TOO_MANY} are allowed: keep the handful that move the needle"),
        );
    } else if n > MANY {
        findings.warning(
            "many-behaviors",
            "behaviors",
            0,
            format!("{n} behaviors; over {MANY} are hard to coach: keep the handful that move the needle"),
        );
    } else if n == 0 {
        findings.warning("no-behaviors", "behaviors", 0, "no behavior: calls will be read for signals and facts only");
    }
    for (what, count) in
        [("signals", playbook.signals.len()), ("concepts", playbook.concepts.len()), ("risks", playbook.risks.len())]
    {
        if count > MAX_OTHERS {
            findings.error("too-many", what, 0, format!("{count} {what}; at most {MAX_OTHERS} are allowed"));
        }
    }
    for behavior in &playbook.behaviors {
        let (path, line) = (behavior.detect.owner(), behavior.detect.line);
        if !(behavior.weight > 0.0 && behavior.weight <= MAX_WEIGHT) {
            findings.error(
                "invalid-weight",
                &format!("{path}.weight"),
                line,
                format!("must be over 0 and at most {MAX_WEIGHT}, not {}", behavior.weight),
            );
        }
        if behavior.due == Some(Due::Share(1.0)) {
            findings.warning(
                "due-at-end",
                &format!("{path}.due"),
                line,
                "due at the end of the call is no limit; leave it out",
            );
        }
    }
}
