//! People on the buyer's side: those on the call, and those a buyer names who were not.

use super::cues::Cues;
use super::{Role, Stakeholder};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::Hit;
use crate::domain::evidence::{Evidence, Quoter};
use crate::domain::text::tag::Tags;
use crate::domain::text::{TurnText, scope};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// An office named as somebody's: `our CFO`, `the head of quality`, `Maria in legal`.
static OFFICE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{our|my|their|his|her|your} {head|director|chief|vp|manager|lead|president|owner|chairman|board|cfo|ceo|coo|cio|cto|ciso|dpo|fd|controller|treasurer|counsel|lawyer|lawyers|accountant|auditor|auditors|superintendent|dean|supervisor|boss|committee|exec|principal}",
            "{our|my|the|their|your} <role> {director|head|manager|officer|chief|lead|team|people|person|guy|lady|controller|counsel|department|committee|board}",
            "{in|from|at|over in|runs|run|heads|leads} {finance|legal|procurement|purchasing|quality|operations|security|compliance|hr|payroll|engineering|accounts|risk|audit|maintenance|planning|logistics|pharmacy|dispatch}",
            "head of {finance|legal|procurement|purchasing|quality|operations|security|compliance|hr|payroll|engineering|sales|marketing|risk|audit|planning|logistics|data|digital|digital|research|supply}",
            "{data protection|information security|chief information|chief financial} officer",
        ],
        0,
    )
});

/// What a person does who is named.
static PERSON: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{runs|run|owns|heads|leads|manages|signs|approves|decides|sits|looks|handles|does|holds|controls|wants|needs|will|would|is|has|can|says|said|likes|hates|worries|reports|asks|knows|gets|picks|keeps|basically|over|in|from|at|who}",
        ],
        0,
    )
});

static INTRODUCES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{that|it|he|she|this} {is|'s|would be|will be}",
            "{ask|talk to|speak to|check with|go through|go to|goes to|run it by|involve|include|bring|need|loop|meet|called|man|woman|lady|guy|name is|with|and|by|then|to|from|past|for|convince}",
        ],
        1,
    )
});

/// What somebody's office makes them in the decision.
const OFFICES: &[(&[&str], Role)] = &[
    (&["cfo", "fd", "treasurer", "comptroller", "founder"], Role::EconomicBuyer),
    (&["ciso", "security", "infosec", "dpo", "protection", "privacy", "cyber"], Role::Security),
    (&["legal", "counsel", "lawyer", "lawyers", "contracts"], Role::Legal),
    (&["procurement", "purchasing", "sourcing", "buyer"], Role::Procurement),
    (
        &[
            "it",
            "cto",
            "cio",
            "engineer",
            "engineering",
            "architect",
            "technical",
            "systems",
            "technology",
            "integration",
            "data",
        ],
        Role::Technical,
    ),
    (&["supervisor", "dispatcher", "operator", "analyst", "technician", "nurse"], Role::User),
];

/// Everybody found, and where somebody new was named.
#[derive(Debug, Default)]
pub struct Found {
    pub stakeholders: Vec<Stakeholder>,
    pub hits: Vec<Hit>,
}

/// Reads the buyer's people. `not_people` are names already known to be something else.
pub fn extract(call: &Call, transcript: &Transcript, texts: &[TurnText], not_people: &[String]) -> Found {
    let mut found = Found::default();
    for p in call.participants.iter().filter(|p| p.side == Side::Buyer) {
        found.stakeholders.push(Stakeholder {
            name: p.name.clone(),
            title: p.title.clone(),
            role: role_of(&p.title),
            present: true,
            evidence: Vec::new(),
        });
    }
    let known = known_words(call, not_people);
    let quoter = Quoter { call, transcript, texts };
    let mut mentioned: BTreeMap<String, Stakeholder> = BTreeMap::new();
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) =
            transcript.turns.get(turn as usize).filter(|t| !t.unintelligible && t.sure_side() != Side::Rep)
        else {
            continue;
        };
        for (tokens, name, title) in people(text, &source.text, &known) {
            let Some(evidence) = quoter.quote(turn, tokens.clone(), "stakeholder") else { continue };
            let key = if name.is_empty() { title.to_lowercase() } else { name.to_lowercase() };
            if !mentioned.contains_key(&key) {
                found.hits.push(Hit::single(turn, tokens, "stakeholder", source.sure_side() == Side::Buyer));
            }
            if source.sure_side() == Side::Buyer {
                merge(mentioned.entry(key), name, title, evidence);
            }
        }
    }
    found.hits.dedup_by_key(|h| h.turn);
    found.stakeholders.extend(mentioned.into_values());
    found
}

fn merge(
    entry: std::collections::btree_map::Entry<'_, String, Stakeholder>,
    name: String,
    title: String,
    evidence: Evidence,
) {
    let role = role_of(&title);
    let person =
        entry.or_insert(Stakeholder { name, title: title.clone(), role, present: false, evidence: Vec::new() });
    if person.title.is_empty() {
        person.title = title;
        person.role = role;
    }
    if person.evidence.len() < 5 {
        person.evidence.push(evidence);
    }
}

