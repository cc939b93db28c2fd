//! What came back: read strictly, and held against the turns that were sent.

use serde::Deserialize;

use super::{Answer, JudgeError, Question};
use crate::domain::call::Side;

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    answer: Verdict,
    turn: i64,
    quote: String,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Yes,
    No,
    Unclear,
}

/// The answer of a response's body; None where the model finds it unclear.
pub(super) fn read(body: &[u8], question: &Question) -> Result<Option<Answer>, JudgeError> {
    let malformed = |what: &str| JudgeError::Malformed(what.to_owned());
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(malformed("it is empty"));
    }
    let completion: Completion = serde_json::from_slice(body).map_err(|e| unreadable("a chat completion", &e))?;
    let choice = completion.choices.into_iter().next().ok_or_else(|| malformed("it has no choice"))?;
    if choice.finish_reason.as_deref() == Some("length") {
        return Err(malformed("it was cut at max_answer_tokens"));
    }
    let content = choice.message.content.filter(|content| !content.trim().is_empty());
    let content = content.ok_or_else(|| malformed("its message is empty"))?;
    let judgement: Judgement = serde_json::from_str(&content).map_err(|e| unreadable("the schema", &e))?;
    if judgement.answer == Verdict::Unclear {
        return Ok(None);
    }
    let named = question.turns.iter().find(|(index, ..)| i64::from(*index) == judgement.turn);
    let Some((turn, side, text)) = named else {
        return Err(JudgeError::Ungrounded("it names a turn that was not sent"));
    };
    if *side == Side::Unknown {
        return Err(JudgeError::Ungrounded("it rests on a turn of an unknown side"));
    }
    // Whatever another turn says, it can't show what this one did.
    if judgement.answer == Verdict::Yes && *turn != question.focus {
        return Err(JudgeError::Ungrounded("its yes rests on another turn than the one in question"));
    }
    let quote = find(text, &judgement.quote);
    let quote = quote.ok_or(JudgeError::Ungrounded("its quote does not stand in the turn it names"))?;
    Ok(Some(Answer { holds: judgement.answer == Verdict::Yes, turn: *turn, quote: quote.to_owned() }))
}

/// Where it fails, without the words that it fails on.
fn unreadable(what: &str, error: &serde_json::Error) -> JudgeError {
    let (line, column) = (error.line(), error.column());
    JudgeError::Malformed(format!("it is not JSON of {what} at line {line}, column {column}"))
}

/// The turn's own words for a quote, case and white space aside; only whole words.
fn find<'a>(turn: &'a str, quote: &str) -> Option<&'a str> {
    let (quote, _) = fold(quote);
    let quote = quote.trim();
    if !quote.contains(char::is_alphanumeric) {
        return None;
    }
    let (folded, origin) = fold(turn);
    let cuts_word = |at: usize| {
        let before = folded[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        before && folded[at..].chars().next().is_some_and(char::is_alphanumeric)
    };
    let (start, end) = folded
        .match_indices(quote)
        .map(|(at, found)| (at, at + found.len()))
        .find(|(start, end)| !cuts_word(*start) && !cuts_word(*end))?;
    let last = origin.get(end - 1)?;
    turn.get(origin.get(start)?.0..last.1)
}

/// Lower case with single spaces; for each byte of it, the range of the character it comes from.
fn fold(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut folded, mut origin) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    for (at, char) in text.char_indices() {
        let from = (at, at + char.len_utf8());
        if !char.is_whitespace() {
            folded.extend(char.to_lowercase());
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
        origin.resize(folded.len(), from);
    }
    (folded, origin)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("who signs", Some("who signs"))]
    #[case::case_and_space(" WHO\n signs off  on this", Some("who signs   off on this"))]
    #[case::punctuation("this?", Some("this?"))]
    #[case::all("So, who signs off on this?", Some("So, who signs   off on this?"))]
    #[case::part_of_a_word("ho signs", None)]
    #[case::part_of_a_word_at_the_end("who sign", None)]
    #[case::other_words("who decides", None)]
    #[case::empty("", None)]
    #[case::no_word(" , ", None)]
    fn finds_only_what_stands_there(#[case] quote: &str, #[case] found: Option<&str>) {
        assert_eq!(find("So, who signs   off on this?", quote), found);
    }

    #[test]
    fn letters_whose_lower_case_is_longer_keep_their_place() {
        assert_eq!(find("In İzmir, at 5 °C, for Ürün", "at 5 °c, for ürün"), Some("at 5 °C, for Ürün"));
        assert_eq!(find("In İzmir", "İZMİR"), None);
        assert_eq!(find("In İzmir", "İzmİr"), None);
        assert_eq!(find("In İzmir", "İzmir"), Some("İzmir"));
    }

    proptest! {
        #[test]
        fn words_of_a_turn_are_found_and_anything_found_is_of_the_turn(turn in ".{0,60}", quote in ".{0,12}") {
            if turn.contains(char::is_alphanumeric) {
                prop_assert_eq!(find(&turn, &turn).map(str::trim), Some(turn.trim()));
            }
            if let Some(found) = find(&turn, &quote) {
                prop_assert!(turn.contains(found));
            }
        }
    }
}
