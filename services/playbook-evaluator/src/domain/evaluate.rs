//! Evaluates a call against a compiled revision: reads the turns once, extracts the facts, runs the detectors,
//! decides the outcomes.

use super::call::{Call, Side, Transcript};
use super::condition::{Condition, Environment, Found, Verdict};
use super::detect::{Detectors, Doubt, Hit, Scan, is_substantive};
use super::evaluation::{
    BehaviorResult, Evaluation, Outcome, QualificationResult, RiskResult, RiskState, SignalResult,
};
use super::evidence::{Evidence, Quoter};
use super::facts::dates::{self, Calendar, Mention};
use super::facts::{
    Facts, Role, Statement, amounts, commitments, competitors, derived, economic_buyer, money, next_step, people,
    timing,
};
use super::learn::Model;
use super::playbook::detect::FactRef;
use super::playbook::{Behavior, Due, Elicits, Playbook, SignalKind};
use super::qualify;
use super::statistics;
use super::text::TurnText;
use std::collections::HashMap;
use throughline_embeddings::Vector;

/// Most evidence kept for one behavior or signal.
const MAX_EVIDENCE: usize = 12;
/// Share of unintelligible speech from which silence proves nothing.
const MAX_UNINTELLIGIBLE_SHARE: f64 = 0.5;
/// Why that nothing was found means nothing.
const UNINTELLIGIBLE: &str = "Most of the audio could not be understood.";
const NOTHING_LEARNED: &str = "It is told by examples that nothing was learned from.";
/// Turns in which a raised risk is answered.
const RISK_ANSWER_TURNS: u32 = 4;

/// A revision ready to evaluate calls.
#[derive(Debug)]
pub struct Revision {
    pub playbook: Playbook,
    pub(super) detectors: Detectors,
    /// The `not_applicable` of each behavior.
    pub(super) conditions: Vec<Option<Condition>>,
    pub(super) segment: Option<Condition>,
    /// What was learned for it; without a model its examples find nothing and its rules stand alone.
    pub model: Option<Model>,
    /// What tells the names of competitors.
    pub names: competitors::Learned,
}

/// What the embedding model makes of a call.
#[derive(Debug, Clone, Default)]
pub struct Vectors {
    /// Of its turns, in order.
    pub turns: Vec<Vector>,
    /// Of the plausible names, where they are read with this model.
    pub names: Option<competitors::States>,
}

impl Revision {
    /// Does the playbook speak of this account and deal? Unknown counts as yes, with a note.
    pub fn applies_to(&self, call: &Call, transcript: &Transcript) -> Verdict {
        let found = Found::default();
        self.segment.as_ref().map_or(Verdict::True, |c| c.evaluate(&Environment::new(call, transcript, &found)))
    }

    /// The same with what was learned for it.
    pub fn with(self, model: Option<Model>) -> Self {
        Self { model, ..self }
    }

    /// Does it learn anything from examples?
    pub fn learns(&self) -> bool {
        !self.detectors.lessons.is_empty()
    }

    fn calendar(&self, call: &Call) -> Calendar {
        Calendar::new(call.local_date(), self.playbook.fiscal_year_start_month).in_zone(call.time_zone)
    }

