//! Competitors: names the playbook knows, and names that somebody brings in as another option.

use super::cues::Cues;
use super::{Competitor, hit};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::{Hit, is_substantive};
use crate::domain::evidence::Quoter;
use crate::domain::text::tag::Tags;
use crate::domain::text::{Token, TurnText};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What stands before the name of another supplier.
static BEFORE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{looking|look|looked} at",
            "{talking|talk|talked|spoke|speaking|spoken} {to|with}",
            "{considering|evaluating|evaluate|comparing|shortlisted|shortlist|trialling|piloting|trialled|piloted}",
            "{demo|demonstration|quote|proposal|offer|pitch|presentation|deck|bid|price|trial|pilot|email|emails|call|calls} {from|by|with|of}",
            "{people|guy|guys|folks|fellow|lady|man|woman|someone|somebody|rep|person|crowd|team|lads} {from|at|of}",
            "{met|meeting} with",
            "heard from",
            "currently {on|with|using|have}",
            "{switch|switching|switched|move|moving|moved|migrate|migrating} {from|off|to}",
            "{replace|replacing}",
            "{compared|comparing} {to|with}",
            "{instead|ahead} of",
            "{go|went|going|gone|stay|staying|stick|sticking|stuck|signed|sign} with",
            "up against",
            "versus",
            "{company|supplier|vendor|outfit|tool|product|thing|startup|firm|system|app|platform|software} called",
            "{we|they} {use|used|have|run|had|bought|renewed}",
            "contract with",
            "{incumbent|alternative|competitor|rival|favourite} is",
            "{still|also} {have|got|on|with}",
            "why {not|them over}",
            "{cheaper|better|slower|faster|worse} than",
            "{saw|seen|seeing} {a|the|}",
            "{have|we|'ve|has} {taken|chosen|picked|extended|renewed|bought|signed|trialled}",
            "same {folk|folks|people|lot|crowd} as",
            "sat through",
        ],
        1,
    )
});

/// What stands behind it.
static AFTER: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{has|have|had|offers|offer|does|do|did|quoted|said|say|says|showed|came|come|comes|sent|keeps|wants|promised|claims|gave|put|are|is|was|were} {a|an|the|us|in|by|it|that|something|sending|cheaper|half|good|quite|okay|here|still|too|to|out|their|back|this|for}",
            "{came|was|were} {again|here|back|in last|last|by}",
            "{wrote|called|rang|emailed} {me|us} {again|back|}",
            "they {have|offer|do|came|are|want|wanted|brought|gave|said|quoted|propose|promise|claim|could|can|will}",
            "'s {one|nice|good|okay|cheaper|not|got|in|half|also}",
            "{gave|quoted|called|rang|emailed|wrote|showed|offered|told} {me|us|<number>|<money>}",
            "also",
            "{people|guys|crowd|folks|lot|team|thing|boy|chap|module|tool|rep|demo|quote|offer|price|pitch|one|lads|contract|licence|license|box|app}",
            "'s {offer|price|quote|demo|people|tool|module|thing|rep|box|app|contract|been|cheaper|got}",
        ],
        0,
    )
});

/// What makes a name a person's.
static PERSON: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{mr|mrs|ms|miss|dr|sir|madam|sister|professor|doctor|uncle|aunt|cousin|auntie|judge|frau|herr}",
            "{he|she} {is|'s|has|was|will|does|can|would}",
            "who {is|'s|runs|does|has}",
            "{over in|down in|up in|runs|runs our|heads|in finance|in it|in legal|in procurement|in payroll|in purchasing}",
        ],
        0,
    )
});

/// A rep asks what else is considered.
static ALTERNATIVES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{who|what|anyone|anybody|anything|somebody|someone} else {look|looking|consider|considering|talk|talking|come|came|been|seen|pitch|pitching|knocking|in it|in there|on the|are you|have you|is there|you two}",
            "{other|another} {vendor|vendors|supplier|suppliers|option|options|outfit|demo|horse|road|company|companies|solution|system|party}",
            "{alternative|alternatives|competitor|competitors|competition|shortlist|incumbent}",
            "up against",
            "doing nothing",
            "{stay|staying|stick|sticking|carry|carrying} {with|on|put}",
            "build {it|something}",
        ],
        2,
    )
});

/// By name in lower case: the name as it was first said, and turn and tokens of each mention.
type Places = BTreeMap<String, (String, Vec<(u32, Range<usize>)>)>;

/// Turns in which a question about alternatives is answered.
const ANSWER_TURNS: u32 = 4;
/// From this a name is another supplier.
const MIN_SCORE: i32 = 3;

