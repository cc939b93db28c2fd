//! When the buyer decides, and the dated reason to act.

use super::cues::Cues;
use super::dates::{Calendar, Grain, Mention};
use super::signs::Signs;
use super::{CriticalEvent, DateFact};
use crate::domain::call::{Call, Side, Transcript, Turn};
use crate::domain::detect::Hit;
use crate::domain::evidence::Quoter;
use crate::domain::text::{TurnText, scope};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

/// Those who decide together.
const BODIES: &[&str] = &[
    "{board|committee|exec|council|steering|steerco|trustees|governors|cabinet|directorate|boardroom}",
    "{management|partner|partners|directors|leadership|executive|investment} {meeting|team|group|committee}",
];
/// Words of deciding.
const DECIDING: &[&str] = &[
    "{decide|decides|decision|choose|vote|approve|approval|award|select|pick|verdict}",
    "{yes|=go} or {no|a no|no go}",
    "go no go",
    "make {a|the|our} {call|choice}",
];

/// What speaks for a day being the one on which the buyer decides.
static OF_DECISION: LazyLock<Signs> = LazyLock::new(|| {
    Signs::new(&[
        (1.6, 12, 2, DECIDING),
        (1.4, 14, 1, BODIES),
        (1.2, 8, 2, &["{sign|signs|signed|signature}", "{order|contract|paper} {signed|placed}"]),
        (0.4, 3, 0, &["{by|before|until|on the|end of}"]),
        (-1.2, 4, 1, &["{since|last|ago|=was|=were|came|back in|had}"]),
        (
            -1.0,
            6,
            1,
            &["{speak|talk|send|demo|ring|phone|coffee|workshop|visit|holiday|draft|slot|invite|join|free|there by}"],
        ),
    ])
});

/// Whoever decides, or that somebody does.
static DECIDES: LazyLock<Cues> = LazyLock::new(|| Cues::new(&[DECIDING, BODIES].concat(), 2));

/// Turns before a day in which talk of deciding counts.
const TALKED_OF: u32 = 2;
/// What that adds.
const TALKED: f64 = 1.0;
/// From here on a day is the one of the decision.
const DECIDED: f64 = 1.3;

/// Reasons to act by a day.
const DEADLINE_WORDS: &[&str] = &[
    "{deadline|audit|auditors|inspection|inspectors|renewal|expires|expiry|expire|go live|live|launch|season|peak|opening|opens|open|migration|deprecated|cutover|penalty|penalties|fine|fined|mandate|regulator|examiners|examination|exam|visit|accreditation|certification}",
    "{has|have|need|needs|must|got} to be {live|in|done|ready|running|up|over|finished|off|out|on|gone|signed|working|cleared|installed}",
    "{runs|run|running|rolls|roll} {out|over|off|on}",
    "{end of life|end of support|switched off|goes away|shuts down|go up|goes up|kicks in|comes in|in force|retires|leaves|ends|starts|begins|takes effect|changes|moves|closes}",
    "{contract|licence|lease|agreement|support|notice} {be|end|ends|run|runs|up|over}",
    "{new|next} {law|rule|rules|regulation|plant|site|hall|building|year|season|contract|system|term|semester}",
    "{otherwise|or else|too late|miss it|miss that}",
];

/// What speaks for a day being the reason to act.
static OF_EVENT: LazyLock<Signs> = LazyLock::new(|| {
    Signs::new(&[
        (1.4, 14, 1, DEADLINE_WORDS),
        (
            0.8,
            10,
            2,
            &[
                "{has|have|need|needs|must|got|want|wants|should} {to be|it|us|to have|this|them}",
                "{must|cannot|deadline|latest|force|law|rule|mandatory}",
            ],
        ),
        (0.7, 3, 0, &["{by|before|until|till|from|no later than|come|on the|as of}"]),
        (0.6, 25, 1, &["{otherwise|or else|too late|miss|fine|penalty|lose|stop|stops|close|closes|shut|shuts}"]),
        (-1.2, 4, 1, &["{since|last|ago|=was|=were|used to|came|back in|had}"]),
        (
            -0.8,
            6,
            1,
            &[
                "{call|speak|talk|meet|meeting|send|decide|decision|board|committee|vote|ring|phone|calendar|slot|demo|coffee|holiday}",
            ],
        ),
    ])
});

/// A rep asks by when.
static ASKS_WHEN: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{by|from|until|before} {when|what date|which date}",
            "when {do|does|would|must|has|is} {you|it|this|that|the} {need|have|want|to be|must|live|cutoff}",
            "what happens {if|when|on|after}",
            "{deadline|drop-dead|cutoff|target date|hard date|go live|real date|burning}",
        ],
        3,
    )
});

/// From here on a day is a reason to act.
const PRESSING: f64 = 1.2;
/// Further ahead nothing presses today, days.
const HORIZON: i64 = 430;
/// Nor does what is a matter of days: that is when the next talk is.
const SOON: i64 = 6;
/// A day that is said again counts more, but not by as much.
const AGAIN: f64 = 0.3;