    /// What the leaves of its detectors find in a call.
    pub(super) fn scan<'a>(&'a self, call: &Call, transcript: &'a Transcript, texts: &'a [TurnText]) -> Scan<'a> {
        let calendar = self.calendar(call);
        let (_, hits) = self.read_facts(call, transcript, texts, &mentions(transcript, texts, &calendar), &calendar);
        Scan::new(&self.detectors, transcript, texts, hits)
    }

    /// Evaluates a call. Without `vectors`, or without a model, what is learned is left out.
    pub fn evaluate(&self, call: &Call, transcript: &Transcript, vectors: Option<&Vectors>) -> Evaluation {
        let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
        let calendar = self.calendar(call);
        let mentions = mentions(transcript, &texts, &calendar);
        let quoter = Quoter { call, transcript, texts: &texts };
        let (mut facts, hits) = self.read_facts(call, transcript, &texts, &mentions, &calendar);
        let promises = hits.get(&FactRef::Commitments).map_or(&[][..], Vec::as_slice);
        facts.commitments = commitments::taken_on(promises, &quoter, &mentions);
        facts.amounts = amounts::named(&quoter);
        let mut scan = Scan::new(&self.detectors, transcript, &texts, hits);
        if let (Some(model), Some(vectors)) = (&self.model, vectors) {
            scan.learn(model, &vectors.turns);
        }
        if let Some(states) = vectors.and_then(|vectors| vectors.names.as_ref()) {
            let known = &self.playbook.competitors;
            facts.competitors = competitors::extract(call, transcript, &texts, known, Some(states), &self.names).0;
        }
        let shown: Vec<Vec<Hit>> = self.detectors.behaviors.iter().map(|program| scan.run(program)).collect();
        self.derive_facts(&mut facts, &shown, &scan, &quoter, &mentions, &calendar);
        let unintelligible = unintelligible_share(transcript) > MAX_UNINTELLIGIBLE_SHARE;
        let qualification = self.playbook.qualification.as_ref().map(|qualification| {
            let names = qualify::Names::new(call, &facts);
            let reading = qualify::Reading { scan: &scan, quoter: &quoter, calendar: &calendar, names, unintelligible };
            qualify::score(qualification, &self.detectors.letters, &reading)
        });
        let found = self.count(&scan, &facts, qualification.as_ref());
        let environment = Environment::new(call, transcript, &found);
        let behaviors = self.playbook.behaviors.iter().zip(shown).zip(&self.conditions).zip(&self.detectors.behaviors);
        let behaviors = behaviors.map(|(((behavior, hits), when), program)| {
            let hits = in_time(hits, behavior.due, &scan);
            let silent = match (unintelligible, scan.leaves_out(program)) {
                (true, _) => Some(UNINTELLIGIBLE),
                (false, true) => Some(NOTHING_LEARNED),
                (false, false) => None,
            };
            outcome(behavior, &hits, when.as_ref(), &environment, silent, &quoter)
        });
        let signals = self.playbook.signals.iter().map(|s| SignalResult {
            id: s.id.to_string(),
            evidence: evidence(certain(scan.of(s.id.as_str())), &quoter),
        });
        let (behaviors, signals) = (behaviors.collect(), signals.collect());
        let risks = self.risks(&scan, &quoter);
        let statistics = statistics::measure(call, transcript, &texts);
        let notes = self.notes(call, transcript, scan.is_learned());
        Evaluation {
            rep: statistics::leading_rep(call, transcript),
            behaviors,
            signals,
            facts,
            risks,
            statistics,
            qualification,
            notes,
        }
    }

    fn read_facts(
        &self,
        call: &Call,
        transcript: &Transcript,
        texts: &[TurnText],
        mentions: &[Vec<Mention>],
        calendar: &Calendar,
    ) -> (Facts, HashMap<FactRef, Vec<Hit>>) {
        let next = next_step::extract(call, transcript, texts, mentions, calendar);
        let (competitors, competitor_hits) =
            competitors::extract(call, transcript, texts, &self.playbook.competitors, None, &self.names);
        let (budget, budget_hits) = money::extract(call, transcript, texts);
        let names: Vec<String> = competitors.iter().map(|c| c.name.clone()).collect();
        let people = people::extract(call, transcript, texts, &names);
        let (decision_date, decision_hits) = timing::decision_date(call, transcript, texts, mentions, calendar);
        let hits = HashMap::from([
            (FactRef::NextStep, next.hits),
            (FactRef::Competitors, competitor_hits),
            (FactRef::Budget, budget_hits),
            (FactRef::Stakeholders, people.hits),
            (FactRef::DecisionDate, decision_hits),
            (FactRef::Commitments, commitments::extract(transcript, texts, mentions)),
        ]);
        let facts = Facts {
            next_step: next.next_step,
            competitors,
            budget,
            decision_date,
            stakeholders: people.stakeholders,
            ..Facts::default()
        };
        (facts, hits)
    }

    /// `shown`: what was found of each behavior, whenever in the call.
    fn derive_facts(
        &self,
        facts: &mut Facts,
        shown: &[Vec<Hit>],
        scan: &Scan<'_>,
        quoter: &Quoter<'_>,
        mentions: &[Vec<Mention>],
        calendar: &Calendar,
    ) {
        let (call, transcript, texts) = (quoter.call, scan.transcript, scan.texts);
        let of_kind = |kind: SignalKind| -> Vec<(&str, &[Hit])> {
            let signals = self.playbook.signals.iter().filter(|s| s.kind == kind).map(|s| s.id.as_str());
            let concepts = self.playbook.concepts.iter().filter(|c| c.kind == kind).map(|c| c.id.as_str());
            signals.chain(concepts).map(|id| (id, scan.of(id))).collect()
        };
        for (_, hits) in of_kind(SignalKind::Pain) {
            facts.pains.extend(derived::statements(hits, quoter));
        }
        facts.objections = derived::objections(&of_kind(SignalKind::Objection), scan, quoter);
        facts.open_questions = derived::open_questions(scan, quoter);
        let asked = |fact: Elicits| -> Vec<Hit> {
            let asking = self.playbook.behaviors.iter().zip(shown).filter(|(b, _)| b.elicits == Some(fact));
            asking.flat_map(|(_, hits)| hits).cloned().collect()
        };
        facts.economic_buyer =
            economic_buyer::extract(call, transcript, texts, &asked(Elicits::EconomicBuyer), &facts.stakeholders);
        // The one who holds the money is one of the people, once.
        if let Some(owner) = &facts.economic_buyer {
            let same =
                facts.stakeholders.iter_mut().filter(|person| !owner.name.is_empty() && person.name == owner.name);
            same.for_each(|person| person.role = Role::EconomicBuyer);
        }
        facts.critical_event =
            timing::critical_event(call, transcript, texts, mentions, calendar, &asked(Elicits::CriticalEvent));
        facts.decision_process = self.answers_to(&asked(Elicits::DecisionProcess), scan, quoter);
    }

    /// What the buyer answered to a question, in the buyer's words.
    fn answers_to(&self, asked: &[Hit], scan: &Scan<'_>, quoter: &Quoter<'_>) -> Vec<Statement> {
        let answers = asked.iter().filter(|h| h.certain).filter_map(|h| {
            (h.turn + 1..h.turn + 4).find(|t| {
                let buyer = scan.transcript.turns.get(*t as usize).is_some_and(|s| s.sure_side() == Side::Buyer);
                buyer && !scan.is_unintelligible(*t) && scan.texts.get(*t as usize).is_some_and(is_substantive)
            })
        });
        let mut turns: Vec<u32> = answers.collect();
        turns.dedup();
        turns
            .into_iter()
            .filter_map(|t| quoter.turn(t, "answered"))
            .map(|e| Statement { text: e.quote.clone(), evidence: vec![e] })
            .collect()
    }

    fn count(&self, scan: &Scan<'_>, facts: &Facts, qualification: Option<&QualificationResult>) -> Found {
        let certain = |id: &str| scan.of(id).iter().filter(|h| h.certain).count();
        Found {
            signals: self.playbook.signals.iter().map(|s| (s.id.to_string(), certain(s.id.as_str()))).collect(),
            concepts: self.playbook.concepts.iter().map(|c| (c.id.to_string(), certain(c.id.as_str()))).collect(),
            facts: HashMap::from([
                ("competitors", facts.competitors.len()),
                ("stakeholders", facts.stakeholders.len()),
                ("pains", facts.pains.len()),
                ("objections", facts.objections.len()),
                ("open_questions", facts.open_questions.len()),
                ("commitments", facts.commitments.len()),
                ("amounts", facts.amounts.len()),
            ]),
            letters: qualification.iter().flat_map(|q| &q.letters).map(|l| (l.id.clone(), l.score)).collect(),
        }
    }

    fn risks(&self, scan: &Scan<'_>, quoter: &Quoter<'_>) -> Vec<RiskResult> {
        let results = self.playbook.risks.iter().zip(&self.detectors.risks).map(|(risk, program)| {
            let hits = certain(&scan.run(program)).cloned().collect::<Vec<_>>();
            let answer = hits.iter().find_map(|h| self.risk_answer(h, scan));
            let mut evidence = evidence(hits.iter(), quoter);
            let state = match (evidence.is_empty(), answer) {
                (true, _) => RiskState::NotRaised,
                (false, None) => RiskState::Open,
                (false, Some(turn)) => {
                    if !evidence.iter().any(|e| e.turn == turn) {
                        evidence.extend(quoter.turn(turn, "answered"));
                    }
                    RiskState::Answered
                }
            };
            RiskResult { id: risk.id.to_string(), title: risk.title.clone(), state, evidence }
        });
        results.collect()
    }

    /// The turn in which the other side answers what was raised.
    fn risk_answer(&self, hit: &Hit, scan: &Scan<'_>) -> Option<u32> {
        let raised_by = scan.transcript.turns.get(hit.turn as usize)?.sure_side();
        (hit.turn + 1..=hit.turn + RISK_ANSWER_TURNS).find(|t| {
            let across = scan
                .transcript
                .turns
                .get(*t as usize)
                .is_some_and(|s| s.sure_side() == raised_by.other() && s.sure_side() != Side::Unknown);
            across && !scan.is_unintelligible(*t) && scan.texts.get(*t as usize).is_some_and(is_substantive)
        })
    }

    fn notes(&self, call: &Call, transcript: &Transcript, learned: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let lessons = self.detectors.lessons.len();
        if lessons > 0 && !learned {
            notes.push(format!(
                "{lessons} detectors learn from examples, which needs the embedding model: they were judged by their \
                 rules alone, and nothing is known of those without rules."
            ));
        }
        match self.applies_to(call, transcript) {
            Verdict::True => {}
            Verdict::False => notes.push("The account or deal is outside the segment this playbook is for.".to_owned()),
            Verdict::Unknown(why) => {
                notes.push(format!("Whether this playbook is for the account can't be known: {why}."))
            }
        }
        let unsure = transcript.turns.iter().filter(|t| t.sure_side() == Side::Unknown).count();
        if unsure > 0 {
            notes.push(format!(
                "{unsure} of {} turns have no sure speaker side and prove nothing.",
                transcript.turns.len()
            ));
        }
        let lost = transcript.turns.iter().filter(|t| t.unintelligible).count();
        if lost > 0 {
            notes.push(format!(
                "{lost} of {} turns could not be understood and carry no claims.",
                transcript.turns.len()
            ));
        }
        notes
    }
}

