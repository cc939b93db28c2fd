//! Who holds the money: the person to whom a buyer's words of signing, approving or owning it belong, or who is named in
//! answer to the rep's question about it.
//!
//! Every mention of a person near such words speaks for them, more so in an answer and where their office is over money.
//! Nobody is named unless enough speaks for one.

use super::cues::Cues;
use super::{Role, Stakeholder};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::Hit;
use crate::domain::evidence::Quoter;
use crate::domain::text::lexicon::is_given_name;
use crate::domain::text::tag::Tags;
use crate::domain::text::{TurnText, scope};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// What somebody does who holds the money.
static HOLDS_MONEY: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{sign|signs|approve|approves|authorise|authorises|authorize|authorizes|okay|okays|release|releases} {off|it|this|that|them|everything|anything|every|all|the|above|over|for|to|up|himself|herself|nothing}",
            "{who|=he|=she} {signs|approves|decides|pays}",
            "<name> {signs|approves|pays}",
            "{has|have|had} to {sign|approve|okay|release|authorise|authorize|say yes|bless}",
            "can {sign|approve|release|authorise|authorize} {to|up|on|it|that}",
            "{signature|pen|purse|purse strings|chequebook|checkbook|final say|last word|squiggle}",
            "{holds|hold|controls|control|owns|own|has|have|sits on|guards} the {money|budget|purse|pot|investment|cheque|line|capital}",
            "{budget|money|decision|approval|spend|call} is {his|hers|theirs|with|from}",
            "{=his|=hers|=her} {budget|money|signature|pen|cost centre|call|approval}",
            "{puts|put} {her|his|their} name to",
            "{says|say|said} yes or no",
            "{is|has} the {economic buyer|budget holder|budget owner}",
            "does the money",
        ],
        2,
    )
});

/// What is said of the money beside those who hold it.
static OF_MONEY: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{set|put} {aside|by}",
            "{gave|given|said} {me|i may|i can}",
            "{sits|lies|rests|stops|ends} with",
            "{goes|go|comes} {up to|to} {<name>|<role>|the|our}",
            "{above|over|beyond|north of|past|up to|until|under} {<number>|<money>|a hundred}",
            "{budget|pot|money|funds}",
        ],
        2,
    )
});

/// The speaker is the one.
static OWN_MONEY: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "i {sign|approve|authorise|authorize|decide|release} {alone|myself|off|up|above|under|everything|anything}",
            "i can {sign|approve|authorise|authorize|release|spend} {up|to|it|that|alone|myself|on my own}",
            "{my|mine} {signature|decision|p&l|cost centre|approval}",
            "my budget {and|so|it|is}",
            "{signature|budget|money|call|decision|pot|pen} is {mine|me|my}",
            "{i|we} hold the {purse|money|budget|pot|pen}",
            "it comes out of my",
        ],
        1,
    )
});

/// The same in answer to the question.
static ME: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{that|it} {be|would be} {me|mine|myself}",
            "{me|mine}",
            "{i|it be} {alone|myself}",
            "i {do|sign|decide|hold|am}",
        ],
        1,
    )
});

/// The rep asks for them, in case the playbook has no behavior that does.
static ASKS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{who|whose} {sign|signs|approve|approves|own|owns|hold|holds|control|controls|pay|pays|release|releases|authorise|authorises|authorize|authorizes|decide|decides} {off|it|this|that|the|for|on|money}",
            "{who|whose} {budget|money|signature|pen|pot|purse|cost centre|decision|final say|call|pocket}",
            "{your|yours|you} {signature|to sign|call to make|own budget|budget or|alone or}",
        ],
        4,
    )
});

/// Buyer's turns after the question in which the answer may stand.
const ANSWER_TURNS: u32 = 4;
/// Words between a person and the words about the money.
const REACH: usize = 12;
/// What has to speak for somebody.
const ENOUGH: f64 = 1.5;