/// The days of the buyer's turns with what speaks for each, summed over the call; the best with its clearest turn.
struct Days(BTreeMap<NaiveDate, (f64, f64, u32, Range<usize>)>);

impl Days {
    fn add(&mut self, day: NaiveDate, weight: f64, turn: u32, tokens: Range<usize>) {
        let (sum, clearest, at, words) = self.0.entry(day).or_insert((0.0, f64::NEG_INFINITY, turn, tokens.clone()));
        *sum = sum.max(weight) + sum.min(weight).max(0.0) * AGAIN;
        if weight > *clearest {
            (*clearest, *at, *words) = (weight, turn, tokens);
        }
    }

    /// The day for which most speaks, if it is enough.
    fn best(self, enough: f64) -> Option<(NaiveDate, u32, Range<usize>)> {
        let days = self.0.into_iter().filter(|(_, (sum, ..))| *sum >= enough);
        let best = days.reduce(|a, b| if b.1.0 > a.1.0 { b } else { a });
        best.map(|(day, (_, _, turn, tokens))| (day, turn, tokens))
    }
}

/// When the buyer decides: the day of a buyer's turn for which most speaks.
pub fn decision_date(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
) -> (Option<DateFact>, Vec<Hit>) {
    let heard = texts.iter().zip(&transcript.turns);
    let deciding: Vec<bool> = heard.map(|(text, turn)| !turn.unintelligible && DECIDES.holds(text)).collect();
    let (mut days, mut hits) = (Days(BTreeMap::new()), Vec::new());
    for (turn, text, source) in buyers(transcript, texts) {
        let side = source.sure_side();
        let around = OF_DECISION.around(text);
        let before = turn.saturating_sub(TALKED_OF) as usize..turn as usize;
        let talked = deciding.get(before).is_some_and(|turns| turns.contains(&true));
        for mention in mentions.get(turn as usize).into_iter().flatten() {
            let Some(date) = mention.date.filter(|d| *d > calendar.today) else { continue };
            // "I can't do Friday" names a day on which nothing happens.
            if scope::is_negated(&text.tokens, &mention.tokens) {
                continue;
            }
            let weight = around.weigh(&mention.tokens).0 + if talked { TALKED } else { 0.0 };
            if weight < DECIDED {
                continue;
            }
            hits.push(Hit::single(turn, mention.tokens.clone(), "decision_date", side == Side::Buyer));
            if side == Side::Buyer {
                days.add(date, weight, turn, mention.tokens.clone());
            }
        }
    }
    hits.dedup_by_key(|h| h.turn);
    let found = days.best(DECIDED).and_then(|(date, turn, tokens)| {
        let said = texts.get(turn as usize)?.said(&transcript.turns.get(turn as usize)?.text, &tokens)?;
        let evidence = Quoter { call, transcript, texts }.quote(turn, tokens, "decision_date")?;
        Some(DateFact { date, text: said.to_owned(), evidence: vec![evidence] })
    });
    (found, hits)
}

/// A dated reason to act: the day for which most speaks, more so in the answer to the rep's question about it (`asked`).
pub fn critical_event(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
    asked: &[Hit],
) -> Option<CriticalEvent> {
    let by_words = (0_u32..).zip(texts).zip(&transcript.turns).filter(|((_, text), source)| {
        source.is_heard_from(Side::Rep) && ASKS_WHEN.find(text).iter().any(|cue| text.is_asked(cue))
    });
    let asked = asked.iter().filter(|hit| hit.certain).map(|hit| hit.turn).chain(by_words.map(|((turn, _), _)| turn));
    let answers: HashSet<u32> = asked.flat_map(|turn| turn + 1..turn + 4).collect();
    let mut days = Days(BTreeMap::new());
    for (turn, text, _) in buyers(transcript, texts).filter(|(_, _, source)| source.sure_side() == Side::Buyer) {
        let around = OF_EVENT.around(text);
        for mention in mentions.get(turn as usize).into_iter().flatten() {
            let ahead = |date: &NaiveDate| (SOON + 1..=HORIZON).contains(&(*date - calendar.today).num_days());
            let Some(date) = mention.date.filter(ahead) else { continue };
            let answer = if answers.contains(&turn) { 1.0 } else { 0.0 };
            let vague = if mention.grain == Grain::Period { 0.4 } else { 0.0 };
            days.add(date, around.weigh(&mention.tokens).0 + answer - vague, turn, mention.tokens.clone());
        }
    }
    let (date, turn, tokens) = days.best(PRESSING)?;
    let evidence = Quoter { call, transcript, texts }.quote(turn, tokens, "critical_event")?;
    Some(CriticalEvent { what: evidence.quote.clone(), date: Some(date), evidence: vec![evidence] })
}

/// The turns that are a buyer's, or may be.
fn buyers<'a>(
    transcript: &'a Transcript,
    texts: &'a [TurnText],
) -> impl Iterator<Item = (u32, &'a TurnText, &'a Turn)> {
    (0_u32..)
        .zip(texts)
        .zip(&transcript.turns)
        .filter(|(_, source)| !source.unintelligible && source.sure_side() != Side::Rep)
        .map(|((turn, text), source)| (turn, text, source))
}
