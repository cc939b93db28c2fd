//! Phrases: words in any inflection, with a few words allowed between them.
//!
//! `who signs off` finds *who is going to sign it off*. `{budget|money}` gives alternatives, `sign*` any ending,
//! `=may` exactly this word, `<number>` a kind of word. A phrase of topic words only matches in any order (*budget
//! approval*, *approval of the budget*); one with a function word keeps its order, since there the order is the meaning.

use crate::domain::text::scope;
use crate::domain::text::tag::Tags;
use crate::domain::text::token::{Token, hash, tokenise};
use std::ops::Range;

/// One word of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    Stem(Box<str>),
    Exact(Box<str>),
    Prefix(Box<str>),
    Kind(Tags),
    /// Any word that isn't a function word.
    Content,
}

/// Alternatives at one place of a phrase, each some words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub alternatives: Vec<Vec<Atom>>,
    function: bool,
    firsts: Firsts,
}

/// Which words may start an alternative, as bits of their hashes: most tokens are turned away by one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Firsts {
    bits: [u64; 4],
    /// Holds endings or kinds of words, which no hash tells.
    open: bool,
}

impl Firsts {
    fn of(alternatives: &[Vec<Atom>]) -> Self {
        let mut firsts = Self::default();
        for atom in alternatives.iter().filter_map(|a| a.first()) {
            match atom {
                Atom::Stem(word) | Atom::Exact(word) => firsts.insert(hash(word)),
                Atom::Prefix(_) | Atom::Kind(_) | Atom::Content => firsts.open = true,
            }
        }
        firsts
    }

    fn insert(&mut self, hash: u64) {
        if let Some(bits) = self.bits.get_mut((hash >> 6) as usize & 3) {
            *bits |= 1 << (hash & 63);
        }
    }

    fn may_start_with(&self, token: &Token) -> bool {
        let holds =
            |hash: u64| self.bits.get((hash >> 6) as usize & 3).is_some_and(|bits| bits & (1 << (hash & 63)) != 0);
        self.open || holds(token.stem_hash) || holds(token.word_hash)
    }
}

/// A phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub elements: Vec<Element>,
    pub gap: usize,
    pub ordered: bool,
    /// Names a negation itself: one between its words takes nothing back.
    pub negates: bool,
}

/// Most words of a phrase, and alternatives at a place.
const MAX_ELEMENTS: usize = 16;
const MAX_ALTERNATIVES: usize = 64;

const KINDS: &[(&str, Tags)] = &[
    ("number", Tags::NUMBER),
    ("money", Tags::MONEY),
    ("date", Tags::DATE),
    ("role", Tags::ROLE),
    ("name", Tags::NAME),
];

impl Phrase {
    /// Parses a phrase; the error says what is wrong with it.
    pub fn parse(text: &str, gap: usize) -> Result<Self, String> {
        let mut elements = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('{') {
                let (inside, after) = inner.split_once('}').ok_or("`{` is not closed")?;
                elements.push(alternatives(inside)?);
                rest = after.trim_start();
                continue;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            for atoms in atoms(word)? {
                elements.push(Element::of(vec![vec![atoms]]));
            }
            rest = after.trim_start();
        }
        if elements.is_empty() {
            return Err("holds no word".to_owned());
        }
        if elements.len() > MAX_ELEMENTS {
            return Err(format!("has {} words, at most {MAX_ELEMENTS} are allowed", elements.len()));
        }
        let ordered = elements.len() > 1 && elements.iter().any(|e| e.function);
        let atoms = elements.iter().flat_map(|e| &e.alternatives).flatten();
        let negates = atoms.into_iter().any(|a| matches!(a, Atom::Stem(w) | Atom::Exact(w) if scope::is_negator(w)));
        Ok(Self { elements, gap, ordered, negates })
    }

    /// The element that is looked up first: the one whose words are rarest.
    pub fn anchor(&self) -> usize {
        let cost = |e: &Element| e.alternatives.iter().filter_map(|a| a.first()).map(Atom::frequency).sum::<u32>();
        self.elements.iter().enumerate().min_by_key(|(_, e)| cost(e)).map_or(0, |(i, _)| i)
    }

    /// The tokens the phrase covers when its anchor element stands at `at`.
    pub fn match_at(&self, tokens: &[Token], anchor: usize, at: usize) -> Option<Range<usize>> {
        if self.ordered || self.elements.len() == 1 {
            self.in_order(tokens, anchor, at)
        } else {
            self.in_any_order(tokens, anchor, at)
        }
    }

