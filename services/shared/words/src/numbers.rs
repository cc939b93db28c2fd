//! What single words of a spoken number stand for.

/// A word of a spoken number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// 0 to 9.
    Unit(u8),
    /// A zero among digits, an exclamation elsewhere.
    Oh,
    /// 10 to 19.
    Teen(u8),
    /// 20, 30 … 90.
    Tens(u8),
    Hundred,
    /// 1,000, 1,000,000, 1,000,000,000.
    Scale(u64),
    /// The next digit so many times: `double four`.
    Times(u8),
}

/// What a folded word stands for.
pub fn spoken(word: &str) -> Option<Spoken> {
    Some(match word {
        "zero" | "nought" | "naught" => Spoken::Unit(0),
        "one" => Spoken::Unit(1),
        "two" => Spoken::Unit(2),
        "three" => Spoken::Unit(3),
        "four" => Spoken::Unit(4),
        "five" => Spoken::Unit(5),
        "six" => Spoken::Unit(6),
        "seven" => Spoken::Unit(7),
        "eight" => Spoken::Unit(8),
        "nine" | "niner" => Spoken::Unit(9),
        "oh" | "o" => Spoken::Oh,
        "ten" => Spoken::Teen(10),
        "eleven" => Spoken::Teen(11),
        "twelve" => Spoken::Teen(12),
        "thirteen" => Spoken::Teen(13),
        "fourteen" => Spoken::Teen(14),
        "fifteen" => Spoken::Teen(15),
        "sixteen" => Spoken::Teen(16),
        "seventeen" => Spoken::Teen(17),
        "eighteen" => Spoken::Teen(18),
        "nineteen" => Spoken::Teen(19),
        "twenty" => Spoken::Tens(20),
        "thirty" => Spoken::Tens(30),
        "forty" | "fourty" => Spoken::Tens(40),
        "fifty" => Spoken::Tens(50),
        "sixty" => Spoken::Tens(60),
        "seventy" => Spoken::Tens(70),
        "eighty" => Spoken::Tens(80),
        "ninety" => Spoken::Tens(90),
        "hundred" => Spoken::Hundred,
        "thousand" => Spoken::Scale(1_000),
        "million" => Spoken::Scale(1_000_000),
        "billion" => Spoken::Scale(1_000_000_000),
        "double" => Spoken::Times(2),
        "triple" | "treble" => Spoken::Times(3),
        _ => return None,
    })
}

/// The letter that a word of the radio alphabet stands for, upper case.
pub fn radio_letter(word: &str) -> Option<u8> {
    const WORDS: [&str; 28] = [
        "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "juliett",
        "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
        "whiskey", "xray", "yankee", "zulu",
    ];
    WORDS.contains(&word).then(|| word.bytes().next()).flatten().map(|letter| letter.to_ascii_uppercase())
}

/// Words and sounds with which people fill a number that they read out.
pub fn is_filler(word: &str) -> bool {
    const FILLERS: [&str; 48] = [
        "uh", "um", "er", "erm", "ah", "eh", "hm", "hmm", "mm", "mhm", "and", "then", "dash", "hyphen", "minus",
        "space", "dot", "slash", "so", "okay", "ok", "yeah", "yep", "yes", "right", "sorry", "that's", "is", "it's",
        "next", "comma", "again", "wait", "no", "let", "me", "see", "the", "now", "followed", "by", "with", "you",
        "got", "that", "hang", "on", "ready",
    ];
    FILLERS.contains(&word)
}

/// Words with which a listener shows that he follows.
pub fn is_back_channel(word: &str) -> bool {
    const WORDS: [&str; 22] = [
        "go",
        "ahead",
        "uh-huh",
        "huh",
        "sure",
        "perfect",
        "great",
        "thanks",
        "thank",
        "all",
        "good",
        "cool",
        "alright",
        "i",
        "i'm",
        "following",
        "listening",
        "keep",
        "going",
        "writing",
        "down",
        "please",
    ];
    is_filler(word) || WORDS.contains(&word) || spoken(word).is_some() || word.bytes().all(|b| b.is_ascii_digit())
}
