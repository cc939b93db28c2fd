//! The query language, as `SearchTurnsRequest.query` describes it to callers.

use super::words;
use crate::domain::Violation;

/// Longest query, characters.
pub const MAX_CHARS: usize = 500;
/// Most words, phrases and beginnings of words of a query.
pub const MAX_TERMS: usize = 24;
/// Shortest beginning of a word: one letter begins too many.
const MIN_PREFIX: usize = 2;

/// What must be in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Of each group at least one.
    pub required: Vec<Vec<Term>>,
    /// None of them.
    pub excluded: Vec<Term>,
}

/// Something to look for; words as [`words`] writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A word in any inflection.
    Word { form: String, stem: String },
    /// Words in this form and order; at least one.
    Phrase(Vec<String>),
    /// Any word whose form begins so.
    Prefix(String),
}

/// A piece of a query, and which character it begins at, from 1.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    at: usize,
    excluded: bool,
    text: Text<'a>,
}

#[derive(Debug, PartialEq, Eq)]
enum Text<'a> {
    Bare(&'a str),
    Quoted(&'a str),
    Or,
}

impl Query {
    /// Reads a query. An empty one asks for nothing, and every turn matches.
    ///
    /// # Errors
    /// Everything that is wrong with it; places are those of the field `query`.
    pub fn parse(text: &str) -> Result<Self, Vec<Violation>> {
        let mut reader = Reader::default();
        if text.chars().count() > MAX_CHARS {
            return Err(vec![Violation::new("query", format!("must have at most {MAX_CHARS} characters"))]);
        }
        let pieces = reader.pieces(text);
        let query = reader.query(pieces);
        let terms = query.required.iter().map(Vec::len).sum::<usize>() + query.excluded.len();
        if terms > MAX_TERMS {
            reader.wrong.push(Violation::new("query", format!("has {terms} terms; at most {MAX_TERMS} are searched")));
        }
        if reader.wrong.is_empty() { Ok(query) } else { Err(reader.wrong) }
    }

    /// Nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.excluded.is_empty()
    }
}

#[derive(Default)]
struct Reader {
    wrong: Vec<Violation>,
}

impl Reader {
    fn add(&mut self, at: usize, problem: impl std::fmt::Display) {
        self.wrong.push(Violation::new("query", format!("character {at}: {problem}")));
    }

    fn pieces<'a>(&mut self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find(|c: char| !c.is_whitespace()) {
            rest = &rest[begin..];
            let at = text[..text.len() - rest.len()].chars().count() + 1;
            let excluded = rest.starts_with('-');
            let body = if excluded { &rest[1..] } else { rest };
            let (piece, after) = match body.strip_prefix(is_quote) {
                Some(quoted) => match quoted.split_once(is_quote) {
                    Some((inside, after)) => (Text::Quoted(inside), after),
                    None => {
                        self.add(at, "the quotation mark is not closed");
                        return pieces;
                    }
                },
                None => {
                    let end = body.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(body.len());
                    let word = &body[..end];
                    let text = if word == "OR" && !excluded { Text::Or } else { Text::Bare(word) };
                    (text, &body[end..])
                }
            };
            pieces.push(Piece { at, excluded, text: piece });
            rest = after;
        }
        pieces
    }

    fn query(&mut self, pieces: Vec<Piece<'_>>) -> Query {
        let mut query = Query::default();
        // The place of an OR that waits for what comes after it.
        let mut open = None;
        // Whether an OR may follow: what came last is something that must be there.
        let mut joinable = false;
        for Piece { at, excluded, text } in pieces {
            let term = match text {
                Text::Or => {
                    if !joinable {
                        self.add(at, "OR must stand between two things to look for");
                    }
                    open = joinable.then_some(at);
                    joinable = false;
                    continue;
                }
                Text::Bare(word) => self.bare(at, word),
                Text::Quoted(words) => self.phrase(at, words),
            };
            let joins = open.take().is_some();
            if excluded && joins {
                self.add(at, "what is excluded can't be one of several; write it apart from OR");
            }
            joinable = !excluded;
            let Some(term) = term else { continue };
            match query.required.last_mut() {
                _ if excluded => query.excluded.push(term),
                Some(group) if joins => group.push(term),
                _ => query.required.push(vec![term]),
            }
        }
        if let Some(at) = open {
            self.add(at, "OR must stand between two things to look for");
        }
        query
    }

    fn bare(&mut self, at: usize, word: &str) -> Option<Term> {
        let (body, prefix) = match word.strip_suffix('*') {
            Some(body) => (body, true),
            None => (word, false),
        };
        if body.contains('*') {
            self.add(at, format_args!("`{word}`: * may stand at the end of a word only"));
            return None;
        }
        let mut terms = words::terms(body);
        match (terms.len(), prefix) {
            (0, _) => {
                self.add(at, format_args!("`{word}` has no letter or digit to look for"));
                None
            }
            (1, true) if terms[0].0.chars().count() < MIN_PREFIX => {
                self.add(at, format_args!("`{word}`: * needs at least {MIN_PREFIX} letters before it"));
                None
            }
            (1, true) => terms.pop().map(|(form, _)| Term::Prefix(form)),
            (1, false) => terms.pop().map(|(form, stem)| Term::Word { form, stem }),
            (_, true) => {
                self.add(at, format_args!("`{word}`: * may follow a single word only"));
                None
            }
            // `e-mail` is two words wherever it is written.
            (_, false) => Some(Term::Phrase(terms.into_iter().map(|(form, _)| form).collect())),
        }
    }

    fn phrase(&mut self, at: usize, quoted: &str) -> Option<Term> {
        if quoted.contains('*') {
            self.add(at, "* may not stand in quotation marks");
            return None;
        }
        let forms: Vec<String> = words::terms(quoted).into_iter().map(|(form, _)| form).collect();
        if forms.is_empty() {
            self.add(at, "the quotation marks hold no letter or digit to look for");
            return None;
        }
        Some(Term::Phrase(forms))
    }
}