/// The dates of each turn: what nobody could make out has none, and none is read from it.
fn mentions(transcript: &Transcript, texts: &[TurnText], calendar: &Calendar) -> Vec<Vec<Mention>> {
    let heard = texts.iter().zip(&transcript.turns).map(|(text, turn)| (!turn.unintelligible).then_some(text));
    dates::read_heard(heard, calendar)
}

fn unintelligible_share(transcript: &Transcript) -> f64 {
    let (mut all_ms, mut lost_ms) = (0.0, 0.0);
    for turn in &transcript.turns {
        let ms = f64::from(turn.end_ms.saturating_sub(turn.start_ms));
        all_ms += ms;
        lost_ms += if turn.unintelligible { ms } else { 0.0 };
    }
    if all_ms > 0.0 { lost_ms / all_ms } else { 0.0 }
}

fn in_time(hits: Vec<Hit>, due: Option<Due>, scan: &Scan<'_>) -> Vec<Hit> {
    hits.into_iter().filter(|h| is_in_time(h, due, scan)).collect()
}

pub(super) fn is_in_time(hit: &Hit, due: Option<Due>, scan: &Scan<'_>) -> bool {
    match due {
        None => true,
        Some(Due::Share(share)) => scan.position(hit.turn) <= share,
        Some(Due::Seconds(seconds)) => {
            scan.transcript.turns.get(hit.turn as usize).is_some_and(|t| t.start_ms / 1000 <= seconds)
        }
    }
}