/// Reads the competitors. `persons` are names of people, in lower case; the list may hold a company by mistake.
pub fn extract(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    known: &[String],
    persons: &[String],
) -> (Vec<Competitor>, Vec<Hit>) {
    let own = own_names(call);
    let mut places: Places = BTreeMap::new();
    let mut scores: BTreeMap<String, (i32, bool)> = BTreeMap::new();
    let mut introduced: Vec<String> = Vec::new();
    let mut asked_at: Option<u32> = None;
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        if source.sure_side() == Side::Rep && !text.questions.is_empty() && ALTERNATIVES.stands(text) {
            asked_at = Some(turn);
        }
        let asked = asked_at.is_some_and(|a| turn > a && turn - a <= ANSWER_TURNS);
        for (tokens, score) in candidates(&source.text, text, source.sure_side(), asked) {
            let Some(name) = spelled(&source.text, &text.tokens, &tokens) else { continue };
            let key = name.to_lowercase();
            if own.iter().any(|o| overlaps(o, &key)) {
                continue;
            }
            // What may be a person needs clearer words around it.
            let score = score - 2 * i32::from(persons.iter().any(|person| overlaps(person, &key)));
            // The clearest mention counts, one more where it comes again: many weak ones prove nothing.
            let (best, again) = scores.entry(key.clone()).or_insert((score, false));
            *again |= places.contains_key(&key) && score > 0;
            *best = (*best).max(score);
            places.entry(key).or_insert_with(|| (name, Vec::new())).1.push((turn, tokens));
        }
    }
    // In the order they were first named.
    let mut named: Vec<(u32, String)> = places
        .iter()
        .filter(|(key, _)| {
            scores.get(*key).is_some_and(|(best, again)| *best > 0 && best + i32::from(*again) >= MIN_SCORE)
        })
        .filter_map(|(key, (_, found))| Some((found.first()?.0, key.clone())))
        .collect();
    named.sort();
    introduced.extend(named.into_iter().map(|(_, key)| key));
    add_known(transcript, texts, known, &mut places, &mut introduced);
    let quoter = Quoter { call, transcript, texts };
    let mut hits = Vec::new();
    let mut competitors = Vec::new();
    for key in introduced {
        let Some((name, found)) = places.get(&key) else { continue };
        let evidence: Vec<_> = found
            .iter()
            .take(5)
            .filter_map(|(turn, tokens)| quoter.quote(*turn, tokens.clone(), "competitor"))
            .collect();
        if evidence.is_empty() {
            continue;
        }
        for (turn, tokens) in found {
            let side = transcript.turns.get(*turn as usize).map_or(Side::Unknown, |t| t.sure_side());
            hits.push(hit(*turn, tokens.clone(), "competitor", side != Side::Unknown));
        }
        let answered = found.iter().any(|(turn, _)| taken_up(transcript, texts, *turn));
        competitors.push(Competitor { name: name.clone(), evidence, answered });
    }
    hits.sort_by_key(|h| h.turn);
    hits.dedup_by_key(|h| h.turn);
    (competitors, hits)
}

/// Does the rep ask or answer right after, or say it themselves?
fn taken_up(transcript: &Transcript, texts: &[TurnText], turn: u32) -> bool {
    (turn + 1..turn + 3).any(|t| {
        let rep = transcript.turns.get(t as usize).is_some_and(|s| s.sure_side() == Side::Rep);
        rep && texts.get(t as usize).is_some_and(|text| !text.questions.is_empty() || is_substantive(text))
    })
}

