//! The names of a call: those that its workspace lists, and those of its people and its account.

use throughline_words::Vocabulary;
use throughline_words::vocabulary::Name;

use crate::domain::call::Details;
use crate::domain::settings::Term;

/// A part of a name of fewer letters is as often an ordinary word.
const SHORTEST_PART: usize = 4;
/// Words of a company's name that say its legal form: nobody says them.
const LEGAL_FORMS: [&str; 18] = [
    "inc",
    "inc.",
    "ltd",
    "ltd.",
    "limited",
    "llc",
    "plc",
    "gmbh",
    "ag",
    "sa",
    "s.a.",
    "bv",
    "b.v.",
    "nv",
    "corp",
    "corp.",
    "corporation",
    "co.",
];
/// More words of one name are not looked at together.
const MAX_WORDS: usize = 3;

/// The names of the call first: of two that sound alike they count.
pub fn vocabulary(terms: &[Term], details: &Details) -> Vocabulary {
    let of_call = of_call(details);
    let call = of_call.iter().map(|text| Name { text, sounds_like: &[] });
    let listed = terms.iter().map(|term| Name { text: &term.text, sounds_like: &term.sounds_like });
    Vocabulary::new(call.chain(listed))
}

fn of_call(details: &Details) -> Vec<String> {
    let mut names = Vec::new();
    for participant in &details.participants {
        // A name that a caption tool made up of an address or a room is none to put into people's mouths.
        let words: Vec<&str> = participant.name.split_whitespace().collect();
        if words.is_empty() || !words.iter().all(|word| is_name(word)) {
            continue;
        }
        add(&mut names, &words);
        if words.len() > 1 {
            words.iter().filter(|word| word.chars().count() >= SHORTEST_PART).for_each(|word| add(&mut names, &[word]));
        }
    }
    let account: Vec<&str> = details.account.name.split_whitespace().collect();
    let bare =
        account.iter().rposition(|word| !LEGAL_FORMS.contains(&word.to_lowercase().as_str())).map_or(0, |at| at + 1);
    add(&mut names, account.get(..bare).unwrap_or_default());
    names
}

fn add(names: &mut Vec<String>, words: &[&str]) {
    let name = words.join(" ");
    if (1..=MAX_WORDS).contains(&words.len()) && !name.contains(['[', ']']) && !names.contains(&name) {
        names.push(name);
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::{Account, Participant};

    fn details(people: &[&str], account: &str) -> Details {
        let person = |name: &&str| Participant { name: (*name).to_owned(), ..Participant::default() };
        Details {
            participants: people.iter().map(person).collect(),
            account: Account { name: account.to_owned(), ..Account::default() },
            ..Details::default()
        }
    }

    #[test]
    fn people_count_whole_and_in_parts_and_accounts_without_their_legal_form() {
        let names = of_call(&details(&["Priya Raman", "Bo Li", "Priya"], "Northmoor Foods Ltd."));
        assert_eq!(names, ["Priya Raman", "Priya", "Raman", "Bo Li", "Northmoor Foods"]);
    }

    #[test]
    fn what_is_no_name_of_a_person_does_not_count() {
        assert!(of_call(&details(&["room 4", "guest", "+44 20 7946", ""], "")).is_empty());
        assert!(of_call(&details(&[], "The Very Long Name of a Company")).is_empty());
    }
}