fn certain(hits: &[Hit]) -> impl Iterator<Item = &Hit> {
    hits.iter().filter(|h| h.certain)
}

fn evidence<'h>(hits: impl Iterator<Item = &'h Hit>, quoter: &Quoter<'_>) -> Vec<Evidence> {
    let mut parts: Vec<_> = hits.flat_map(|h| &h.parts).collect();
    parts.sort_by_key(|p| p.turn);
    parts.dedup_by_key(|p| p.turn);
    parts
        .into_iter()
        .filter_map(|p| {
            Some(Evidence { confidence: p.confidence, ..quoter.quote(p.turn, p.tokens.clone(), p.method)? })
        })
        .take(MAX_EVIDENCE)
        .collect()
}

fn outcome(
    behavior: &Behavior,
    hits: &[Hit],
    condition: Option<&Condition>,
    environment: &Environment<'_>,
    silent: Option<&str>,
    quoter: &Quoter<'_>,
) -> BehaviorResult {
    let result = |outcome, evidence, reason| BehaviorResult {
        id: behavior.id.to_string(),
        outcome,
        evidence,
        reason,
        doubt: None,
    };
    let applies = condition.map_or(Verdict::False, |c| c.evaluate(environment));
    if applies == Verdict::True {
        let text = behavior.not_applicable.as_ref().map_or("", |e| e.text.as_str());
        return result(Outcome::NotApplicable, Vec::new(), format!("`{text}` holds for this call."));
    }
    let observed = evidence(certain(hits), quoter);
    if !observed.is_empty() {
        return result(Outcome::Observed, observed, String::new());
    }
    if let Verdict::Unknown(why) = applies {
        return result(Outcome::Unknown, Vec::new(), format!("Whether it applies can't be known: {why}."));
    }
    let confidence = |h: &Hit| h.parts.first().and_then(|part| part.confidence).unwrap_or(0.0);
    let nearest =
        hits.iter().filter(|h| h.doubt == Doubt::Wording).max_by(|a, b| confidence(a).total_cmp(&confidence(b)));
    if let Some(nearest) = nearest {
        let why = "The words that come nearest are as often meant so as not.";
        let unknown = result(Outcome::Unknown, Vec::new(), why.to_owned());
        return BehaviorResult { doubt: Some(nearest.turn), ..unknown };
    }
    if hits.iter().any(|h| !h.certain) {
        let why = "The only words that could show it have no sure speaker side.";
        return result(Outcome::Unknown, Vec::new(), why.to_owned());
    }
    if let Some(why) = silent {
        return result(Outcome::Unknown, Vec::new(), why.to_owned());
    }
    result(Outcome::Missed, Vec::new(), String::new())
}
