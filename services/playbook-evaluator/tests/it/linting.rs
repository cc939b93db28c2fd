//! Lint answers with findings, whatever the document.

use rstest::rstest;
use throughline_proto::playbook::v1::{LintFinding, LintPlaybookRequest, Severity};
use throughline_testkit::Backend;

use crate::documents;
use crate::world::{PARENT, World};

async fn lint(world: &World, document: &str) -> Vec<LintFinding> {
    let request = LintPlaybookRequest { parent: PARENT.to_owned(), document: document.to_owned() };
    world.enablement().lint_playbook(request).await.unwrap().into_inner().findings
}

#[rstest]
#[tokio::test]
async fn the_sample_has_no_errors(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let findings = lint(&world, &documents::sample()).await;
    assert!(findings.iter().all(|finding| finding.severity() == Severity::Warning), "{findings:?}");
}

#[rstest]
#[tokio::test]
async fn a_bad_document_gets_findings_and_no_error(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let (deep, huge) = ("[".repeat(20_000), format!("id: p # {}", "x".repeat(600 << 10)));
    let many: String = (0..20_000).map(|n| format!("key{n}: 1\n")).collect();
    let broken = documents::broken();
    let bad = [
        "",
        "  \n",
        "id: [",
        "\u{0}",
        "\u{feff}",
        "- a",
        "7",
        "a: &a [*a]",
        "a: 1\na: 2",
        "---\n---\n",
        &deep,
        &huge,
        &many,
        &broken,
    ];
    for document in bad {
        let findings = lint(&world, document).await;
        let start: String = document.chars().take(20).collect();
        assert!(findings.iter().any(|finding| finding.severity() == Severity::Error), "{start:?}: {findings:?}");
        assert!(findings.len() <= 1_000);
    }
}

#[rstest]
#[tokio::test]
async fn aliases_that_multiply_are_turned_away_quickly(#[values(Backend::Sqlite)] backend: Backend) {
    let world = World::start(backend).await;
    let mut document = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let alias = format!("*a{}", n - 1);
        document.push_str(&format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 10].join(", ")));
    }
    assert!(!lint(&world, &document).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn findings_name_rule_path_and_line(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let findings = lint(&world, &documents::broken()).await;
    let at: Vec<_> = findings.iter().map(|f| (f.rule.as_str(), f.path.as_str(), f.line)).collect();
    for expected in [
        ("unknown-key", "colour", 3),
        ("unsupported-key", "plan", 4),
        ("invalid-condition", "segment", 5),
        ("unknown-key", "behaviors[0].critcal", 8),
        ("duplicate-id", "behaviors[1].id", 9),
        ("invalid-condition", "behaviors[1].not_applicable", 9),
    ] {
        assert!(at.contains(&expected), "{expected:?} is not in {at:?}");
    }
}