/// Runs of capitalised words, and how strongly the words around each make it another supplier.
fn candidates(source: &str, text: &TurnText, side: Side, asked: bool) -> Vec<(Range<usize>, i32)> {
    let (before, after, person) = (BEFORE.find(text), AFTER.find(text), PERSON.find(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.tokens.len() {
        let sentence = text.sentence_of(at).end;
        let length = (at..(at + 3).min(sentence))
            .take_while(|i| text.tokens.get(*i).is_some_and(|t| is_name(t) && (*i == at || !t.after_break)))
            .count();
        if length == 0 {
            at += 1;
            continue;
        }
        let tokens = at..at + length;
        let led = before.iter().any(|b| b.end == tokens.start || (b.end + 1 == tokens.start && article(text, b.end)));
        let followed = after.iter().any(|a| {
            a.start == tokens.end
                || (a.start == tokens.end + 1 && text.tokens.get(tokens.end).is_some_and(|t| !is_name(t)))
        });
        let speaks_of_person = person.iter().any(|p| p.end == tokens.start || p.start == tokens.end);
        let place = !led
            && text
                .tokens
                .get(tokens.start.wrapping_sub(1))
                .is_some_and(|t| matches!(&*t.word, "in" | "at" | "near" | "to" | "outside" | "around" | "across"));
        // `RouteFlock`: people's names are rarely written so.
        let coined = source.get(text.tokens.get(tokens.start).map_or(0..0, |t| t.start..t.end)).is_some_and(is_coined);
        // Two names in a row are most often a person's.
        let full_name = tokens.len() > 1 && !led && !coined;
        let weight = if side == Side::Buyer { 3 } else { 1 };
        // An answer to the question about alternatives names one; by itself that is not enough, nor is a mere mention.
        let hint = i32::from(followed) + i32::from(coined) + i32::from(asked && side == Side::Buyer);
        let against = 3 * i32::from(speaks_of_person) + 2 * i32::from(place) + i32::from(full_name);
        found.push((tokens.clone(), weight * i32::from(led) + hint - against));
        at = tokens.end;
    }
    if !text.punctuated {
        found.extend(lower_case(text));
    }
    found
}

/// In a transcript without marks no name is written large: only `called X` says that X is one.
fn lower_case(text: &TurnText) -> Vec<(Range<usize>, i32)> {
    let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let content = |i: usize| {
        text.tokens.get(i).is_some_and(|t| {
            !t.tags.contains(Tags::FUNCTION) && !t.tags.contains(Tags::NUMBER) && !t.tags.contains(Tags::DATE)
        })
    };
    let mut found = Vec::new();
    for i in 0..text.tokens.len() {
        let kind = matches!(
            word(i.wrapping_sub(1)),
            "company"
                | "outfit"
                | "supplier"
                | "vendor"
                | "firm"
                | "startup"
                | "tool"
                | "product"
                | "thing"
                | "system"
                | "something"
                | "crowd"
        );
        if word(i) == "called" && kind && content(i + 1) {
            found.push((i + 1..i + 2 + usize::from(content(i + 2)), 2));
        }
    }
    found
}

/// A capital inside the word.
fn is_coined(word: &str) -> bool {
    word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

fn is_name(token: &Token) -> bool {
    token.tags.contains(Tags::NAME) && !token.tags.contains(Tags::ROLE) && !COMMON_CAPITALS.contains(&&*token.word)
}

/// Words written large that name no supplier.
const COMMON_CAPITALS: &[&str] = &[
    "i",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "miss",
    "madam",
    "professor",
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
    "uk",
    "us",
    "usa",
    "eu",
    "london",
    "paris",
    "berlin",
    "new",
    "york",
    "it",
    "hr",
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
    "po",
    "rfp",
    "nda",
    "msa",
    "dpa",
    "dpia",
    "roi",
    "kpi",
    "q1",
    "q2",
    "q3",
    "q4",
    "ok",
    "excel",
    "outlook",
    "word",
    "teams",
    "zoom",
    "powerpoint",
    "windows",
    "god",
    "jesus",
    "christmas",
    "easter",
    "ai",
    "saas",
    "pc",
    "tv",
    "fda",
    "gmp",
    "hipaa",
    "pci",
    "vp",
    "qa",
    "r&d",
    "well",
    "yes",
    "no",
    "hi",
    "hello",
    "hey",
    "thanks",
];

fn article(text: &TurnText, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|t| {
        matches!(
            &*t.word,
            "the" | "a" | "an" | "that" | "this" | "those" | "these" | "some" | "our" | "your" | "by" | "with"
        )
    })
}

fn spelled(source: &str, tokens: &[Token], range: &Range<usize>) -> Option<String> {
    let (first, last) = (tokens.get(range.start)?, tokens.get(range.end.checked_sub(1)?)?);
    source.get(first.start..last.end).map(|s| s.trim_end_matches("'s").to_owned()).filter(|s| s.chars().count() > 2)
}

/// Everybody on the call, the account, the seller's own company from the reps' titles.
fn own_names(call: &Call) -> Vec<String> {
    let people = call.participants.iter().flat_map(|p| [p.name.clone(), p.title.clone()]);
    let mut own: Vec<String> =
        people.chain([call.account.name.clone(), call.account.industry.clone()]).map(|n| n.to_lowercase()).collect();
    own.retain(|n| !n.is_empty());
    own
}

fn overlaps(own: &str, name: &str) -> bool {
    let words = |s: &str| {
        s.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect::<Vec<_>>()
    };
    let own = words(own);
    words(name).iter().any(|w| own.contains(w))
}

fn add_known(
    transcript: &Transcript,
    texts: &[TurnText],
    known: &[String],
    places: &mut Places,
    introduced: &mut Vec<String>,
) {
    for name in known {
        let wanted: Vec<String> =
            crate::domain::text::token::tokenise(name).into_iter().map(|t| t.word.into()).collect();
        let key = name.to_lowercase();
        for (turn, text) in (0_u32..).zip(texts) {
            if transcript.turns.get(turn as usize).is_none_or(|t| t.unintelligible) || wanted.is_empty() {
                continue;
            }
            let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
            if let Some(at) = words.windows(wanted.len()).position(|w| w.iter().zip(&wanted).all(|(a, b)| a == b)) {
                let entry = places.entry(key.clone()).or_insert_with(|| (name.clone(), Vec::new()));
                if !entry.1.iter().any(|(t, _)| *t == turn) {
                    entry.1.push((turn, at..at + wanted.len()));
                }
                if !introduced.contains(&key) {
                    introduced.push(key.clone());
                }
            }
        }
    }
}
