//! Check digits and forms of numbers that name a card, an account or a person.

/// Luhn's check (ISO/IEC 7812-1, annex B).
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a card scheme gives out numbers of this length that begin like this (ranges of the schemes, 2025).
pub fn is_card_range(digits: &[u8]) -> bool {
    let prefix = |n: usize| digits.iter().take(n).fold(0_u32, |value, digit| value * 10 + u32::from(*digit));
    let length = digits.len();
    match (prefix(1), prefix(2), prefix(4)) {
        // Visa
        (4, ..) => matches!(length, 13 | 16 | 18 | 19),
        // American Express
        (_, 34 | 37, _) => length == 15,
        // Diners Club
        (_, 36, _) => (14..=19).contains(&length),
        (_, 30 | 38 | 39, _) => (14..=19).contains(&length),
        // JCB
        (_, _, 3528..=3589) => (16..=19).contains(&length),
        // Mastercard
        (_, 51..=55, _) | (_, _, 2221..=2720) => length == 16,
        // Mir
        (_, _, 2200..=2204) => (16..=19).contains(&length),
        // Discover, UnionPay, Maestro, RuPay
        (6, ..) | (_, 50 | 56..=58, _) => (13..=19).contains(&length),
        (_, 81 | 82, _) => (16..=19).contains(&length),
        _ => false,
    }
}

/// Routing number of a bank in the United States (ABA).
pub fn aba(digits: &[u8]) -> bool {
    let weighted = digits.iter().zip([3, 7, 1].into_iter().cycle()).map(|(digit, weight)| u32::from(*digit) * weight);
    digits.len() == 9 && digits.iter().any(|digit| *digit != 0) && weighted.sum::<u32>().is_multiple_of(10)
}

/// Form of a social security number of the United States that may have been given out.
pub fn ssn(digits: &[u8]) -> bool {
    let part = |range: std::ops::Range<usize>| {
        digits.get(range).unwrap_or_default().iter().fold(0_u32, |value, digit| value * 10 + u32::from(*digit))
    };
    digits.len() == 9 && !matches!(part(0..3), 0 | 666 | 900..) && part(3..5) != 0 && part(5..9) != 0
}

/// National insurance number of the United Kingdom: two letters, six digits, A to D.
pub fn nino(text: &[u8]) -> bool {
    let [first, second, digits @ .., last] = text else { return false };
    let letters = first.is_ascii_uppercase() && second.is_ascii_uppercase();
    let excluded = b"DFIQUV".contains(first) || b"DFIQUVO".contains(second);
    // QQ is what examples are written with; whoever says it in a call may well mean a real one.
    let example = [*first, *second] == *b"QQ";
    letters && (!excluded || example) && digits.len() == 6 && all_digits(digits) && (b'A'..=b'D').contains(last)
}

/// Spanish DNI or NIE: the letter at the end is that of the number modulo 23.
pub fn dni(text: &[u8]) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let [body @ .., letter] = text else { return false };
    let (lead, digits) = match body {
        [b'X', rest @ ..] => (0, rest),
        [b'Y', rest @ ..] => (10_000_000, rest),
        [b'Z', rest @ ..] => (20_000_000, rest),
        all => (0, all),
    };
    let expected = if digits.len() == body.len() { 8 } else { 7 };
    if digits.len() != expected || !all_digits(digits) {
        return false;
    }
    LETTERS.get(((lead + number(digits)) % 23) as usize) == Some(letter)
}

/// Italian codice fiscale: sixteen characters of a fixed form, the last a check.
pub fn codice_fiscale(text: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let form = b"LLLLLLDDLDDLDDDL";
    let fits = |(byte, kind): (&u8, &u8)| match kind {
        b'L' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    };
    if text.len() != form.len() || !text.iter().zip(form).all(fits) {
        return false;
    }
    let value = |byte: u8| usize::from(if byte.is_ascii_digit() { byte - b'0' } else { byte.saturating_sub(b'A') });
    let worth = |(place, byte): (usize, &u8)| match place % 2 {
        0 => ODD.get(value(*byte)).copied().unwrap_or(0),
        _ => value(*byte) as u32,
    };
    let sum: u32 = text.iter().take(15).enumerate().map(worth).sum();
    text.last().is_some_and(|last| value(*last) as u32 == sum % 26)
}