/// Names and offices a turn brings in: where, name, title.
fn people(text: &TurnText, source: &str, known: &[String]) -> Vec<(Range<usize>, String, String)> {
    let counted =
        |found: &Range<usize>| !scope::is_negated(&text.tokens, found) && !scope::covers(&text.scopes.reported, found);
    let offices: Vec<Range<usize>> = OFFICE.find(text).into_iter().filter(|o| counted(o)).collect();
    let (does, introduces) = (PERSON.find(text), INTRODUCES.find(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.tokens.len() {
        let length = text
            .tokens
            .iter()
            .skip(at)
            .take(3)
            .take_while(|t| t.tags.contains(Tags::NAME) && !t.tags.contains(Tags::ROLE))
            .count();
        let tokens = at..at + length;
        at += length.max(1);
        let Some(name) = words(source, text, &tokens).filter(|_| length > 0) else { continue };
        let is_known =
            name.to_lowercase().split_whitespace().any(|w| known.iter().any(|k| k == w.trim_end_matches("'s")));
        let office = offices.iter().find(|o| o.start <= tokens.end + 4 && tokens.start <= o.end + 3);
        let acts = length > 1
            || does.iter().any(|d| d.start == tokens.end || d.start == tokens.end + 1)
                && introduces.iter().any(|i| i.end == tokens.start);
        if !is_known && (office.is_some() || acts) && counted(&tokens) {
            let title =
                office.and_then(|o| words(source, text, &with_title_words(text, o.clone()))).unwrap_or_default();
            found.push((tokens, name, title));
        }
    }
    for office in offices {
        let with_name = found.iter().any(|(t, _, _)| office.start <= t.end + 4 && t.start <= office.end + 3);
        let office = with_title_words(text, office);
        if let (false, Some(title)) = (with_name, words(source, text, &office)) {
            found.push((office, String::new(), title));
        }
    }
    found
}

/// `our chief` → `our chief financial officer`.
fn with_title_words(text: &TurnText, office: Range<usize>) -> Range<usize> {
    const TITLE: &[&str] = &[
        "financial",
        "information",
        "operating",
        "executive",
        "technology",
        "risk",
        "compliance",
        "security",
        "data",
        "protection",
        "officer",
        "counsel",
        "manager",
        "director",
        "of",
    ];
    let more = text
        .tokens
        .iter()
        .skip(office.end)
        .take(4)
        .take_while(|t| !t.after_break && (TITLE.contains(&&*t.word) || t.tags.contains(Tags::ROLE)))
        .count();
    let end = office.end + more;
    let ends_in_of = end.checked_sub(1).and_then(|i| text.tokens.get(i)).is_some_and(|t| &*t.word == "of");
    let of_department = text.tokens.get(end).is_some_and(|t| DEPARTMENTS.contains(&&*t.word));
    office.start..match (more > 0 && ends_in_of, of_department) {
        (true, true) => end + 1,
        (true, false) => end - 1,
        (false, _) => end,
    }
}

/// What somebody is head of.
const DEPARTMENTS: &[&str] = &[
    "finance",
    "treasury",
    "legal",
    "procurement",
    "purchasing",
    "quality",
    "operations",
    "security",
    "compliance",
    "hr",
    "payroll",
    "engineering",
    "production",
    "manufacturing",
    "maintenance",
    "facilities",
    "sales",
    "marketing",
    "risk",
    "audit",
    "planning",
    "logistics",
    "transport",
    "supply",
    "data",
    "digital",
    "technology",
    "it",
    "infrastructure",
    "product",
    "research",
    "nursing",
    "pharmacy",
    "claims",
    "underwriting",
];

fn words(source: &str, text: &TurnText, tokens: &Range<usize>) -> Option<String> {
    text.said(source, tokens).map(|s| s.trim_end_matches("'s").to_owned())
}

/// Words of names that are no news: everybody on the call, the account, competitors.
fn known_words(call: &Call, not_people: &[String]) -> Vec<String> {
    let people = call.participants.iter().flat_map(|p| [&p.name, &p.title]);
    let all = people.chain([&call.account.name]).chain(not_people);
    all.flat_map(|n| n.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>())
        .filter(|w| w.len() > 1)
        .collect()
}

/// Those who answer for the money of a finance department; its analysts and managers work with it.
const OVER_FINANCE: &[&str] = &[
    "director",
    "head",
    "heads",
    "chief",
    "vp",
    "vice",
    "svp",
    "evp",
    "president",
    "controller",
    "runs",
    "run",
    "leads",
];
/// Before `owner`: whoever owns the business or its money. A product, a process and a system have owners too.
const OWNS_BUSINESS: &[&str] = &[
    "", "our", "my", "the", "their", "his", "her", "your", "an", "and", "business", "company", "family", "sole", "co",
    "budget",
];

/// Is a title one of those that go with the money, by more than one word?
fn is_over_money(words: &[&str]) -> bool {
    let finance = words.iter().any(|word| matches!(*word, "finance" | "financial"));
    let owner = words.iter().position(|word| *word == "owner");
    let of = owner.map(|at| at.checked_sub(1).and_then(|before| words.get(before)).map_or("", |word| *word));
    finance && words.iter().any(|word| OVER_FINANCE.contains(word)) || of.is_some_and(|of| OWNS_BUSINESS.contains(&of))
}

/// The role an office plays.
pub fn role_of(title: &str) -> Role {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    if is_over_money(&words) {
        return Role::EconomicBuyer;
    }
    OFFICES
        .iter()
        .find(|(offices, _)| words.iter().any(|w| offices.contains(w)))
        .map_or(Role::Unknown, |(_, role)| *role)
}
