//! The talk about a day, turn by turn: offers, answers, other offers, withdrawals.

use super::cues::{ACCEPTS, ASKS_WHEN, MEETS, REFUSES, WITHDRAWS};
use super::offer::{Offer, PLAIN, Place, Told, best, is_denied, offers};
use super::reply::{Reply, names, reply};
use crate::domain::call::{Side, Transcript};
use crate::domain::facts::dates::{Calendar, Mention};
use crate::domain::text::TurnText;
use std::collections::BTreeSet;

/// How many turns an offer waits for its answer.
const ANSWER_TURNS: u32 = 6;
/// Turns for which it is remembered that a meeting was spoken of.
const MEETING_TURNS: u32 = 3;
/// Turns after an offer in which another day is one too.
const NEGOTIATING_TURNS: u32 = 3;
/// What must speak for an agreement: the offer and its answer.
const ENOUGH: i32 = 6;
/// What must speak for an offer, or for its answer where the offer was faint.
const ENOUGH_OFFER: i32 = 4;
const ENOUGH_ANSWER: i32 = 4;
/// So much less may speak for a later agreement than for the one it replaces.
const LESS: i32 = 2;
/// So much less may speak for another day than for the one that is answered, for the answer to be that other day.
const FAINTER: i32 = 3;
/// An answer this weak must come at once.
const WEAK: i32 = 2;
const WEAK_TURNS: u32 = 3;
/// Turns after a weak yes in which a no of the same side takes it back.
const HEDGE_TURNS: u32 = 2;
/// Turns after which a day that was told is forgotten.
const TOLD_TURNS: u32 = 3;
/// Turns in which a day that was asked for is given.
const WHEN_TURNS: u32 = 2;

/// An agreement while the talk goes on.
#[derive(Debug, Clone)]
pub(super) struct Agreement {
    pub(super) offer: Offer,
    pub(super) accepted: u32,
    /// What speaks for it: the offer's weight and how it was accepted.
    pub(super) weight: i32,
    /// How clearly it was accepted.
    strength: i32,
    pub(super) certain: bool,
}

#[derive(Default)]
struct Talk {
    open: Option<Offer>,
    agreed: Option<Agreement>,
    /// The last turns in which a meeting was spoken of, and a day was asked for.
    met: Option<u32>,
    asked: Option<(u32, Side)>,
    /// The last turn in which a day was offered.
    offered: Option<u32>,
    /// Days named of late and not offered, and the turn of the last.
    told: Told,
    told_at: u32,
}

/// Goes through the talk once.
pub(super) fn follow(
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
) -> Option<Agreement> {
    let mut talk = Talk::default();
    for ((turn, text), mentions) in (0_u32..).zip(texts).zip(mentions) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        let side = source.sure_side();
        let offered = offers(talk.place(turn, side, texts.len()), text, mentions, calendar);
        let plain: BTreeSet<usize> = offered.iter().filter(|o| o.weight >= PLAIN).map(|o| o.tokens.start).collect();
        talk.hear(turn, side, text, mentions, offered);
        talk.tell(turn, mentions.iter().filter(|m| !plain.contains(&m.tokens.start)));
        if MEETS.stands(text) {
            talk.met = Some(turn);
        }
        if ASKS_WHEN.stands(text) {
            talk.asked = Some((turn, side));
        }
    }
    talk.agreed
}

