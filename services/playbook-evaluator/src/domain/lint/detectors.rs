//! Detectors that can't be reached, or that do another's work.

use crate::domain::playbook::detect::Stretch;
use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::qualification::Letter;
use crate::domain::playbook::{Detect, DetectNode, Due, Playbook, Speaker};
use std::collections::HashSet;

/// Most expressions and phrases of a playbook.
const MAX_NODES: usize = 2_000;
const MAX_PHRASES: usize = 20_000;
const MAX_PHRASE_BYTES: usize = 600;

pub fn check(playbook: &Playbook, findings: &mut Findings) {
    let (named, stated, mentioned) = (roots(playbook), stated(playbook), mentioned(playbook));
    let all: Vec<&Root<'_>> = named.iter().chain(&stated).chain(&mentioned).collect();
    for (path, detect, _) in &all {
        phrases(path, detect, findings);
    }
    for behavior in &playbook.behaviors {
        due_before_stretch(behavior.due, &behavior.detect, findings);
    }
    // What follows compares expressions with each other.
    if is_too_large(&all, findings) {
        return;
    }
    for (_, detect, _) in &all {
        unreachable(detect, findings);
    }
    overlapping(&named, findings);
    // A letter may well look for what a behavior or a signal looks for, but not for what another letter does.
    overlapping(&stated, findings);
}

fn is_too_large(all: &[&Root<'_>], findings: &mut Findings) -> bool {
    let nodes: usize = all.iter().map(|(_, d, _)| d.walk().len()).sum();
    if nodes > MAX_NODES {
        findings.error("too-large", "", 0, format!("{nodes} expressions; at most {MAX_NODES} are allowed"));
    }
    let phrases: usize = all.iter().flat_map(|(_, d, _)| d.walk()).map(|n| texts(n).map_or(0, |t| t.len())).sum();
    if phrases > MAX_PHRASES {
        findings.error("too-large", "", 0, format!("{phrases} phrases; at most {MAX_PHRASES} are allowed"));
    }
    nodes > MAX_NODES || phrases > MAX_PHRASES
}

/// A whole detector: path of its owner, and whose words it reads.
type Root<'p> = (String, &'p DetectNode, Speaker);

fn letters(playbook: &Playbook) -> impl Iterator<Item = &Letter> {
    playbook.qualification.iter().flat_map(|qualification| &qualification.letters)
}

fn stated(playbook: &Playbook) -> Vec<Root<'_>> {
    letters(playbook).map(|l| (l.detect.owner().to_owned(), &l.detect, Speaker::Either)).collect()
}

fn mentioned(playbook: &Playbook) -> Vec<Root<'_>> {
    letters(playbook).filter_map(|l| l.mentioned.as_ref()).map(|d| (d.owner().to_owned(), d, Speaker::Rep)).collect()
}

fn roots(playbook: &Playbook) -> Vec<Root<'_>> {
    let behaviors = playbook.behaviors.iter().map(|b| (&b.detect, b.side));
    let signals = playbook.signals.iter().map(|s| (&s.detect, s.side));
    let concepts = playbook.concepts.iter().map(|c| (&c.detect, c.side));
    let risks = playbook.risks.iter().map(|r| (&r.detect, Speaker::Either));
    let all = behaviors.chain(signals).chain(concepts).chain(risks);
    all.map(|(detect, side)| (detect.owner().to_owned(), detect, side)).collect()
}

fn texts(node: &DetectNode) -> Option<Vec<&String>> {
    match &node.detect {
        Detect::Phrases { of, .. } => Some(of.iter().collect()),
        Detect::Question { about, asks, .. } => Some(about.iter().chain(asks).collect()),
        Detect::Commitment { about, .. } => Some(about.iter().collect()),
        _ => None,
    }
}

fn phrases(root: &str, detect: &DetectNode, findings: &mut Findings) {
    for node in detect.walk() {
        let Some(texts) = texts(node) else { continue };
        let mut seen: HashSet<&str> = HashSet::new();
        for text in texts {
            if text.len() > MAX_PHRASE_BYTES {
                findings.error(
                    "invalid-phrase",
                    &node.path,
                    node.line,
                    format!("a phrase has {} bytes; at most {MAX_PHRASE_BYTES} are allowed", text.len()),
                );
            }
            if !seen.insert(text) {
                findings.warning("repeated-phrase", &node.path, node.line, format!("`{text}` stands twice in {root}"));
            }
        }
    }
}

/// `all` of something and its opposite; `then` of a signal that never comes from that side.
fn unreachable(detect: &DetectNode, findings: &mut Findings) {
    for node in detect.walk() {
        let Detect::All(list) = &node.detect else { continue };
        for inner in list.iter().filter_map(|n| if let Detect::Not(inner) = &n.detect { Some(inner) } else { None }) {
            if list.iter().any(|other| other.same_as(inner)) {
                findings.error(
                    "unreachable",
                    &node.path,
                    node.line,
                    "asks for something and for its opposite, so it can never be found",
                );
            }
        }
        if list.iter().all(|n| matches!(n.detect, Detect::Not(_))) {
            findings.warning(
                "only-negations",
                &node.path,
                node.line,
                "holds only `not`: nearly every turn will be found",
            );
        }
    }
    if matches!(detect.detect, Detect::Not(_)) {
        findings.warning(
            "only-negations",
            &detect.path,
            detect.line,
            "is a `not` alone: nearly every turn will be found",
        );
    }
}

fn due_before_stretch(due: Option<Due>, detect: &DetectNode, findings: &mut Findings) {
    let late = match (due, &detect.detect) {
        (Some(Due::Share(due)), Detect::Within { stretch: Stretch::Share(from, _), .. }) => *from > due,
        (Some(Due::Seconds(due)), Detect::Within { stretch: Stretch::Seconds(from, _), .. }) => *from > due,
        _ => false,
    };
    if late {
        findings.error(
            "unreachable",
            &format!("{}.due", detect.owner()),
            detect.line,
            "is due before the stretch in which it is looked for begins",
        );
    }
}

fn overlapping(named: &[Root<'_>], findings: &mut Findings) {
    for (i, (_, detect, side)) in named.iter().enumerate() {
        let twin = named
            .get(..i)
            .unwrap_or_default()
            .iter()
            .find(|(_, other, other_side)| side == other_side && other.same_as(detect));
        if let Some((first, _, _)) = twin {
            findings.error(
                "overlapping-detectors",
                &detect.path,
                detect.line,
                format!("is the same as the detector of {first}"),
            );
        }
    }
}
