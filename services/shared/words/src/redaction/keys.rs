//! Keys and tokens as they are written: by the prefixes of their issuers, by their entropy, by what is around them.

/// Shortest piece of text that is looked at as a key.
const SHORTEST_KEY: usize = 16;
/// Prefixes with which their issuers mark keys, so that they are found when they leak.
const PREFIXES: [&str; 38] = [
    "sk-",
    "sk_live_",
    "sk_test_",
    "pk_live_",
    "rk_live_",
    "whsec_",
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "AIza",
    "ya29.",
    "SG.",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hf_",
    "shpat_",
    "shpss_",
    "sq0atp-",
    "sq0csp-",
    "EAAC",
    "key-",
    "lin_api_",
    "secret_",
    "ntn_",
    "eyJ",
];

/// Keys, tokens and private keys as they are written, bytes of the text.
pub fn keys(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<_> = private_key(text).into_iter().collect();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += piece.len();
        let quotes = |c: char| {
            c.is_whitespace()
                || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ',' | ';' | '.' | '?' | '!' | ':')
        };
        let begin = start + piece.len() - piece.trim_start_matches(quotes).len();
        let word = piece.trim_matches(quotes);
        // `token=…`, `https://user:secret@host`
        let skip =
            word.rfind(['=', '@']).filter(|place| word.len() - place > SHORTEST_KEY).map_or(0, |place| place + 1);
        let value = word.get(skip..).unwrap_or_default();
        if is_key(value) {
            found.push(begin + skip..begin + skip + value.len());
        } else if let Some((from, to)) = credentials(word) {
            found.push(begin + from..begin + to);
        }
    }
    found
}

/// From the first private key to the end of the last one; to the end of the text where that is missing.
fn private_key(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.find("-----BEGIN ").filter(|at| text[*at..].contains("PRIVATE KEY"))?;
    let end = text[start..].rfind("-----").map_or(text.len(), |at| start + at + 5);
    let is_whole = text[start..end].contains("-----END ");
    Some(start..if is_whole { end } else { text.len() })
}

/// The part of an address that is user and password.
fn credentials(word: &str) -> Option<(usize, usize)> {
    let from = word.find("://")? + 3;
    let to = word.get(from..)?.find('@')? + from;
    word.get(from..to)?.contains(':').then_some((from, to))
}

fn is_key(value: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~');
    if value.len() < SHORTEST_KEY || !value.bytes().all(plain) {
        return false;
    }
    let marked = PREFIXES.iter().any(|prefix| value.starts_with(prefix));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if marked && (digits > 0 || entropy(value) > 3.5) {
        return true;
    }
    // UUIDs, dates and paths are no secrets; hexadecimal of 32 and more characters may be.
    let hexadecimal = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let broken = value.bytes().any(|byte| matches!(byte, b'/' | b'.')) || value.matches('-').count() >= 3;
    let cased = value.bytes().any(|b| b.is_ascii_lowercase()) && value.bytes().any(|b| b.is_ascii_uppercase());
    let long = if hexadecimal { value.len() >= 32 && letters > 2 } else { value.len() >= 20 && cased };
    long && !broken && digits >= 2 && letters >= 4 && entropy(value) > if hexadecimal { 3.0 } else { 3.7 }
}

/// Shannon entropy, bits a character.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = value.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length).map(|p| -p * p.log2()).sum()
}
