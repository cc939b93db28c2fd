//! Words of one turn that may name a supplier, and what stands around them.

use super::cues::{BEFORE_NAME, BEHIND_NAME, KINDS, NEAR_NAME};
use super::feature::{Feature, Features};

use crate::domain::text::lexicon::{is_given_name, is_rare};
use crate::domain::text::tag::Tags;
use crate::domain::text::{Token, TurnText};
use std::ops::Range;

/// Words before a name in which a noun for a supplier counts.
const KIND_REACH: usize = 8;
/// Words behind a name in which `they` or `she` stands for it.
const PRONOUN_REACH: usize = 3;
/// Words on either side in which talk of suppliers counts.
const NEAR_REACH: usize = 14;

/// A place where a name may stand.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub tokens: Range<usize>,
    pub features: Features,
}

/// Every candidate of a turn. `inside`: is the word written large inside a sentence somewhere in the call?
pub(super) fn candidates(
    source: &str,
    text: &TurnText,
    capitals: bool,
    inside: &dyn Fn(&str) -> bool,
) -> Vec<Candidate> {
    let mut found = if capitals { large(text, inside) } else { small(text) };
    if found.is_empty() {
        return Vec::new();
    }
    let around = Around {
        before: BEFORE_NAME.find(text),
        behind: BEHIND_NAME.find(text),
        near: NEAR_NAME.find(text),
        kinds: KINDS.find(text),
    };
    for candidate in &mut found {
        shape(source, text, candidate, capitals);
        around.mark(text, candidate);
    }
    found
}

/// Runs of words written large.
fn large(text: &TurnText, inside: &dyn Fn(&str) -> bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.tokens.len() {
        let sentence = text.sentence_of(at);
        let length = (at..(at + 3).min(sentence.end))
            .take_while(|i| {
                text.tokens.get(*i).is_some_and(|t| {
                    let more = *i > at;
                    let starts = *i == sentence.start;
                    t.tags.contains(Tags::CAPITAL)
                        && !(more && t.after_break)
                        && (more
                            || (is_name(t)
                                && (!starts
                                    || is_rare(t)
                                    || inside(&t.word)
                                    || goes_on_large(text, *i)
                                    || acts(text, *i))))
                        && &*t.word != "i"
                })
            })
            .count();
        if length > 0 {
            found.push(Candidate { tokens: at..at + length, features: Features::default() });
        }
        at += length.max(1);
    }
    found
}

/// `Tally Plus` at the start of a sentence.
fn goes_on_large(text: &TurnText, at: usize) -> bool {
    text.tokens.get(at + 1).is_some_and(|t| t.tags.contains(Tags::CAPITAL) && !t.after_break && is_name(t))
}

/// `Harbour came in`, `Pigeon offers`: a noun without an article, and what suppliers do.
fn acts(text: &TurnText, at: usize) -> bool {
    let next = text.tokens.get(at + 1).filter(|next| !next.after_break).map_or("", |next| &*next.word);
    ACTS.contains(&next) && text.tokens.get(at).is_some_and(|noun| !noun.tags.contains(Tags::ROLE))
}

const ACTS: &[&str] = &[
    "called", "came", "charge", "charges", "emailed", "keeps", "offer", "offered", "offers", "phoned", "pitched",
    "promised", "quoted", "quotes", "rang", "sent", "showed", "wants", "wrote",
];

/// In a transcript without capitals any word that isn't grammar may be a name, and so may two in a row.
fn small(text: &TurnText) -> Vec<Candidate> {
    let content =
        |i: usize| text.tokens.get(i).is_some_and(|token| is_name(token) && (is_rare(token) || !is_verb(&token.word)));
    let mut found = Vec::new();
    for at in (0..text.tokens.len()).filter(|i| content(*i)) {
        let pair = if content(at + 1) { 2 } else { 1 };
        found.extend((1..=pair).map(|n| Candidate { tokens: at..at + n, features: Features::default() }));
    }
    found
}

/// Forms that only verbs have, where nothing else tells a name.
fn is_verb(word: &str) -> bool {
    word.ends_with("ed") || word.ends_with("ing") || matches!(word, "came" | "gave" | "sent" | "went" | "rang" | "told")
}