/// Somebody who may be the one.
struct Claim<'p> {
    person: Stakeholder,
    known: Option<&'p Stakeholder>,
    weight: f64,
    /// The clearest turn.
    best: (f64, u32, Range<usize>),
}

/// Reads who holds the money. `asked`: where the rep asked for it.
pub fn extract(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    asked: &[Hit],
    people: &[Stakeholder],
) -> Option<Stakeholder> {
    let answers = answers(transcript, texts, asked);
    let mut claims: BTreeMap<String, Claim<'_>> = BTreeMap::new();
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| t.is_heard_from(Side::Buyer)) else {
            continue;
        };
        let answer = answers.contains(&turn);
        let meant = |cues: &Cues| -> Vec<Range<usize>> {
            let found = cues.find_meant(text).into_iter();
            found.filter(|cue| !scope::covers(&text.scopes.reported, cue)).collect()
        };
        let (holds, money) = (meant(&HOLDS_MONEY), meant(&OF_MONEY));
        for (person, tokens) in people_in(text, &source.text, people, call) {
            let (holds, money) = (near(&holds, &tokens), near(&money, &tokens));
            let sum = [(answer, 1.0), (holds.is_some(), 1.4), (money.is_some(), 0.6)].into_iter();
            let weight: f64 = sum.filter(|(holds, _)| *holds).map(|(_, weight)| weight).sum();
            if weight > 0.0 {
                // Quoted with the name, so that the quote says who.
                let words = holds.or(money).unwrap_or(tokens.clone());
                claim(&mut claims, person, weight, turn, words.start.min(tokens.start)..words.end.max(tokens.end));
            }
        }
        let speaker = call.participant(&source.participant);
        let known = speaker.and_then(|speaker| people.iter().find(|p| p.present && p.name == speaker.name));
        let own = meant(&OWN_MONEY).into_iter().next();
        let me = || meant(&ME).into_iter().next().filter(|_| answer);
        if let (Some(known), Some(cue)) = (known, own.clone().or_else(me)) {
            let weight = if own.is_none() {
                1.2
            } else if answer {
                2.6
            } else {
                1.6
            };
            claim(&mut claims, Person::Known(known), weight, turn, cue);
        }
    }
    let office = |claim: &Claim<'_>| if claim.person.role == Role::EconomicBuyer { 0.8 } else { 0.0 };
    let total = |claim: &Claim<'_>| claim.weight + office(claim);
    let best = claims.into_values().filter(|claim| total(claim) >= ENOUGH);
    let best = best.reduce(|a, b| if total(&b) > total(&a) { b } else { a })?;
    let (_, turn, tokens) = best.best;
    let evidence = Quoter { call, transcript, texts }.quote(turn, tokens, "economic_buyer")?;
    let person = best.known.cloned().unwrap_or(best.person);
    Some(Stakeholder { role: Role::EconomicBuyer, evidence: vec![evidence], ..person })
}

/// The first of these words that stands near somebody.
fn near(cues: &[Range<usize>], tokens: &Range<usize>) -> Option<Range<usize>> {
    cues.iter().find(|cue| cue.start <= tokens.end + REACH && tokens.start <= cue.end + REACH).cloned()
}

/// The buyer's turns right after the rep asked.
fn answers(transcript: &Transcript, texts: &[TurnText], asked: &[Hit]) -> BTreeSet<u32> {
    let rep = |turn: &u32| transcript.turns.get(*turn as usize).is_some_and(|t| t.is_heard_from(Side::Rep));
    let asks = |text: &TurnText| ASKS.find(text).iter().any(|cue| text.is_asked(cue));
    let by_words = (0_u32..).zip(texts).filter(|(turn, text)| rep(turn) && asks(text)).map(|(turn, _)| turn);
    let asked = asked.iter().filter(|hit| hit.certain).map(|hit| hit.turn).chain(by_words);
    // The answer ends where the rep asks for something else.
    let goes_on = |turn: &u32| !rep(turn) || texts.get(*turn as usize).is_none_or(|text| text.questions.is_empty());
    asked.flat_map(|turn| (turn + 1..=turn + ANSWER_TURNS).take_while(goes_on)).collect()
}