/// Quotation marks, straight and as word processors write them.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(form: &str, stem: &str) -> Term {
        Term::Word { form: form.to_owned(), stem: stem.to_owned() }
    }

    fn phrase(words: &[&str]) -> Term {
        Term::Phrase(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn reads_every_form() {
        let query =
            Query::parse("security Reviews budget OR “cost centre” OR money -pilot -\"next week\" secur* e-mail");
        let expected = Query {
            required: vec![
                vec![word("security", "secur")],
                vec![word("reviews", "review")],
                vec![word("budget", "budget"), phrase(&["cost", "centre"]), word("money", "money")],
                vec![Term::Prefix("secur".to_owned())],
                vec![phrase(&["e", "mail"])],
            ],
            excluded: vec![word("pilot", "pilot"), phrase(&["next", "week"])],
        };
        assert_eq!(query, Ok(expected));
        assert_eq!(Query::parse("  "), Ok(Query::default()));
        assert_eq!(Query::parse("or").map(|query| query.required.len()), Ok(1));
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let found = Query::parse("OR a* b*c ... x OR -y \"!\" -x-y* z OR").unwrap_err();
        let told: Vec<String> = found.into_iter().map(|violation| violation.problem).collect();
        assert_eq!(
            told,
            [
                "character 1: OR must stand between two things to look for",
                "character 4: `a*`: * needs at least 2 letters before it",
                "character 7: `b*c`: * may stand at the end of a word only",
                "character 11: `...` has no letter or digit to look for",
                "character 20: what is excluded can't be one of several; write it apart from OR",
                "character 23: the quotation marks hold no letter or digit to look for",
                "character 27: `x-y*`: * may follow a single word only",
                "character 35: OR must stand between two things to look for",
            ]
        );
        let found = Query::parse("one \"two").unwrap_err();
        assert_eq!(found[0].problem, "character 5: the quotation mark is not closed");
    }

    #[test]
    fn a_query_has_bounds() {
        assert!(Query::parse(&"ab ".repeat(24)).is_ok());
        assert!(Query::parse(&"ab ".repeat(25)).is_err());
        assert!(Query::parse(&"a".repeat(501)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_or_is_told_why_not(text in "[\\PC \"*-]{0,80}") {
            if let Err(found) = Query::parse(&text) {
                prop_assert!(!found.is_empty());
            }
        }
    }
}