fn is_name(token: &Token) -> bool {
    const NOT: [Tags; 4] = [Tags::FUNCTION, Tags::NUMBER, Tags::DATE, Tags::MONEY];
    token.word.chars().count() > 2
        && !NOT.iter().any(|tag| token.tags.contains(*tag))
        && !COMMON_CAPITALS.contains(&&*token.word)
}

fn shape(source: &str, text: &TurnText, candidate: &mut Candidate, capitals: bool) {
    let tokens = text.tokens.get(candidate.tokens.clone()).unwrap_or_default();
    let rare = tokens.iter().any(is_rare);
    let starts = text.sentence_of(candidate.tokens.start).start == candidate.tokens.start;
    let said = text.said(source, &candidate.tokens).unwrap_or_default();
    let features = &mut candidate.features;
    features.insert_if(
        Feature::GivenName,
        tokens.first().is_some_and(|t| is_given_name(t) || (tokens.len() > 1 && is_title(t))),
    );
    features.insert_if(Feature::Small, !capitals);
    features.insert_if(Feature::SmallRare, !capitals && rare && !features.contains(Feature::GivenName));
    features.insert_if(Feature::CapitalInside, capitals && !starts);
    features.insert_if(Feature::CapitalAtStart, capitals && starts);
    features.insert_if(Feature::CapitalRare, capitals && rare);
    features.insert_if(
        Feature::CapitalCommon,
        capitals && starts && tokens.len() == 1 && !rare && acts(text, candidate.tokens.start),
    );
    features.insert_if(Feature::Coined, is_coined(said));
    features.insert_if(Feature::Acronym, tokens.len() == 1 && said.chars().all(|c| !c.is_lowercase()));
    features.insert_if(Feature::TwoWords, capitals && tokens.len() > 1);
    features.insert_if(Feature::SmallTwoWords, !capitals && tokens.len() > 1);
}

/// `Frau Pfau` is a person.
fn is_title(token: &Token) -> bool {
    const TITLES: [&str; 16] = [
        "frau", "herr", "mr", "mrs", "ms", "miss", "dr", "doctor", "sister", "uncle", "aunt", "big", "old", "monsieur",
        "madame", "mister",
    ];
    TITLES.contains(&&*token.word)
}

