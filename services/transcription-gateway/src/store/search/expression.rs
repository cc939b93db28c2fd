//! A query as each database reads it. Words have no character that means something to either of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Facet;
use crate::search::{Query, Term, Word};

/// What PostgreSQL's one list of lexemes tells apart by their first letter: facets, stems, forms.
const FACET: char = 'f';
const STEM: char = 's';
const FORM: char = 'w';
/// Stands where a word is not counted any more, so that those after it keep their places.
const GAP: char = '\u{F000}';

/// As a `tsquery`.
pub fn tsquery(query: &Query, facets: &[Facet<'_>]) -> String {
    let mut all: Vec<String> = facets.iter().map(|facet| format!("'{FACET}{}'", facet.token())).collect();
    for group in &query.required {
        let terms: Vec<String> = group.iter().map(tsquery_term).collect();
        all.push(format!("({})", terms.join(" | ")));
    }
    all.extend(query.excluded.iter().map(|term| format!("!{}", tsquery_term(term))));
    all.join(" & ")
}

fn tsquery_term(term: &Term) -> String {
    match term {
        Term::Word { form: _, stem } => format!("'{STEM}{stem}'"),
        Term::Prefix(begin) => format!("'{FORM}{begin}':*"),
        Term::Phrase(forms) => {
            let forms: Vec<String> = forms.iter().map(|form| format!("'{FORM}{form}'")).collect();
            format!("({})", forms.join(" <-> "))
        }
    }
}

/// As an FTS5 expression.
pub fn fts5(query: &Query, facets: &[Facet<'_>]) -> String {
    let mut all: Vec<String> = facets.iter().map(|facet| format!("facets : \"{}\"", facet.token())).collect();
    for group in &query.required {
        let terms: Vec<String> = group.iter().map(fts5_term).collect();
        all.push(format!("({})", terms.join(" OR ")));
    }
    let required = all.join(" AND ");
    if query.excluded.is_empty() {
        return required;
    }
    let excluded: Vec<String> = query.excluded.iter().map(fts5_term).collect();
    format!("({required}) NOT ({})", excluded.join(" OR "))
}

fn fts5_term(term: &Term) -> String {
    match term {
        Term::Word { form: _, stem } => format!("stems : \"{stem}\""),
        Term::Prefix(begin) => format!("forms : \"{begin}\" *"),
        Term::Phrase(forms) => format!("forms : \"{}\"", forms.join(" ")),
    }
}

/// A turn as a `tsvector`.
pub fn tsvector(words: &[Word], facets: &[Facet<'_>]) -> String {
    let mut lexemes: BTreeMap<(char, &str), Vec<usize>> = BTreeMap::new();
    for (index, word) in words.iter().enumerate() {
        for (kind, token) in [(STEM, &word.stem), (FORM, &word.form)] {
            if let Some(token) = token {
                lexemes.entry((kind, token)).or_default().push(index + 1);
            }
        }
    }
    let mut vector = facets.iter().map(|facet| format!("'{FACET}{}'", facet.token())).collect::<Vec<_>>().join(" ");
    for ((kind, token), positions) in lexemes {
        // Writing to a string can't fail.
        let _ = write!(vector, " '{kind}{token}'");
        for (index, position) in positions.into_iter().enumerate() {
            let _ = write!(vector, "{}{position}", if index == 0 { ':' } else { ',' });
        }
    }
    vector
}

/// A turn as the columns `facets`, `stems`, `forms` of the FTS5 table.
pub fn columns(words: &[Word], facets: &[Facet<'_>]) -> [String; 3] {
    let facets = facets.iter().map(|facet| facet.token()).collect::<Vec<_>>().join(" ");
    let column = |of: fn(&Word) -> Option<&String>| {
        let mut column = String::new();
        for word in words {
            match of(word) {
                Some(token) => column.push_str(token),
                None => column.push(GAP),
            }
            column.push(' ');
        }
        column
    };
    [facets, column(|word| word.stem.as_ref()), column(|word| word.form.as_ref())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words;

    #[test]
    fn a_query_is_written_for_each_database() {
        let query = Query::parse("reviews OR \"a b\" secur* -pilot -\"c d\"").unwrap();
        let facet = Facet::Side("rep").token();
        assert_eq!(
            tsquery(&query, &[Facet::Side("rep")]),
            format!("'f{facet}' & ('sreview' | ('wa' <-> 'wb')) & ('wsecur':*) & !'spilot' & !('wc' <-> 'wd')")
        );
        assert_eq!(
            fts5(&query, &[Facet::Side("rep")]),
            format!(
                "(facets : \"{facet}\" AND (stems : \"review\" OR forms : \"a b\") AND (forms : \"secur\" *)) \
             NOT (stems : \"pilot\" OR forms : \"c d\")"
            )
        );
    }

    #[test]
    fn a_turn_is_written_for_each_database() {
        let words = words("Two reviews, two.");
        assert_eq!(tsvector(&words, &[]), " 'sreview':2 'stwo':1,3 'wreviews':2 'wtwo':1,3");
        assert_eq!(columns(&words, &[]), ["", "two review two ", "two reviews two "]);
    }
}
