//! What can be said of a turn's words without knowing what is looked for: tokens, sentences, clauses, questions, and
//! the places where words don't count (negated, hypothetical, quoted from somebody else).

pub mod lexicon;
pub mod names;
pub mod number;
pub mod question;
pub mod scope;
pub mod sentence;
pub mod stem;
pub mod tag;
pub mod token;

pub use question::Question;
pub use sentence::Sentence;
pub use tag::Tags;
pub use token::Token;

use std::ops::Range;

/// A turn, read once.
#[derive(Debug, Clone, Default)]
pub struct TurnText {
    pub tokens: Vec<Token>,
    pub sentences: Vec<Sentence>,
    pub questions: Vec<Question>,
    pub scopes: scope::Scopes,
    /// Does the turn carry sentence marks at all? A recogniser often writes none.
    pub punctuated: bool,
}

impl TurnText {
    pub fn read(text: &str) -> Self {
        let mut tokens = token::tokenise(text);
        tag::tag(&mut tokens);
        let sentences = sentence::split(text, &mut tokens);
        let punctuated = sentences.iter().any(|s| s.ends_with_mark) || tokens.len() < 3;
        let questions = question::find(&tokens, &sentences, punctuated);
        let scopes = scope::find(&tokens, &sentences, punctuated);
        Self { tokens, sentences, questions, scopes, punctuated }
    }

    /// Reads the turns of a call: names are settled over all of them.
    pub fn read_all<'t>(turns: impl Iterator<Item = &'t str>) -> Vec<Self> {
        let mut texts: Vec<Self> = turns.map(Self::read).collect();
        names::settle(&mut texts);
        texts
    }

    /// Words that carry meaning: no function words, no fillers.
    pub fn content_words(&self) -> usize {
        self.tokens.iter().filter(|t| !t.tags.contains(Tags::FUNCTION)).count()
    }

    /// Words as people count them: a contraction is one, a filler none.
    pub fn word_count(&self) -> usize {
        let goes_on = self.tokens.windows(2).filter(|w| matches!(w, [a, b] if b.start <= a.end)).count();
        self.tokens.len() - goes_on
    }

    /// The tokens of the sentence that a token stands in.
    pub fn sentence_of(&self, token: usize) -> Range<usize> {
        self.tokens
            .get(token)
            .and_then(|t| self.sentences.get(t.sentence as usize))
            .map_or(0..self.tokens.len(), |s| s.tokens.clone())
    }

    /// The words of some tokens, as they stand in the turn's text; what reaches over the end is cut.
    pub fn said<'s>(&self, source: &'s str, tokens: &Range<usize>) -> Option<&'s str> {
        let last = tokens.end.min(self.tokens.len()).checked_sub(1)?;
        source.get(self.tokens.get(tokens.start)?.start..self.tokens.get(last)?.end)
    }

    /// Does any question of the turn cover one of these tokens?
    pub fn is_asked(&self, tokens: &Range<usize>) -> bool {
        self.questions.iter().any(|q| q.tokens.start < tokens.end && tokens.start < q.tokens.end)
    }
}