/// A capital inside the word.
fn is_coined(said: &str) -> bool {
    said.chars().zip(said.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

/// The cues of a turn.
struct Around {
    before: Vec<(Feature, Range<usize>)>,
    behind: Vec<(Feature, Range<usize>)>,
    near: Vec<(Feature, Range<usize>)>,
    kinds: Vec<(Feature, Range<usize>)>,
}

impl Around {
    fn mark(&self, text: &TurnText, candidate: &mut Candidate) {
        let Candidate { tokens, features } = candidate;
        let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
        let start = tokens.start;
        let determined = start > 0 && is_determiner(word(start - 1)) && text.sentence_of(start).start < start;
        // One relation on each side, the first of the table that stands there: `a quote from X` is an offer, no place.
        let led = self.before.iter().find(|(_, cue)| {
            let distance = start.wrapping_sub(cue.end);
            distance == 0 || (distance == 1 && determined)
        });
        // `something from Ghent called X` tells where it is from.
        let named_next = matches!(word(tokens.end), "called" | "named");
        features.insert(match led {
            Some((Feature::OfferFrom | Feature::PeopleFrom, _)) if named_next => Feature::From,
            Some((feature, _)) => *feature,
            None => Feature::Unled,
        });
        let sentence = text.sentence_of(start).end;
        let owned = usize::from(word(tokens.end) == "'s");
        let stands = |cue: &Range<usize>, reach: usize| (tokens.end..=tokens.end + reach).contains(&cue.start);
        let followed = self
            .behind
            .iter()
            .find(|(feature, cue)| !is_pronoun(*feature) && cue.start < sentence && stands(cue, owned));
        features.insert_if(followed.map_or(Feature::Unfollowed, |(feature, _)| *feature), true);
        // `they` may start the next sentence.
        for (feature, cue) in &self.behind {
            features
                .insert_if(*feature, matches!(feature, Feature::They | Feature::HeOrShe) && stands(cue, PRONOUN_REACH));
        }
        features.insert_if(
            Feature::Home,
            self.behind.iter().any(|(f, cue)| *f == Feature::Home && cue.start == tokens.end),
        );
        features.insert_if(Feature::TheyNext, they_next(text, tokens.end));
        let broken = !text.punctuated || text.tokens.get(tokens.end).is_some_and(|t| t.after_break);
        features.insert_if(
            Feature::OfficeNear,
            self.behind.iter().any(|(f, cue)| {
                *f == Feature::OfficeNear && broken && cue.start < sentence && stands(cue, PRONOUN_REACH)
            }),
        );
        for (feature, cue) in &self.near {
            let close = cue.start <= tokens.end + NEAR_REACH && start <= cue.end + NEAR_REACH;
            features.insert_if(*feature, close);
        }
        let had_in =
            features.contains(Feature::Has) && (features.contains(Feature::In) || features.contains(Feature::Visited));
        features.insert_if(Feature::HadIn, had_in);
        let kind = self.kinds.iter().any(|(_, k)| k.end <= start && start - k.end < KIND_REACH);
        let at_home = features.contains(Feature::From) || features.contains(Feature::Place);
        features.insert_if(Feature::KindBefore, kind && !at_home);
        // What follows is said of the one who is from there: `Bramble, out of Calgary, they came in at`.
        if features.contains(Feature::From) {
            for feature in [Feature::They, Feature::TheyNext, Feature::Visited, Feature::Offered] {
                features.remove(feature);
            }
        }
        let apart = text.tokens.get(start).is_some_and(|t| t.after_break) || text.sentence_of(start).start == start;
        features.insert_if(Feature::Apposed, kind && apart && text.punctuated);
        features.insert_if(Feature::Determined, determined);
        let next = text.tokens.get(tokens.end).filter(|_| tokens.end < sentence);
        features.insert_if(Feature::Break, next.is_some_and(|t| t.after_break));
    }
}

fn is_pronoun(feature: Feature) -> bool {
    matches!(feature, Feature::They | Feature::HeOrShe | Feature::Home | Feature::OfficeNear)
}

/// `Kronmeyer, they have`, `Polisflow. They were here`, `sensewell they are`.
fn they_next(text: &TurnText, at: usize) -> bool {
    let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let skipped = usize::from(matches!(word(at), "also" | "too" | "people" | "guys" | "and"));
    let they = matches!(word(at + skipped), "they" | "their");
    they && (!text.punctuated
        || text.tokens.get(at).is_some_and(|t| t.after_break)
        || text.sentence_of(at).start + skipped == at + skipped)
}

fn is_determiner(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "that"
            | "this"
            | "those"
            | "these"
            | "some"
            | "our"
            | "your"
            | "my"
            | "his"
            | "her"
            | "their"
            | "any"
            | "no"
            | "every"
            | "each"
    )
}

/// Words written large that name no supplier.
const COMMON_CAPITALS: &[&str] = &[
    "cheerio",
    "saint",
    "mrs",
    "miss",
    "sir",
    "madam",
    "professor",
    "doctor",
    "english",
    "german",
    "french",
    "american",
    "british",
    "european",
    "europe",
    "germany",
    "france",
    "england",
    "scotland",
    "ireland",
    "wales",
    "america",
    "canada",
    "australia",
    "india",
    "spain",
    "italy",
    "sweden",
    "norway",
    "denmark",
    "finland",
    "poland",
    "africa",
    "asia",
    "swiss",
    "dutch",
    "danish",
    "swedish",
    "norwegian",
    "finnish",
    "polish",
    "italian",
    "spanish",
    "irish",
    "scottish",
    "welsh",
    "indian",
    "chinese",
    "japanese",
    "japan",
    "china",
    "usa",
    "london",
    "paris",
    "berlin",
    "york",
    "erp",
    "crm",
    "api",
    "pdf",
    "csv",
    "sso",
    "soc",
    "iso",
    "gdpr",
    "sla",
    "rfp",
    "nda",
    "msa",
    "dpa",
    "dpia",
    "roi",
    "kpi",
    "excel",
    "outlook",
    "teams",
    "zoom",
    "powerpoint",
    "windows",
    "word",
    "god",
    "jesus",
    "christ",
    "christmas",
    "easter",
    "saas",
    "fda",
    "gmp",
    "hipaa",
    "pci",
    "yes",
    "hello",
    "hey",
    "thanks",
    "gotcha",
    "okay",
    "ai",
    "och",
    "aye",
    "ach",
    "aha",
    "yep",
    "nope",
    "nah",
    "hiya",
    "cheers",
    "wow",
    "phew",
];
