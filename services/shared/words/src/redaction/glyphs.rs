//! Reads the digits and letters of a number out of what was said: `double four`, `forty-two`, `4242`, `B for Bravo`.

use super::talk::{Place, Stream, Talk};
use crate::numbers::{Spoken, is_filler, radio_letter, spoken};
use crate::token::Gap;

/// More fillers in a row end a number.
const MAX_FILLERS: usize = 6;
/// A single word of more characters is no part of a number that is read out.
const MAX_WRITTEN: usize = 64;
/// A longer word of digits and letters is a key rather than a number.
const MAX_MIXED: usize = 200;
/// So many digits in a row may be a card's number, whatever they are stuck to.
const ROW: usize = 13;

/// A digit or letter, and the words that say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    /// `0` to `9`, `A` to `Z`.
    pub byte: u8,
    pub first: Place,
    pub last: Place,
    /// May be an exclamation or an article: "oh", "a", "I".
    pub is_soft: bool,
    /// What stands between it and the glyph before it.
    pub after: After,
}

/// What may stand between two glyphs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct After {
    /// A sentence, a clause or a turn ended.
    pub stop: bool,
    /// A comma, or another mark without spaces: `4/42`.
    pub comma: bool,
    /// Words were said.
    pub filler: bool,
    /// One of the two is written in digits, the other in words.
    pub change: bool,
}

/// Digits and letters that were said in a row, fillers aside.
pub type Run = Vec<Glyph>;

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    Digits,
    /// Letters, too.
    Letters,
}

/// The values of the digits of a run.
pub fn digits(run: &[Glyph]) -> Vec<u8> {
    run.iter().map(|glyph| glyph.byte.saturating_sub(b'0')).collect()
}

/// The characters of a run.
pub fn text(run: &[Glyph]) -> Vec<u8> {
    run.iter().map(|glyph| glyph.byte).collect()
}

/// The readings of a run: with what may be an exclamation, and without where there is any.
pub fn readings(run: &Run) -> Vec<Run> {
    let hard: Run = run.iter().copied().filter(|glyph| !glyph.is_soft).collect();
    if hard.len() == run.len() { vec![hard] } else { vec![run.clone(), hard] }
}

/// The runs of a stream.
pub fn runs(talk: &Talk, stream: &Stream, alphabet: Alphabet) -> Vec<Run> {
    let mut found = Vec::new();
    let (mut run, mut fillers, mut at) = (Run::new(), 0, 0);
    while at < stream.len() {
        let reader = Reader { talk, stream, at, alphabet };
        if let Some(mut parts) = reader.mixed(&run) {
            if let Some(first) = parts[0].first_mut() {
                first.after.filler = fillers > 0;
            }
            found.extend(parts.into_iter().enumerate().filter_map(|(index, part)| {
                // The first digits end the number before, the last ones begin another.
                run.extend(part);
                (index < 2).then(|| std::mem::take(&mut run))
            }));
            found.extend(reader.rows());
            fillers = 0;
            at += 1;
            continue;
        }
        match reader.read(&run) {
            Some((mut glyphs, consumed)) => {
                if let Some(first) = glyphs.first_mut() {
                    first.after.filler = fillers > 0;
                }
                run.extend(glyphs);
                fillers = 0;
                at += consumed;
            }
            None => {
                let word = reader.word(0);
                fillers += 1;
                if !is_filler(word) || fillers > MAX_FILLERS {
                    found.push(std::mem::take(&mut run));
                    fillers = 0;
                }
                at += 1;
            }
        }
    }
    found.push(run);
    found.retain_mut(|run| {
        // "A" and "I" at either end are what they are elsewhere.
        let article = |glyph: &Glyph| glyph.is_soft && glyph.byte != b'0';
        while run.last().is_some_and(article) {
            run.pop();
        }
        let leading = run.iter().take_while(|glyph| article(glyph)).count();
        run.drain(..leading);
        !run.is_empty()
    });
    found
}

struct Reader<'a> {
    talk: &'a Talk<'a>,
    stream: &'a [Place],
    at: usize,
    alphabet: Alphabet,
}

