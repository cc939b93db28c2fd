//! Languages as Whisper and its kin know them: told `en`, they answer `en`, `en-US` or `english`.

/// The languages that Whisper names, in the order of their names.
#[rustfmt::skip] // a table
const NAMES: [(&str, &str); 100] = [
    ("afrikaans", "af"), ("albanian", "sq"), ("amharic", "am"), ("arabic", "ar"), ("armenian", "hy"),
    ("assamese", "as"), ("azerbaijani", "az"), ("bashkir", "ba"), ("basque", "eu"), ("belarusian", "be"),
    ("bengali", "bn"), ("bosnian", "bs"), ("breton", "br"), ("bulgarian", "bg"), ("cantonese", "yue"),
    ("catalan", "ca"), ("chinese", "zh"), ("croatian", "hr"), ("czech", "cs"), ("danish", "da"), ("dutch", "nl"),
    ("english", "en"), ("estonian", "et"), ("faroese", "fo"), ("finnish", "fi"), ("french", "fr"),
    ("galician", "gl"), ("georgian", "ka"), ("german", "de"), ("greek", "el"), ("gujarati", "gu"),
    ("haitian creole", "ht"), ("hausa", "ha"), ("hawaiian", "haw"), ("hebrew", "he"), ("hindi", "hi"),
    ("hungarian", "hu"), ("icelandic", "is"), ("indonesian", "id"), ("italian", "it"), ("japanese", "ja"),
    ("javanese", "jv"), ("kannada", "kn"), ("kazakh", "kk"), ("khmer", "km"), ("korean", "ko"), ("lao", "lo"),
    ("latin", "la"), ("latvian", "lv"), ("lingala", "ln"), ("lithuanian", "lt"), ("luxembourgish", "lb"),
    ("macedonian", "mk"), ("malagasy", "mg"), ("malay", "ms"), ("malayalam", "ml"), ("maltese", "mt"),
    ("maori", "mi"), ("marathi", "mr"), ("mongolian", "mn"), ("myanmar", "my"), ("nepali", "ne"),
    ("norwegian", "no"), ("nynorsk", "nn"), ("occitan", "oc"), ("pashto", "ps"), ("persian", "fa"), ("polish", "pl"),
    ("portuguese", "pt"), ("punjabi", "pa"), ("romanian", "ro"), ("russian", "ru"), ("sanskrit", "sa"),
    ("serbian", "sr"), ("shona", "sn"), ("sindhi", "sd"), ("sinhala", "si"), ("slovak", "sk"), ("slovenian", "sl"),
    ("somali", "so"), ("spanish", "es"), ("sundanese", "su"), ("swahili", "sw"), ("swedish", "sv"),
    ("tagalog", "tl"), ("tajik", "tg"), ("tamil", "ta"), ("tatar", "tt"), ("telugu", "te"), ("thai", "th"),
    ("tibetan", "bo"), ("turkish", "tr"), ("turkmen", "tk"), ("ukrainian", "uk"), ("urdu", "ur"), ("uzbek", "uz"),
    ("vietnamese", "vi"), ("welsh", "cy"), ("yiddish", "yi"), ("yoruba", "yo"),
];

/// The primary subtag of a BCP 47 tag, in lower case: all that Whisper knows of it.
pub(super) fn primary(tag: &str) -> Option<String> {
    let primary = tag.split('-').next().unwrap_or_default();
    let holds = matches!(primary.len(), 2..=3) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    holds.then(|| primary.to_ascii_lowercase())
}

/// The tags of all of them.
#[cfg(feature = "whisper")]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(_, tag)| *tag)
}

/// The BCP 47 tag of what a server answered; none when it is neither a tag nor a name.
pub(super) fn tag(answered: &str) -> Option<String> {
    let name = answered.trim().to_ascii_lowercase();
    match NAMES.binary_search_by_key(&name.as_str(), |(name, _)| name) {
        Ok(found) => NAMES.get(found).map(|(_, tag)| (*tag).to_owned()),
        Err(_) => primary(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_so_that_they_can_be_found() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn names_and_tags_become_tags() {
        for (answered, expected) in [
            ("english", Some("en")),
            ("Haitian Creole", Some("ht")),
            ("de-AT", Some("de")),
            ("lao", Some("lo")),
            ("klingon", None),
            ("", None),
        ] {
            assert_eq!(tag(answered).as_deref(), expected);
        }
        assert_eq!(primary("EN_us"), None);
    }
}