    fn in_order(&self, tokens: &[Token], anchor: usize, at: usize) -> Option<Range<usize>> {
        let sentence = tokens.get(at)?.sentence;
        let same = |i: usize| tokens.get(i).is_some_and(|t| t.sentence == sentence);
        let mut ends: Vec<usize> = self.elements.get(anchor)?.ends(tokens, at).collect();
        for element in self.elements.get(anchor + 1..)? {
            let mut next: Vec<usize> = Vec::new();
            for end in &ends {
                for start in (*end..=end + self.gap).filter(|i| same(*i)) {
                    next.extend(element.ends(tokens, start));
                }
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        let end = *ends.first()?;
        let mut starts = vec![at];
        for element in self.elements.get(..anchor)?.iter().rev() {
            let reach = self.gap + element.longest();
            let mut next: Vec<usize> = Vec::new();
            for start in &starts {
                for from in start.saturating_sub(reach)..*start {
                    if same(from) && element.ends(tokens, from).any(|e| e <= *start && start - e <= self.gap) {
                        next.push(from);
                    }
                }
            }
            next.sort_unstable();
            next.dedup();
            starts = next;
        }
        Some(*starts.last()?..end)
    }

    fn in_any_order(&self, tokens: &[Token], anchor: usize, at: usize) -> Option<Range<usize>> {
        let sentence = tokens.get(at)?.sentence;
        let mut range = at..self.elements.get(anchor)?.ends(tokens, at).max()?;
        let width = self.elements.iter().map(Element::longest).sum::<usize>() + self.gap * (self.elements.len() - 1);
        for (i, element) in self.elements.iter().enumerate() {
            if i == anchor {
                continue;
            }
            let nearest = (at.saturating_sub(width)..at + width)
                .filter(|k| !(at..range.end).contains(k) && tokens.get(*k).is_some_and(|t| t.sentence == sentence))
                .filter_map(|k| element.ends(tokens, k).max().map(|e| (k, e)))
                .min_by_key(|(k, _)| k.abs_diff(at))?;
            range = range.start.min(nearest.0)..range.end.max(nearest.1);
        }
        (range.len() <= width).then_some(range)
    }
}

impl Element {
    fn of(alternatives: Vec<Vec<Atom>>) -> Self {
        let function = alternatives.iter().flatten().any(|atom| match atom {
            Atom::Stem(word) | Atom::Exact(word) => is_function(word),
            Atom::Prefix(_) | Atom::Kind(_) | Atom::Content => false,
        });
        let firsts = Firsts::of(&alternatives);
        Self { alternatives, function, firsts }
    }

    /// Where the alternatives end that start at a token.
    fn ends<'t>(&'t self, tokens: &'t [Token], at: usize) -> impl Iterator<Item = usize> + 't {
        let possible = tokens.get(at).is_some_and(|t| self.firsts.may_start_with(t));
        let alternatives = if possible { self.alternatives.as_slice() } else { &[] };
        alternatives.iter().filter(move |atoms| stand_at(atoms, tokens, at)).map(move |atoms| at + atoms.len())
    }

    fn longest(&self) -> usize {
        self.alternatives.iter().map(Vec::len).max().unwrap_or(0)
    }
}

fn stand_at(atoms: &[Atom], tokens: &[Token], at: usize) -> bool {
    tokens
        .get(at..at + atoms.len())
        .is_some_and(|tokens| atoms.iter().zip(tokens).all(|(atom, token)| atom.matches(token)))
}

impl Atom {
    /// How often such a word stands in talk, roughly.
    fn frequency(&self) -> u32 {
        match self {
            Atom::Stem(word) | Atom::Exact(word) if is_function(word) => 60,
            Atom::Stem(word) | Atom::Exact(word) if word.len() < 5 => 4,
            Atom::Stem(_) | Atom::Exact(_) => 1,
            Atom::Prefix(_) => 400,
            Atom::Kind(_) => 600,
            Atom::Content => 5_000,
        }
    }

    pub fn matches(&self, token: &Token) -> bool {
        match self {
            Atom::Stem(stem) => token.stem == *stem,
            Atom::Exact(word) => token.word == *word,
            Atom::Prefix(prefix) => token.word.starts_with(&**prefix),
            Atom::Kind(kind) => token.tags.contains(*kind),
            Atom::Content => !token.tags.contains(Tags::FUNCTION) && !token.tags.contains(Tags::NUMBER),
        }
    }
}

fn is_function(word: &str) -> bool {
    let mut tokens = tokenise(word);
    crate::domain::text::tag::tag(&mut tokens);
    tokens.first().is_some_and(|t| t.tags.contains(Tags::FUNCTION)) || matches!(word, "be" | "hav" | "do")
}

fn alternatives(inside: &str) -> Result<Element, String> {
    let mut all = Vec::new();
    for alternative in inside.split('|') {
        let mut words = Vec::new();
        for word in alternative.split_whitespace() {
            words.extend(atoms(word)?);
        }
        if words.is_empty() {
            return Err("has an empty alternative".to_owned());
        }
        all.push(words);
    }
    if all.len() > MAX_ALTERNATIVES {
        return Err(format!("has {} alternatives at one place, at most {MAX_ALTERNATIVES} are allowed", all.len()));
    }
    Ok(Element::of(all))
}

fn atoms(word: &str) -> Result<Vec<Atom>, String> {
    if let Some(kind) = word.strip_prefix('<') {
        let name = kind.strip_suffix('>').ok_or_else(|| format!("`{word}` is not closed with `>`"))?;
        if name == "word" {
            return Ok(vec![Atom::Content]);
        }
        let found = KINDS.iter().find(|(n, _)| *n == name).map(|(_, tags)| Atom::Kind(*tags));
        return found
            .map(|a| vec![a])
            .ok_or_else(|| format!("`{word}` is none of <number>, <money>, <date>, <role>, <name>, <word>"));
    }
    if let Some(exact) = word.strip_prefix('=') {
        return Ok(tokenise(exact).into_iter().map(|t| Atom::Exact(t.word)).collect());
    }
    if let Some(prefix) = word.strip_suffix('*') {
        let prefix = prefix.to_lowercase();
        if prefix.chars().count() < 3 {
            return Err(format!("`{word}`: at least three letters must stand before `*`"));
        }
        return Ok(vec![Atom::Prefix(prefix.into())]);
    }
    if word.contains(['}', '|', '*', '>']) {
        return Err(format!("`{word}` is not understood"));
    }
    Ok(tokenise(word).into_iter().map(|t| Atom::Stem(t.stem)).collect())
}