impl Reader<'_> {
    fn place(&self, ahead: usize) -> Place {
        let past = Place { utterance: usize::MAX, token: usize::MAX };
        self.stream.get(self.at + ahead).copied().unwrap_or(past)
    }

    fn word(&self, ahead: usize) -> &str {
        self.talk.word(self.place(ahead))
    }

    /// Digits stuck to letters (`1111exp`), where only digits count: those before the letters, between and behind them.
    fn mixed(&self, before: &Run) -> Option<[Vec<Glyph>; 3]> {
        let word = self.word(0);
        let has = |digits: bool| word.bytes().any(|byte| byte.is_ascii_digit() == digits);
        if self.alphabet == Alphabet::Letters || word.len() > MAX_MIXED || !has(true) || !has(false) {
            return None;
        }
        let place = self.place(0);
        let glyph = |byte| Glyph { byte, first: place, last: place, is_soft: false, after: After::default() };
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).map(glyph).collect();
        let inner = word.trim_matches(|c: char| c.is_ascii_digit());
        let lead = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut parts: [Vec<Glyph>; 3] =
            [digits(word.get(..lead)?), digits(inner), digits(word.get(lead + inner.len()..)?)];
        if let Some(first) = parts[0].first_mut() {
            first.after = self.after(before);
        }
        Some(parts)
    }

    /// What stands between the word that begins here and the glyphs before it, fillers aside.
    fn after(&self, before: &Run) -> After {
        let place = self.place(0);
        let gap = self.talk.token(place).map(|token| token.gap);
        After {
            stop: matches!(gap, Some(Gap::Stop | Gap::None)) && !before.is_empty(),
            comma: matches!(gap, Some(Gap::Comma | Gap::Mark)),
            filler: false,
            change: before.last().is_some_and(|glyph| self.is_written(glyph.last) != self.is_written(place)),
        }
    }

    /// Digits stuck between letters that are a number by themselves, without those on the other side of the letters.
    fn rows(&self) -> Vec<Run> {
        let place = self.place(0);
        let glyph = |byte| Glyph { byte, first: place, last: place, is_soft: false, after: After::default() };
        let rows = self.word(0).split(|c: char| !c.is_ascii_digit()).filter(|row| row.len() >= ROW);
        rows.map(|row| row.bytes().map(glyph).collect()).collect()
    }

    /// The glyphs that begin here, and how many words say them.
    fn read(&self, before: &Run) -> Option<(Vec<Glyph>, usize)> {
        let word = self.word(0);
        let (bytes, consumed, is_soft) = match spoken(word) {
            Some(Spoken::Times(times)) => self.repeated(times)?,
            Some(Spoken::Oh) => (vec![b'0'], 1, word == "oh" || self.alphabet == Alphabet::Letters),
            Some(Spoken::Hundred | Spoken::Scale(_)) => return None,
            Some(number) => {
                let (value, consumed) = self.number(number);
                // A thousand and more is an amount, nobody reads an account number so.
                if matches!(spoken(self.word(consumed)), Some(Spoken::Scale(_))) {
                    return None;
                }
                (value.to_string().into_bytes(), consumed, false)
            }
            None => self.written(word, before)?,
        };
        let (first, last) = (self.place(0), self.place(consumed - 1));
        let begins = self.after(before);
        let glyph = |(index, byte): (usize, u8)| Glyph {
            byte,
            first,
            last,
            is_soft,
            after: if index == 0 { begins } else { After::default() },
        };
        Some((bytes.into_iter().enumerate().map(glyph).collect(), consumed))
    }

    fn is_written(&self, place: Place) -> bool {
        self.talk.word(place).starts_with(|c: char| c.is_ascii_digit())
    }

    /// Units, teens, tens with their unit, and hundreds.
    fn number(&self, number: Spoken) -> (u32, usize) {
        let (value, mut used) = match number {
            Spoken::Unit(unit) => (u32::from(unit), 1),
            Spoken::Teen(teen) => (u32::from(teen), 1),
            Spoken::Tens(tens) => match spoken(self.word(1)) {
                Some(Spoken::Unit(unit)) if unit > 0 && self.is_close(1) => (u32::from(tens + unit), 2),
                _ => (u32::from(tens), 1),
            },
            _ => (0, 1),
        };
        if value == 0 || spoken(self.word(used)) != Some(Spoken::Hundred) {
            return (value, used);
        }
        used += 1;
        let joined = usize::from(self.word(used) == "and");
        let rest = Reader { at: self.at + used + joined, ..*self };
        match spoken(rest.word(0)) {
            Some(number @ (Spoken::Unit(1..) | Spoken::Teen(_) | Spoken::Tens(_))) if joined == 1 => {
                let (more, count) = rest.number(number);
                if more < 100 { (value * 100 + more, used + joined + count) } else { (value * 100, used) }
            }
            _ => (value * 100, used),
        }
    }

    /// "Twenty, five" and "twenty. Five" are two numbers.
    fn is_close(&self, ahead: usize) -> bool {
        self.talk.token(self.place(ahead)).is_some_and(|token| matches!(token.gap, Gap::Space | Gap::Hyphen))
    }

    /// `double four`, `triple A`.
    fn repeated(&self, times: u8) -> Option<(Vec<u8>, usize, bool)> {
        let word = self.word(1);
        let byte = match spoken(word) {
            Some(Spoken::Unit(unit)) => b'0' + unit,
            Some(Spoken::Oh) => b'0',
            _ if word.len() == 1 => {
                let byte = word.bytes().next()?.to_ascii_uppercase();
                let counts = byte.is_ascii_digit() || (self.alphabet == Alphabet::Letters && byte.is_ascii_uppercase());
                counts.then_some(byte)?
            }
            _ => return None,
        };
        Some((vec![byte; usize::from(times)], 2, false))
    }

    /// Digits as they are written; letters one by one, by radio alphabet, or in capitals.
    fn written(&self, word: &str, before: &Run) -> Option<(Vec<u8>, usize, bool)> {
        if word.is_empty() || word.len() > MAX_WRITTEN || !word.is_ascii() {
            return None;
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some((word.as_bytes().to_vec(), 1, false));
        }
        if self.alphabet == Alphabet::Digits {
            return None;
        }
        let upper = || word.to_ascii_uppercase().into_bytes();
        let alphanumeric = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let ([letter], true) = (word.as_bytes(), alphanumeric) {
            let named = self.named(*letter);
            let is_soft = named == 0 && matches!(letter, b'a' | b'i') && self.talk.raw(self.place(0)) != "A";
            return Some((upper(), 1 + named, is_soft));
        }
        if let Some(letter) = radio_letter(word) {
            return Some((vec![letter], 1, false));
        }
        let raw = self.talk.raw(self.place(0));
        let is_code = alphanumeric && word.bytes().any(|byte| byte.is_ascii_digit());
        let is_capitals = (2..=6).contains(&word.len()) && raw.bytes().all(|byte| byte.is_ascii_uppercase());
        // After country and check digits of an IBAN the name of a bank comes as four letters.
        let is_bank = word.len() == 4 && alphanumeric && is_iban_start(before);
        (is_code || is_capitals || is_bank).then(|| (upper(), 1, false))
    }

    /// How many words say which letter it is: `for Bravo`, `as in boy`.
    fn named(&self, letter: u8) -> usize {
        let says = |ahead: usize| self.word(ahead).bytes().next() == Some(letter) && self.word(ahead).len() > 2;
        match self.word(1) {
            "for" | "like" if says(2) => 2,
            "as" if self.word(2) == "in" && says(3) => 3,
            _ => 0,
        }
    }
}

