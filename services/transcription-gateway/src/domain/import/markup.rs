//! The markup inside a caption: who speaks, and text without tags.

/// Words of one voice within a cue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// From a voice tag `<v Name>`.
    pub voice: Option<String>,
    pub text: String,
}

/// Splits a cue's text at its voice tags, drops all other tags and decodes entities. Spans without words are left out.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open = Span { voice: None, text: String::new() };
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        open.text.push_str(before);
        let Some(end) = tag.find('>') else {
            // An angle bracket that is no tag: somebody wrote "<".
            rest = tag;
            break;
        };
        let name = tag.get(1..end).unwrap_or_default();
        if let Some(voice) = voice(name) {
            let next = Span { voice: voice.filter(|name| !name.is_empty()), text: String::new() };
            spans.push(std::mem::replace(&mut open, next));
        }
        rest = tag.get(end + 1..).unwrap_or_default();
    }
    open.text.push_str(rest);
    spans.push(open);
    spans.iter_mut().for_each(|span| span.text = plain(&span.text));
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// `Some(Some(name))` for `v Name` or `v.loud Name`, `Some(None)` for `/v`, `None` for any other tag.
fn voice(tag: &str) -> Option<Option<String>> {
    if tag.trim() == "/v" {
        return Some(None);
    }
    let rest = tag.strip_prefix('v')?;
    if !rest.starts_with(['.', ' ', '\t', '\n']) {
        return None;
    }
    let name = rest.split_once([' ', '\t', '\n']).map_or("", |(_, name)| name);
    Some(Some(plain(name)))
}

/// Text without `{\an8}` position marks, entities decoded, white space as single spaces.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{\\") {
        let (before, mark) = rest.split_at(start);
        out.push_str(before);
        match mark.find('}') {
            Some(end) => rest = mark.get(end + 1..).unwrap_or_default(),
            None => {
                rest = mark;
                break;
            }
        }
    }
    out.push_str(rest);
    decode(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lrm;", ""),
        ("&rlm;", ""),
    ];
    let decoded = named.iter().fold(text.to_owned(), |text, (name, plain)| text.replace(name, plain));
    // Last, so that `&amp;lt;` becomes `&lt;` and not `<`.
    decoded.replace("&amp;", "&")
}

/// `Name: words`, if what stands before the colon could be a name.
pub(super) fn name_prefix(text: &str) -> Option<(&str, &str)> {
    let (name, words) = text.split_once(':')?;
    let (name, words) = (name.trim_start_matches(['-', ' ', '>']).trim(), words.trim());
    let is_word = |word: &str| {
        let first = word.trim_start_matches('(').chars().next();
        first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
            || matches!(word, "de" | "da" | "del" | "der" | "den" | "van" | "von" | "bin" | "al" | "la" | "le")
    };
    let is_name = (1..=60).contains(&name.chars().count())
        && name.split_whitespace().count() <= 5
        && name.split_whitespace().all(is_word)
        && name.chars().all(|c| c.is_alphanumeric() || " .'’-()_&@".contains(c));
    (is_name && !words.is_empty()).then_some((name, words))
}
