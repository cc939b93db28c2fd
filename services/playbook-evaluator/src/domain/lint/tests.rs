use super::*;
use rstest::rstest;
use std::collections::BTreeSet;

const HEAD: &str = "id: p\ntitle: T\nmotion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}\n";

fn behavior(id: &str, extra: &str) -> String {
    format!("  - id: {id}\n    description: d\n    detect: {{phrases: [\"about {id}\"]}}\n{extra}")
}

fn with(behaviors: &[String]) -> String {
    format!("{HEAD}behaviors:\n{}", behaviors.concat())
}

fn rules(document: &str) -> Vec<(&'static str, String)> {
    lint(document).findings.into_iter().map(|f| (f.rule, f.path)).collect()
}

#[test]
fn a_sound_playbook_compiles_without_findings() {
    let linted = lint(&with(&[behavior("agenda", "")]));
    assert_eq!(linted.findings, []);
    assert!(linted.revision.is_some());
}

#[rstest]
#[case("behaviors: [", "yaml", "")]
#[case("colour: red", "unknown-key", "colour")]
#[case("fit: {}", "unsupported-key", "fit")]
#[case("signals: [{id: s, description: d, detect: {judge: 'is it so?'}}]", "misplaced-key", "signals[0].detect.judge")]
#[case(
    "signals: [{id: s, description: d, detect: {examples: {starter: s, judge: ''}}}]",
    "empty-text",
    "signals[0].detect.examples.judge"
)]
#[case(
    "signals: [{id: s, description: d, detect: {count: {of: {fact: budget}}}}]",
    "missing-field",
    "signals[0].detect.count"
)]
#[case(
    "signals: [{id: s, description: d, detect: {count: {of: {fact: budget}, at_least: 3, at_most: 2}}}]",
    "out-of-range",
    "signals[0].detect.count.at_most"
)]
#[case(
    "signals: [{id: s, description: d, detect: {count: {of: {fact: budget}, at_least: 0}}}]",
    "out-of-range",
    "signals[0].detect.count.at_least"
)]
#[case(
    "signals: [{id: s, description: d, detect: {commitment: {who: seller}}}]",
    "unknown-value",
    "signals[0].detect.commitment.who"
)]
#[case(
    "signals: [{id: s, description: d, detect: {commitment: {about: ['{a|']}}}]",
    "invalid-phrase",
    "signals[0].detect.commitment"
)]
#[case("signals: [{id: s, description: d, detect: {}}]", "no-operator", "signals[0].detect")]
#[case("signals: [{id: s, description: d, detect: {phrases: []}}]", "empty-list", "signals[0].detect.phrases")]
#[case("signals: [{id: s, description: d, detect: {phrases: ['  ']}}]", "empty-text", "signals[0].detect.phrases[0]")]
#[case("signals: [{id: s, description: d, detect: {phrases: ['{a|']}}]", "invalid-phrase", "signals[0].detect.phrases")]
#[case("signals: [{id: S!, description: d, detect: {phrases: [a]}}]", "invalid-id", "signals[0].id")]
#[case("signals: [{id: s, description: d, detect: {pattern: '(a'}}]", "invalid-pattern", "signals[0].detect.pattern")]
#[case(
    "signals: [{id: s, description: d, detect: {pattern: '(a{1000}){1000}'}}]",
    "invalid-pattern",
    "signals[0].detect.pattern"
)]
#[case("signals: [{id: s, description: d, detect: {pattern: 'a*'}}]", "invalid-pattern", "signals[0].detect.pattern")]
#[case("signals: [{id: s, description: d, detect: {signal: t}}]", "undefined-id", "signals[0].detect")]
#[case("signals: [{id: s, description: d, detect: {signal: s}}]", "cycle", "signals[0].detect")]
#[case(
    "signals: [{id: s, description: d, detect: {all: [{phrases: [a b]}, {not: {phrases: [a b]}}]}}]",
    "unreachable",
    "signals[0].detect"
)]
#[case("segment: account.size > 3", "invalid-condition", "segment")]
#[case("segment: signals.x.count > 3", "invalid-condition", "segment")]
#[case(
    "risks: [{id: r, title: t, detect: {phrases: [a b]}}, {id: r, title: t, detect: {phrases: [c d]}}]",
    "duplicate-id",
    "risks[1].id"
)]
#[case("fields: [{fact: budget, field: amount, policy: MAYBE}]", "unknown-value", "fields[0].policy")]
fn names_what_is_wrong(#[case] line: &str, #[case] rule: &str, #[case] path: &str) {
    let found = rules(&format!("{HEAD}{line}\n"));
    assert!(found.iter().any(|(r, p)| *r == rule && p == path), "{line}: {found:?}");
}