/// Somebody a buyer speaks of.
enum Person<'p> {
    Known(&'p Stakeholder),
    /// A name alone.
    Named(String),
}

fn claim<'p>(
    claims: &mut BTreeMap<String, Claim<'p>>,
    person: Person<'p>,
    weight: f64,
    turn: u32,
    tokens: Range<usize>,
) {
    let (known, person) = match person {
        Person::Known(known) => (Some(known), known.clone()),
        Person::Named(name) => {
            let title = String::new();
            (None, Stakeholder { name, title, role: Role::Unknown, present: false, evidence: Vec::new() })
        }
    };
    let key = if person.name.is_empty() { &person.title } else { &person.name }.to_lowercase();
    let best = (weight, turn, tokens);
    let claim = claims.entry(key).or_insert_with(|| Claim { person, known, weight: 0.0, best: best.clone() });
    // Said again it is surer, but not by as much.
    claim.weight = claim.weight.max(weight) + claim.weight.min(weight) * 0.3;
    if weight > claim.best.0 {
        claim.best = best;
    }
}

/// People named in a turn: those who are known, by a word of their name or by their office, and names of nobody known.
fn people_in<'p>(
    text: &TurnText,
    source: &str,
    people: &'p [Stakeholder],
    call: &Call,
) -> Vec<(Person<'p>, Range<usize>)> {
    let mut found: Vec<(Person<'p>, Range<usize>)> = Vec::new();
    let mut taken = vec![false; text.tokens.len()];
    for known in people {
        let called = if known.name.is_empty() { &known.title } else { &known.name };
        if let Some(tokens) = place_of(text, called, known.name.is_empty()) {
            taken.iter_mut().skip(tokens.start).take(tokens.len()).for_each(|taken| *taken = true);
            // The rest of the name is nobody else.
            let name = known.name.to_lowercase();
            let words: BTreeSet<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
            for (taken, token) in taken.iter_mut().zip(&text.tokens) {
                *taken |= words.contains(&*token.word);
            }
            found.push((Person::Known(known), tokens));
        }
    }
    let of_call = words_of_call(call);
    for (at, token) in text.tokens.iter().enumerate() {
        let proper =
            token.tags.contains(Tags::NAME) && !token.tags.contains(Tags::ROLE) && !is_acronym(text, source, at);
        // Without capitals only names that many bear are known for names.
        let is_name = proper || (is_given_name(token) && !text.punctuated);
        let free = taken.get(at) == Some(&false) && !of_call.contains(&*token.word);
        let name = text.said(source, &(at..at + 1)).filter(|_| is_name && free && !token.tags.contains(Tags::DATE));
        found.extend(name.map(|name| (Person::Named(name.to_owned()), at..at + 1)));
    }
    found
}

fn is_acronym(text: &TurnText, source: &str, at: usize) -> bool {
    text.said(source, &(at..at + 1)).is_some_and(|said| !said.chars().any(char::is_lowercase) || said.starts_with('\''))
}

/// Where somebody is spoken of: by any word of a name, or by the whole of an office.
fn place_of(text: &TurnText, called: &str, office: bool) -> Option<Range<usize>> {
    let lower = called.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1).collect();
    if office {
        let said: Vec<&str> = text.tokens.iter().map(|token| &*token.word).collect();
        let at = said.windows(words.len().max(1)).position(|window| window == words.as_slice())?;
        return Some(at..at + words.len());
    }
    let at = text.tokens.iter().position(|token| words.contains(&&*token.word) && token.word.chars().count() > 2)?;
    Some(at..at + 1)
}

/// Words that name the sides and the account, no person of the buyer's who is new.
fn words_of_call(call: &Call) -> BTreeSet<String> {
    let names = call.participants.iter().map(|person| &person.name).chain([&call.account.name]);
    names
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>())
        .collect()
}