impl Talk {
    fn place(&self, turn: u32, side: Side, turns: usize) -> Place<'_> {
        let open = self.open.as_ref().and_then(|o| Some((o.date?, o.side != side)));
        Place {
            turn,
            side,
            position: f64::from(turn) / turns.max(1) as f64,
            asked_when: self.asked.is_some_and(|(t, by)| turn - t <= WHEN_TURNS && by != side),
            of_meeting: self.met.is_some_and(|t| turn - t <= MEETING_TURNS),
            negotiating: self.offered.is_some_and(|t| turn - t <= NEGOTIATING_TURNS),
            told: &self.told,
            anchor: open.or(self.agreed.as_ref().and_then(|a| Some((a.offer.date?, false)))),
        }
    }

    /// Remembers days that were named and not offered.
    fn tell<'m>(&mut self, turn: u32, mentions: impl Iterator<Item = &'m Mention>) {
        if turn - self.told_at > TOLD_TURNS {
            self.told = Told::default();
        }
        for mention in mentions {
            self.told_at = turn;
            self.told.add(mention);
        }
    }

    fn hear(&mut self, turn: u32, side: Side, text: &TurnText, mentions: &[Mention], offered: Vec<Offer>) {
        if offered.iter().any(|o| o.weight >= PLAIN) {
            self.offered = Some(turn);
        }
        let hedged = self.open.is_none() && self.is_hedged(turn, side, text);
        if hedged
            || self.agreed.as_ref().is_some_and(|a| turn > a.accepted && is_withdrawn(a, &offered, text, mentions))
        {
            self.agreed = None;
            self.open = best(offered);
            return;
        }
        if self.answers_open(turn, side, text, mentions, &offered) {
            return;
        }
        if let Some(offer) = best(offered) {
            self.offer(offer);
        }
    }

    /// `I could.` `But there's no need to fix it.`: a weak yes doesn't outlive the no of its own side.
    fn is_hedged(&self, turn: u32, side: Side, text: &TurnText) -> bool {
        let weak = self.agreed.as_ref().filter(|a| a.strength <= WEAK && turn - a.accepted <= HEDGE_TURNS);
        weak.is_some_and(|a| a.offer.side != side && REFUSES.stands(text) && !ACCEPTS.holds(text))
    }

    /// Takes a turn as an answer to the open offer; false where it is none.
    fn answers_open(
        &mut self,
        turn: u32,
        side: Side,
        text: &TurnText,
        mentions: &[Mention],
        offered: &[Offer],
    ) -> bool {
        let Some(open) = self.open.clone() else { return false };
        if self.confirms(&open, text, mentions) {
            self.open = None;
            return true;
        }
        let across = side != open.side || side == Side::Unknown;
        let again = offered.iter().find(|o| o.date == open.date);
        let weight = again.map_or(open.weight - FAINTER, |o| o.weight + 1);
        let other = offered.iter().any(|o| o.date != open.date && o.weight >= weight);
        match reply(text, mentions, &open) {
            Reply::Accepts(strength)
                if across && (!other || again.is_some()) && (strength > WEAK || turn - open.turn <= WEAK_TURNS) =>
            {
                let offer = again.map_or(open.clone(), |again| open.with(again));
                self.agree(offer, turn, side, strength);
                return true;
            }
            Reply::Refuses if !other && (across || again.is_none()) => {
                // Who offers another day gives up the one before, if that was ever firm.
                let firm = |a: &Agreement| a.strength > WEAK || !open.is_appointment || a.offer.date == open.date;
                self.agreed = self.agreed.take().filter(firm);
                self.open = None;
                return true;
            }
            _ => {}
        }
        if turn - open.turn > ANSWER_TURNS {
            self.open = None;
        }
        false
    }

    /// Does a turn say the agreed day again, and not the one that is open?
    fn confirms(&mut self, open: &Offer, text: &TurnText, mentions: &[Mention]) -> bool {
        let Some(agreed) = &mut self.agreed else { return false };
        let says = |offer: &Offer| mentions.iter().any(|m| names(m, offer) && !is_denied(text, m));
        let confirms = agreed.offer.date != open.date && says(&agreed.offer) && !says(open);
        agreed.weight += i32::from(confirms);
        confirms
    }

    fn offer(&mut self, offer: Offer) {
        if let Some(agreed) = self.agreed.as_mut().filter(|a| a.offer.date == offer.date) {
            agreed.offer = agreed.offer.with(&offer);
            agreed.weight += 1;
            self.open = None;
            return;
        }
        self.open = Some(match self.open.take() {
            Some(earlier) if earlier.date == offer.date && earlier.side != offer.side => earlier.with(&offer),
            // Another day for the same thing.
            Some(earlier) if offer.turn - earlier.turn <= ANSWER_TURNS => {
                Offer { is_appointment: offer.is_appointment || earlier.is_appointment, ..offer }
            }
            _ => offer,
        });
    }

    fn agree(&mut self, offer: Offer, turn: u32, side: Side, strength: i32) {
        let certain = side != Side::Unknown && offer.side != Side::Unknown;
        let weight = offer.weight + strength;
        if weight < ENOUGH || (offer.weight < ENOUGH_OFFER && strength < ENOUGH_ANSWER) {
            self.open = None;
            return;
        }
        let newer = Agreement { offer, accepted: turn, weight, strength, certain };
        self.agreed = Some(preferred(self.agreed.take(), newer));
        self.open = None;
    }
}

/// Is the agreement taken back here? By words that do so, or by a refusal of its day.
fn is_withdrawn(agreed: &Agreement, offered: &[Offer], text: &TurnText, mentions: &[Mention]) -> bool {
    let denied = mentions.iter().any(|m| names(m, &agreed.offer) && is_denied(text, m));
    let elsewhere = offered.iter().any(|o| o.date != agreed.offer.date);
    denied || (WITHDRAWS.stands(text) && !elsewhere)
}

fn preferred(old: Option<Agreement>, new: Agreement) -> Agreement {
    match old {
        Some(old) if old.offer.is_appointment && !new.offer.is_appointment => old,
        Some(old) if old.offer.is_appointment && !new.offer.corrects && old.weight > new.weight + LESS => old,
        _ => new,
    }
}
