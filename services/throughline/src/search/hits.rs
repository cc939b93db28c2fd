//! Found turns as a table.

use chrono::DateTime;
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::TurnHit;

use crate::report::text::{cut, time};
use crate::report::{self, clean};

/// Most characters of a turn that are printed.
const TEXT_CHARS: usize = 160;
/// Characters that are printed before the first match.
const LEAD_CHARS: usize = 40;

/// The turns, one a row.
pub(super) fn table(hits: &[TurnHit]) -> String {
    let mut table = report::table(&["call", "date", "at", "who", "what was said"]);
    for hit in hits {
        let id = hit.call.rsplit('/').next().unwrap_or_default();
        let call =
            if hit.call_title.is_empty() { id.to_owned() } else { format!("{id}\n{}", cut(&hit.call_title, 40)) };
        let date = hit.call_time.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
        let who = match (hit.speaker.as_str(), hit.side()) {
            ("", Side::Rep) => "rep".to_owned(),
            ("", Side::Buyer) => "buyer".to_owned(),
            ("", Side::Unspecified) => String::new(),
            (name, _) => clean(name),
        };
        let date = date.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default();
        table.add_row([clean(&call), date, time(hit.start_ms), who, quote(hit)]);
    }
    table.to_string()
}

/// The words around the first match, what matched between `*`: a table can't count the width of colours.
fn quote(hit: &TurnHit) -> String {
    let text = &hit.text;
    let first = hit.matches.first().and_then(|span| usize::try_from(span.start).ok()).unwrap_or(0);
    let lead = text.get(..first).unwrap_or_default();
    let before = lead.chars().count();
    let begin = match before > LEAD_CHARS {
        true => lead.char_indices().nth(before - LEAD_CHARS).map_or(0, |(at, _)| at),
        false => 0,
    };
    let end = text[begin..].char_indices().nth(TEXT_CHARS).map_or(text.len(), |(at, _)| begin + at);
    let mut quote = if begin > 0 { "…".to_owned() } else { String::new() };
    let mut at = begin;
    for span in &hit.matches {
        let (Ok(from), Ok(to)) = (usize::try_from(span.start), usize::try_from(span.end)) else { continue };
        if to > end {
            break;
        }
        let (Some(plain), Some(matched)) = (text.get(at..from), text.get(from..to)) else { continue };
        quote.push_str(&clean(plain));
        quote.push_str(&format!("*{}*", clean(matched)));
        at = to;
    }
    quote.push_str(&clean(text.get(at..end).unwrap_or_default()));
    if end < text.len() {
        quote.push('…');
    }
    quote
}

#[cfg(test)]
mod tests {
    use throughline_proto::transcription::v1::TextSpan;

    use super::*;

    #[test]
    fn a_long_turn_is_cut_around_its_first_match() {
        let text = format!("{}price {}", "é ".repeat(100), "word ".repeat(100));
        let start = text.find("price").and_then(|at| i32::try_from(at).ok()).unwrap();
        let hit = TurnHit { text, matches: vec![TextSpan { start, end: start + 5 }], ..Default::default() };
        let quote = quote(&hit);
        assert!(quote.starts_with('…') && quote.ends_with('…'), "{quote}");
        assert!(quote.contains("*price*"), "{quote}");
        assert!(quote.chars().count() < TEXT_CHARS + 20, "{quote}");
    }

    #[test]
    fn a_short_turn_is_printed_whole() {
        let hit = TurnHit { text: "Our price\u{7}.".to_owned(), ..Default::default() };
        assert_eq!(quote(&hit), "Our price .");
    }
}