/// A qualification of one letter with these keys beside the required ones.
fn qualification(letters: &[&str]) -> String {
    let letter = |keys: &&str| format!("{{letter: M, title: T, description: d, {keys}}}");
    let letters: Vec<String> = letters.iter().map(letter).collect();
    format!("{HEAD}qualification: {{framework: F, letters: [{}]}}\n", letters.join(", "))
}

#[rstest]
#[case(&[], "empty-list", "qualification.letters")]
#[case(&["id: m"], "missing-field", "qualification.letters[0].detect")]
#[case(&["id: m, gate: {a: 4}, detect: {phrases: [a b]}"], "out-of-range", "qualification.letters[0].gate.a")]
#[case(&["id: m, gate: {a: 0}, detect: {phrases: [a b]}"], "out-of-range", "qualification.letters[0].gate.a")]
#[case(&["id: m, gate: [a], detect: {phrases: [a b]}"], "wrong-type", "qualification.letters[0].gate")]
#[case(&["id: m, gate: {a: 2, b: 1}, detect: {phrases: [a b]}"], "falling-gate", "qualification.letters[0].gate")]
#[case(&["id: m, gate: {a b: 1, A-B: 1}, detect: {phrases: [a b]}"], "duplicate-stage", "qualification.letters[0].gate")]
#[case(&["id: m, specifics: [colour], detect: {phrases: [a b]}"], "unknown-value", "qualification.letters[0].specifics[0]")]
#[case(&["id: m, specifics: [], detect: {phrases: [a b]}"], "empty-list", "qualification.letters[0].specifics")]
#[case(&["id: m, detect: {phrases: [a b], side: rep}"], "unreachable", "qualification.letters[0].detect")]
#[case(&["id: m, detect: {concept: x}"], "undefined-id", "qualification.letters[0].detect")]
#[case(&["id: m, detect: {phrases: ['{a']}"], "invalid-phrase", "qualification.letters[0].detect.phrases")]
#[case(&["id: m, mentioned: {phrases: ['{a']}, detect: {phrases: [a b]}"], "invalid-phrase", "qualification.letters[0].mentioned.phrases")]
#[case(&["id: m, detect: {phrases: [a b]}", "id: m, detect: {phrases: [c d]}"], "duplicate-id", "qualification.letters[1].id")]
#[case(&["id: m, detect: {phrases: [a b]}", "id: k, detect: {phrases: [a b]}"], "overlapping-detectors", "qualification.letters[1].detect")]
fn names_what_is_wrong_with_a_letter(#[case] letters: &[&str], #[case] rule: &str, #[case] path: &str) {
    let found = rules(&qualification(letters));
    assert!(found.iter().any(|(r, p)| *r == rule && p == path), "{letters:?}: {found:?}");
}

#[test]
fn a_letter_may_share_its_detector_with_a_behavior() {
    let letter =
        "id: agenda, mentioned: {phrases: ['about agenda']}, detect: {phrases: ['about agenda']}, gate: {a: 1, b: 3}";
    let document = format!("{}behaviors:\n{}", qualification(&[letter]), behavior("agenda", ""));
    assert_eq!(rules(&document), []);
}

#[test]
fn an_answer_to_the_rep_is_in_reach_of_a_letter() {
    let letter = "id: m, detect: {side: rep, answered: {of: {question: [signs]}}}";
    assert_eq!(rules(&qualification(&[letter])), [("no-behaviors", "behaviors".to_owned())]);
}

#[rstest]
#[case("    weight: 0\n", "invalid-weight", "behaviors[0].weight")]
#[case("    weight: heavy\n", "wrong-type", "behaviors[0].weight")]
#[case("    due: {share: 1.5}\n", "out-of-range", "behaviors[0].due.share")]
#[case("    due: {share: 0.5, seconds: 3}\n", "one-of", "behaviors[0].due")]
#[case("    not_applicable: account.regulated ==\n", "invalid-condition", "behaviors[0].not_applicable")]
#[case("    not_applicable: account.employees\n", "invalid-condition", "behaviors[0].not_applicable")]
#[case("    critcal: true\n", "unknown-key", "behaviors[0].critcal")]
#[case("    side: seller\n", "unknown-value", "behaviors[0].side")]
fn names_what_is_wrong_with_a_behavior(#[case] extra: &str, #[case] rule: &str, #[case] path: &str) {
    let found = rules(&with(&[behavior("agenda", extra)]));
    assert!(found.iter().any(|(r, p)| *r == rule && p == path), "{extra}: {found:?}");
}

