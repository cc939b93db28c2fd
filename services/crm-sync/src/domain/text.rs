//! Keys under which two spellings of the same name, header or address meet. Owns no lists of records.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

pub use throughline_rpc::name::{slug, valid_id};

/// Words at the end of a company name that say its legal form and not who it is.
const LEGAL_FORMS: &[&str] = &[
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "llc",
    "llp",
    "lp",
    "plc",
    "corp",
    "corporation",
    "co",
    "company",
    "gmbh",
    "ag",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "oyj",
    "pty",
    "kg",
    "se",
];

/// Domains that many unrelated people share: an address there says nothing about the employer.
const FREE_MAIL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "web.de",
    "proton.me",
    "protonmail.com",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "126.com",
];

/// Lower case, without accents; every run of anything but letters and digits becomes one space.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        if c.is_alphanumeric() {
            folded.extend(c.to_lowercase());
        } else if is_apostrophe(c) {
            // "O'Brien" and "OBrien" are one name.
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{02bc}')
}

/// Letters and digits only: `GTX Pro`, `GTXPro` and `gtx-pro` meet here. Used for products and column headers.
pub fn compact(text: &str) -> String {
    fold(text).replace(' ', "")
}

/// The key of a company name: legal form and a leading "the" dropped, `&` read as "and", spaces ignored.
pub fn company_key(name: &str) -> String {
    let folded = fold(&name.replace('&', " and "));
    let mut words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|last| LEGAL_FORMS.contains(last)) {
        words.pop();
    }
    words.concat()
}

/// The key of a person's name; `Last, First` and `First Last` meet.
pub fn person_key(name: &str) -> String {
    match name.split_once(',') {
        Some((last, first)) if !last.trim().is_empty() && !first.trim().is_empty() => fold(&format!("{first} {last}")),
        _ => fold(name),
    }
}

/// The id of a seller, the same in every service: the local part of the e-mail address, or the name.
pub fn user_id(name: &str, email: &str) -> String {
    match email.split_once('@') {
        Some((local, _)) if !local.is_empty() => slug(local),
        _ => slug(name),
    }
}

/// An address in lower case, if it has the form of one.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, host) = text.rsplit_once('@')?;
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.contains(|c: char| c.is_whitespace() || matches!(c, '@' | ',' | ';' | '<' | '>' | '"'));
    (local_ok && domain(host).as_deref() == Some(host.to_lowercase().as_str())).then(|| text.to_lowercase())
}

/// A host name in lower case, from a bare domain or a web address, without `www.`.
pub fn domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let labels: Vec<&str> = host.split('.').collect();
    let well_formed = labels.len() >= 2
        && host.len() <= 253
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    well_formed.then(|| host.to_owned())
}

/// The domain of an address that says who employs the person; none for a free-mail provider.
pub fn employer_domain(email: &str) -> Option<String> {
    let host = domain(email.rsplit_once('@')?.1)?;
    (!FREE_MAIL.contains(&host.as_str())).then_some(host)
}

/// Is `host` the domain itself or below it? `mail.northmoor.example` is below `northmoor.example`.
pub fn is_under(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The host and every domain above it but the last label, the nearest first: `a.b.example` gives `a.b.example` and
/// `b.example`.
pub fn parents(host: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = host;
    while rest.contains('.') {
        all.push(rest.to_owned());
        rest = rest.split_once('.').map_or("", |(_, above)| above);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_product_meet() {
        assert_eq!(compact("GTX Pro"), compact("GTXPro"));
        assert_ne!(compact("GTX Pro"), compact("GTX Plus Pro"));
    }

    #[test]
    fn legal_forms_do_not_tell_companies_apart() {
        assert_eq!(company_key("Northmoor Building Society"), company_key("northmoor  building-society Ltd."));
        assert_eq!(company_key("Hatterman & Daughters, Inc."), company_key("Hatterman and Daughters"));
        assert_eq!(company_key("Astruc Delahaye & Associés"), company_key("Astruc Delahaye & Associes"));
        assert_ne!(company_key("Northmoor Building Society"), company_key("Northmoor Housing"));
        assert_eq!(company_key("Company Ltd"), "company", "the last word of a name is never dropped");
    }

    #[test]
    fn a_seller_has_one_id_by_address_or_name() {
        assert_eq!(user_id("P. Raman", "priya.raman@brightledger.example"), user_id("Priya Raman", ""));
    }

    #[test]
    fn addresses_are_checked_by_form() {
        assert_eq!(email("Tom.Ashworth@Northmoor.Example").as_deref(), Some("tom.ashworth@northmoor.example"));
        for bad in ["", "tom", "tom@", "@x.example", "a b@x.example", "tom@@x.example", "tom@x", "tom@-x.example"] {
            assert_eq!(email(bad), None, "{bad}");
        }
        assert_eq!(domain("https://www.Northmoor.example/about").as_deref(), Some("northmoor.example"));
    }

    #[test]
    fn free_mail_says_nothing_about_the_employer() {
        assert_eq!(employer_domain("tom@gmail.com"), None);
        assert_eq!(employer_domain("tom@northmoor.example").as_deref(), Some("northmoor.example"));
        assert!(is_under("mail.northmoor.example", "northmoor.example"));
        assert!(!is_under("notnorthmoor.example", "northmoor.example"));
    }
}
