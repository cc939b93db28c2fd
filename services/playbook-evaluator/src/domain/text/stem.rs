//! Light stemming: enough that `sign`, `signs`, `signed` and `signing` are one word, little enough that a person
//! can foretell what a phrase matches. Applied alike to phrases and to the talk.

/// Verbs and nouns whose forms no rule finds.
const IRREGULAR: &[(&str, &str)] = &[
    ("am", "be"),
    ("are", "be"),
    ("is", "be"),
    ("was", "be"),
    ("were", "be"),
    ("been", "be"),
    ("being", "be"),
    ("'s", "be"),
    ("has", "have"),
    ("had", "have"),
    ("having", "have"),
    ("does", "do"),
    ("did", "do"),
    ("done", "do"),
    ("doing", "do"),
    ("goes", "go"),
    ("went", "go"),
    ("gone", "go"),
    ("going", "go"),
    ("said", "say"),
    ("told", "tell"),
    ("bought", "buy"),
    ("brought", "bring"),
    ("built", "build"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("came", "come"),
    ("cost", "cost"),
    ("fell", "fall"),
    ("fallen", "fall"),
    ("felt", "feel"),
    ("found", "find"),
    ("gave", "give"),
    ("given", "give"),
    ("got", "get"),
    ("gotten", "get"),
    ("getting", "get"),
    ("held", "hold"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("left", "leave"),
    ("leaving", "leave"),
    ("lost", "lose"),
    ("losing", "lose"),
    ("made", "make"),
    ("making", "make"),
    ("met", "meet"),
    ("paid", "pay"),
    ("ran", "run"),
    ("running", "run"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("sat", "sit"),
    ("sitting", "sit"),
    ("slipped", "slip"),
    ("spent", "spend"),
    ("spoke", "speak"),
    ("spoken", "speak"),
    ("stood", "stand"),
    ("took", "take"),
    ("taken", "take"),
    ("taught", "teach"),
    ("thought", "think"),
    ("threw", "throw"),
    ("wrote", "write"),
    ("written", "write"),
    ("broke", "break"),
    ("broken", "break"),
    ("heard", "hear"),
    ("began", "begin"),
    ("people", "person"),
    ("folks", "person"),
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("me", "me"),
    ("this", "this"),
    ("his", "his"),
    ("us", "us"),
    ("always", "always"),
    ("yes", "yes"),
    ("business", "business"),
    ("process", "process"),
    ("access", "access"),
    ("less", "less"),
    ("news", "news"),
    ("lens", "lens"),
    ("as", "as"),
    ("its", "its"),
    ("perhaps", "perhaps"),
    ("plus", "plus"),
    ("thing", "thing"),
    ("things", "thing"),
    ("anything", "anything"),
    ("something", "something"),
    ("nothing", "nothing"),
    ("everything", "everything"),
    ("during", "during"),
    ("need", "need"),
    ("needed", "need"),
    ("needs", "need"),
    ("speed", "speed"),
    ("used", "use"),
    ("using", "use"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tied", "tie"),
    ("agreed", "agree"),
    ("sooner", "soon"),
    ("bigger", "big"),
    ("worse", "bad"),
    ("worst", "bad"),
];

/// The stem of a lower-case word.
pub fn stem(word: &str) -> Box<str> {
    if let Ok(found) = sorted().binary_search_by(|(form, _)| (*form).cmp(word)) {
        return sorted().get(found).map_or(word, |(_, s)| *s).into();
    }
    if word.len() < 4 || !word.is_ascii() {
        return word.into();
    }
    strip_e(strip_suffix(word)).into()
}

fn sorted() -> &'static [(&'static str, &'static str)] {
    static SORTED: std::sync::OnceLock<Vec<(&'static str, &'static str)>> = std::sync::OnceLock::new();
    SORTED.get_or_init(|| {
        let mut all: Vec<_> = IRREGULAR.iter().map(|(form, base)| (*form, *base)).collect();
        all.sort_unstable();
        // Bases go through the same last step as everything else.
        all.into_iter().map(|(form, base)| (form, if base.len() > 3 { strip_e_str(base) } else { base })).collect()
    })
}

fn strip_suffix(word: &str) -> String {
    if let Some(head) = word.strip_suffix("ies").or_else(|| word.strip_suffix("ied"))
        && head.len() > 1
    {
        return format!("{head}y");
    }
    if word.ends_with("eed") {
        return word.to_owned();
    }
    for suffix in ["ing", "ed"] {
        if let Some(head) = word.strip_suffix(suffix)
            && head.len() > 2
            && has_vowel(head)
        {
            return undouble(head).to_owned();
        }
    }
    if let Some(head) = word.strip_suffix("es")
        && ["x", "ch", "sh", "ss", "zz"].iter().any(|end| head.ends_with(end))
    {
        return head.to_owned();
    }
    match word.strip_suffix('s') {
        Some(head) if !["s", "u", "i"].iter().any(|end| head.ends_with(end)) => head.to_owned(),
        _ => word.to_owned(),
    }
}

fn has_vowel(head: &str) -> bool {
    head.bytes().any(|b| b"aeiouy".contains(&b))
}

/// `planned` → `plan`, but `called` → `call` and `missed` → `miss`.
fn undouble(head: &str) -> &str {
    let bytes = head.as_bytes();
    match bytes {
        [.., a, b] if a == b && !b"lsz".contains(b) && bytes.len() > 3 => head.get(..head.len() - 1).unwrap_or(head),
        _ => head,
    }
}

fn strip_e(word: String) -> String {
    strip_e_str(&word).to_owned()
}

fn strip_e_str(word: &str) -> &str {
    match word.strip_suffix('e') {
        Some(head) if head.len() > 2 && !head.ends_with('e') => head,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for forms in [
            ["sign", "signs", "signed", "signing"],
            ["decide", "decides", "decided", "deciding"],
            ["plan", "plans", "planned", "planning"],
            ["policy", "policies", "policy", "policies"],
            ["buy", "bought", "buys", "buying"],
            ["approve", "approved", "approves", "approving"],
            ["call", "called", "calls", "calling"],
            ["choose", "chose", "chosen", "choose"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn leaves_short_and_odd_words_alone() {
        for word in ["bring", "thing", "need", "process", "this", "as"] {
            assert_eq!(&*stem(word), word);
        }
        assert_ne!(stem("need"), stem("nee"));
    }
}