fn is_iban_start(run: &Run) -> bool {
    let [.., a, b, c, d] = run.as_slice() else { return false };
    a.byte.is_ascii_uppercase() && b.byte.is_ascii_uppercase() && c.byte.is_ascii_digit() && d.byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::super::Utterance;
    use super::*;

    fn read(said: &str, alphabet: Alphabet) -> Vec<String> {
        let utterances = [Utterance { speaker: None, text: said }];
        let talk = Talk::new(&utterances);
        let stream = talk.places().collect();
        runs(&talk, &stream, alphabet).iter().map(|run| String::from_utf8(text(run)).unwrap()).collect()
    }

    #[test]
    fn digits_are_read_however_they_are_said() {
        for (said, expected) in [
            ("four one one one", "4111"),
            ("double four, uh, triple oh", "44000"),
            ("forty-two, forty two, sixteen", "424216"),
            ("oh one two", "012"),
            ("4111-1111 and then 22", "4111111122"),
            ("one hundred and five three hundred", "105300"),
            ("twenty, five", "205"),
        ] {
            assert_eq!(read(said, Alphabet::Digits), [expected], "{said}");
        }
    }

    #[test]
    fn words_and_amounts_cut_numbers() {
        assert_eq!(read("we have four people and one five", Alphabet::Digits), ["4", "15"]);
        assert_eq!(read("two hundred thousand", Alphabet::Digits), Vec::<String>::new());
        assert_eq!(read("oh, well", Alphabet::Digits), ["0"]);
    }

    #[test]
    fn letters_are_read_spelled_named_and_in_capitals() {
        assert_eq!(read("G B eight two WEST one two", Alphabet::Letters), ["GB82WEST12"]);
        assert_eq!(read("golf bravo 82 west 12", Alphabet::Letters), ["GB82WEST12"]);
        assert_eq!(read("A for apple, b as in boy, nine", Alphabet::Letters), ["AB9"]);
    }
}