/// French NIR with its key: thirteen digits, then 97 less their remainder by 97.
pub fn nir(digits: &[u8]) -> bool {
    let (Some(body), Some(key)) = (digits.get(..13), digits.get(13..15)) else { return false };
    let value = |digits: &[u8]| digits.iter().fold(0_u64, |value, digit| value * 10 + u64::from(*digit));
    digits.len() == 15 && matches!(body.first(), Some(1 | 2)) && value(key) == 97 - value(body) % 97
}

/// Brazilian CPF: two check digits, each by the weights counting down to two.
pub fn cpf(digits: &[u8]) -> bool {
    let check = |upto: usize| {
        let weighted = digits.iter().take(upto).zip((2..=upto as u32 + 1).rev());
        let rest = weighted.map(|(digit, weight)| u32::from(*digit) * weight).sum::<u32>() * 10 % 11;
        digits.get(upto).is_some_and(|digit| u32::from(*digit) == rest % 10)
    };
    let varied = digits.windows(2).any(|pair| pair[0] != pair[1]);
    digits.len() == 11 && varied && check(9) && check(10)
}

/// Indian Aadhaar: twelve digits, Verhoeff's check, not beginning with 0 or 1.
pub fn aadhaar(digits: &[u8]) -> bool {
    digits.len() == 12 && digits.first().is_some_and(|digit| *digit > 1) && verhoeff(digits)
}

/// Verhoeff's check over the dihedral group of ten elements.
fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let multiply = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + (b - 5)) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a - 5 + 5 - (b - 5)) % 5,
    };
    let permuted = |digit: u8, times: usize| {
        (0..times % 8).fold(digit, |digit, _| PERMUTATION.get(usize::from(digit)).copied().unwrap_or(digit))
    };
    digits.iter().rev().enumerate().fold(0, |sum, (place, digit)| multiply(sum, permuted(*digit, place))) == 0
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
    }

    /// The number itself passes; with its last character changed it does not.
    fn holds(check: fn(&[u8]) -> bool, number: &str) {
        let number = digits(number);
        assert!(check(&number), "{number:?}");
        let mut broken = number.clone();
        if let Some(last) = broken.last_mut() {
            *last = (*last + 1) % 10;
        }
        assert!(!check(&broken), "{broken:?}");
    }

    #[test]
    fn published_examples_pass_and_with_a_digit_changed_they_do_not() {
        holds(luhn, "4111 1111 1111 1111");
        holds(luhn, "3782 822463 10005");
        holds(aba, "021000021");
        holds(cpf, "529.982.247-25");
        holds(aadhaar, "2341 2341 2346");
        holds(nir, "1 85 05 78 006 084 91");
    }

    #[test]
    fn numbers_with_letters_have_their_form_and_their_check() {
        assert!(nino(b"AB123456C") && nino(b"QQ123456C") && !nino(b"DA123456C") && !nino(b"AB123456E"));
        assert!(dni(b"12345678Z") && dni(b"X1234567L") && !dni(b"12345678A"));
        assert!(codice_fiscale(b"RSSMRA85T10A562S") && !codice_fiscale(b"RSSMRA85T10A562T"));
        assert!(ssn(&digits("078-05-1120")) && !ssn(&digits("000-12-3456")) && !ssn(&digits("987-65-4320")));
    }

    #[test]
    fn schemes_have_their_ranges_and_lengths() {
        for card in ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "2223003122003222"]
        {
            assert!(is_card_range(&digits(card)), "{card}");
        }
        for other in ["1111111111111111", "411111111111111", "9999999999999999", "0000000000000000"] {
            assert!(!is_card_range(&digits(other)), "{other}");
        }
    }
}