#[test]
fn counts_behaviors() {
    let many = |n: usize| with(&(0..n).map(|i| behavior(&format!("b{i}"), "")).collect::<Vec<_>>());
    assert_eq!(rules(&many(12)), []);
    assert_eq!(rules(&many(13)), [("many-behaviors", "behaviors".to_owned())]);
    assert_eq!(rules(&many(21)), [("too-many-behaviors", "behaviors".to_owned())]);
    assert!(lint(&many(13)).revision.is_some());
    assert!(lint(&many(21)).revision.is_none());
}

#[test]
fn refuses_duplicate_ids_and_identical_detectors() {
    let twice = with(&[behavior("a", ""), behavior("a", "")]);
    let found = rules(&twice);
    assert!(found.contains(&("duplicate-id", "behaviors[1].id".to_owned())), "{found:?}");
    assert!(found.contains(&("overlapping-detectors", "behaviors[1].detect".to_owned())), "{found:?}");
}

#[test]
fn reports_every_violation_at_once_with_its_line() {
    let document = "id: 7\ntitel: T\nmotion: {segmentation: a}\nbehaviors:\n  - id: a\n    weight: x\n    detect: {phrases: [b c], regex: d}\n";
    let linted = lint(document);
    let at = |path: &str| linted.findings.iter().find(|f| f.path == path).map(|f| f.line);
    assert_eq!(at("id"), Some(1));
    assert_eq!(at("titel"), Some(2));
    assert_eq!(at("behaviors[0].weight"), Some(6));
    assert_eq!(at("behaviors[0].detect.regex"), Some(7));
    assert!(at("motion.channel").is_some());
    assert!(at("title").is_some());
    assert!(linted.findings.iter().any(|f| f.message.contains("did you mean")), "{:?}", linted.findings);
}

#[test]
fn a_broken_document_has_its_place() {
    let linted = lint("id: p\n  title: x\n");
    assert_eq!(linted.findings.len(), 1);
    assert!(linted.findings[0].line > 0, "{:?}", linted.findings);
}

#[test]
fn a_document_over_the_limit_is_refused() {
    let huge = format!("{HEAD}# {}\n", "x".repeat(crate::domain::playbook::MAX_DOCUMENT_BYTES));
    assert_eq!(rules(&huge), [("too-large", String::new())]);
}

/// So many expressions as fit into a document: they are counted before any is compared with the others.
#[rstest]
#[case::inside_one("signals: [{id: s, description: d, detect: {all: [", "{not: {phrases: [a]}},", "]}}]")]
#[case::side_by_side("signals: [", "{id: s, description: d, detect: {not: {phrases: [a]}}},", "]")]
fn too_many_expressions_are_not_compared(#[case] start: &str, #[case] part: &str, #[case] end: &str) {
    let room = crate::domain::playbook::MAX_DOCUMENT_BYTES - HEAD.len() - start.len() - end.len() - 1;
    let document = format!("{HEAD}{start}{}{end}\n", part.repeat(room / part.len()));
    let found: BTreeSet<&str> = rules(&document).into_iter().map(|(rule, _)| rule).collect();
    assert!(found.contains("too-large"), "{found:?}");
    assert!(!found.contains("unreachable") && !found.contains("overlapping-detectors"), "{found:?}");
}

#[test]
fn a_part_that_cannot_be_read_moves_no_path_and_blames_no_other() {
    let document = format!(
        "{HEAD}concepts:\n  - {{id: c, description: d, detect: {{}}}}\nbehaviors:
  - {{id: x, description: d}}
  - {{id: a, description: d, weight: 0, detect: {{concept: c}}}}
  - {{id: a, description: d, due: {{share: 1}}, detect: {{phrases: [a b]}}}}\n"
    );
    let found = rules(&document);
    let expected = [
        ("no-operator", "concepts[0].detect"),
        ("missing-field", "behaviors[0].detect"),
        ("invalid-weight", "behaviors[1].weight"),
        ("duplicate-id", "behaviors[2].id"),
        ("due-at-end", "behaviors[2].due"),
    ];
    assert_eq!(found, expected.map(|(rule, path)| (rule, path.to_owned())));
}
