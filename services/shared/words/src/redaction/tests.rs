use super::*;
use crate::edit::{Edit, Edited};

/// What is left of a conversation, one line an utterance: `who: text`.
fn redacted(talk: &[&str], reading: Reading) -> Vec<String> {
    let lines: Vec<(String, String)> = talk
        .iter()
        .map(|line| {
            let (who, text) = line.split_once(": ").filter(|(who, _)| who.len() == 1).unwrap_or(("a", line));
            (who.to_owned(), text.to_owned())
        })
        .collect();
    let utterances: Vec<Utterance> = lines.iter().map(|(who, text)| Utterance { speaker: Some(who), text }).collect();
    let found = find(&utterances, &Kind::ALL.into(), reading);
    let text = |(index, (_, text)): (usize, &(String, String))| {
        let own = found.iter().filter(|found| found.utterance == index);
        let edits = own.map(|found| Edit { span: found.span.clone(), replacement: found.kind.mark().to_owned() });
        Edited::new(text, edits.collect()).text
    };
    lines.iter().enumerate().map(text).collect()
}

fn whole(talk: &[&str]) -> Vec<String> {
    redacted(talk, Reading::Whole)
}

/// Phrases with one thing to take out, and what is left. Varied in form: written, spoken, in groups, misheard.
const CARDS: [(&str, &str); 24] = [
    ("my card is 4111 1111 1111 1111, thanks", "my card is [CARD], thanks"),
    ("4111-1111-1111-1111", "[CARD]"),
    ("it's 5555555555554444 I think", "it's [CARD] I think"),
    ("four one one one, one one one one, one one one one, one one one one", "[CARD]"),
    ("Four two four two. Four two four two. Four two four two. Four two four two.", "[CARD]."),
    ("forty-two forty-two forty-two forty-two forty-two forty-two forty-two forty-two", "[CARD]"),
    (
        "it is double five double five, double five double five, double five double five, double four double four",
        "it is [CARD]",
    ),
    ("triple five five, triple five five, triple five five, triple four four okay", "[CARD] okay"),
    ("three seven eight two, eight two two four six three, one oh oh oh five", "[CARD]"),
    ("thirty seven eighty two, eighty two twenty four sixty three, one zero zero zero five", "[CARD]"),
    ("six oh one one and then one one one one, uh, one one one one, one one one seven", "[CARD]"),
    ("the Amex 3782 822463 10005 please", "the Amex [CARD] please"),
    ("4242 4242, uh, 42 42 42 42", "[CARD]"),
    ("1 4/42 4242 4242 4242", "1 4/[CARD]"),
    ("fou=000000000000000000~00000000000000r", "fou=[CARD]"),
    // Written digits that pass, and said ones behind them.
    ("and b 4242 4242 4242 424 four twenty seven, the (u54 32&", "and b [CARD] four twenty seven, the (u54 32&"),
    ("xy82abcd24691397530864can", "[CARD]"),
    ("5105.1051.0510.5100", "[CARD]"),
    ("card number 4111 1111 1111 1112 or so", "card number [CARD] or so"),
    (
        "The long number is four one one one, two two two two, three three three three, four four four",
        "The long number is [CARD]",
    ),
    (
        "my credit card is four zero zero zero, zero five six six, five five six six, five five five six",
        "my credit card is [CARD]",
    ),
    ("visa 4000 0566 5566 5556 and the CVV is 123", "visa [CARD] and the CVV is [CARD]"),
    ("4242 4242 4242 4242, expiry oh four twenty seven", "[CARD], expiry [CARD]"),
    ("4242424242424242 exp 12/27 security code nine eight seven", "[CARD] exp [CARD] security code [CARD]"),
];

const BANKS: [(&str, &str); 14] = [
    ("IBAN is GB82 WEST 1234 5698 7654 32", "IBAN is [BANK_ACCOUNT]"),
    ("GB82WEST12345698765432", "[BANK_ACCOUNT]"),
    ("DE89 3704 0044 0532 0130 00, yes", "[BANK_ACCOUNT], yes"),
    (
        "it's G B eight two W E S T one two three four five six nine eight seven six five four three two",
        "it's [BANK_ACCOUNT]",
    ),
    (
        "golf bravo eighty two west one two three four, five six nine eight, seven six five four, three two",
        "[BANK_ACCOUNT]",
    ),
    (
        "D for Delta, E for echo, eight nine, three seven zero four, double zero double four, oh five three two, oh one three oh, double oh",
        "[BANK_ACCOUNT]",
    ),
    ("FR14 2004 1010 0505 0001 3M02 606", "[BANK_ACCOUNT]"),
    ("the IBAN is DE89 3704 0044 0532 0130 01 I believe", "the IBAN is [BANK_ACCOUNT] I believe"),
    ("sort code 20-00-00 and account number 55779911", "sort code [BANK_ACCOUNT] and account number [BANK_ACCOUNT]"),
    (
        "account number is five five seven seven nine nine one one, sort code is twenty, zero zero, zero zero",
        "account number is [BANK_ACCOUNT], sort code is [BANK_ACCOUNT]",
    ),
    ("routing number 021000021", "routing number [BANK_ACCOUNT]"),
    ("the routing number is oh two one, triple zero, oh two one", "the routing number is [BANK_ACCOUNT]"),
    ("our bank account is 000123456789", "our bank account is [BANK_ACCOUNT]"),
    ("BSB oh six two double oh oh", "BSB [BANK_ACCOUNT]"),
];

const IDENTITIES: [(&str, &str); 16] = [
    ("my social security number is 078-05-1120", "my social security number is [IDENTITY]"),
    ("078-05-1120", "[IDENTITY]"),
    ("social is, uh, your social: zero seven eight, oh five, one one two oh", "social is, uh, your social: [IDENTITY]"),
    ("SSN 078051120", "SSN [IDENTITY]"),
    ("national insurance number is AB 12 34 56 C", "national insurance number is [IDENTITY]"),
    ("my NI number is A B one two three four five six C", "my NI number is [IDENTITY]"),
    ("QQ 12 34 56 C", "[IDENTITY]"),
    ("passport number 925076473", "passport number [IDENTITY]"),
    ("passport number is nine two five oh seven six four seven three", "passport number is [IDENTITY]"),
    ("the passport is C01X0006H", "the passport is [IDENTITY]"),
    ("12345678Z", "[IDENTITY]"),
    ("RSSMRA85T10A562S", "[IDENTITY]"),
    ("529.982.247-25", "[IDENTITY]"),
    ("Aadhaar 2341 2341 2346", "Aadhaar [IDENTITY]"),
    ("1 85 05 78 006 084 91", "[IDENTITY]"),
    ("driver's license D1234567", "driver's license [IDENTITY]"),
];

const SECRETS: [(&str, &str); 24] = [
    ("the password is Hunter2", "the password is [SECRET]"),
    ("password: s3cr3t!Pass", "password: [SECRET]!Pass"),
    ("the password is blue kestrel ninety nine", "the password is [SECRET]"),
    ("password is capital B, l u e, exclamation mark, seven", "password is [SECRET]"),
    ("the password is swordfish.", "the password is [SECRET]."),
    ("my PIN is 4471", "my PIN is [SECRET]"),
    ("the pin code is four four seven one", "the pin code is [SECRET]"),
    ("double four seven one is my pin", "[SECRET] is my pin"),
    ("the verification code is eight three nine one oh two", "the verification code is [SECRET]"),
    ("api key is Xk29fQ", "api key is [SECRET]"),
    ("use sk_live_51H8xkJ2eZvKYlo2C please", "use [SECRET] please"),
    ("AKIAIOSFODNN7EXAMPLE", "[SECRET]"),
    ("token=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token=[SECRET]"),
    ("xoxb-123456789012-abcdefGHIJKL", "[SECRET]"),
    ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "Bearer [SECRET]"),
    ("-----BEGIN RSA PRIVATE KEY----- MIIEow -----END RSA PRIVATE KEY-----", "[SECRET]"),
    ("https://admin:hunter2@host.example/x", "https://[SECRET]@host.example/x"),
    ("key wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY1 done", "key [SECRET] done"),
    ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "[SECRET]"),
    ("glpat-20-characters-x1 it is", "[SECRET] it is"),
    ("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "[SECRET]"),
    ("passcode is bravo tango nine nine", "passcode is [SECRET]"),
    ("the secret is qwertz", "the secret is [SECRET]"),
    ("one time code 402 118", "one time code [SECRET]"),
];

#[test]
fn what_may_not_be_stored_is_found_in_all_its_forms() {
    let all = CARDS.iter().chain(&BANKS).chain(&IDENTITIES).chain(&SECRETS);
    let missed: Vec<String> = all
        .map(|(said, expected)| (whole(&[said]).concat(), *expected, *said))
        .filter(|(left, expected, _)| left != expected)
        .map(|(left, expected, said)| format!("{said}\n  left     {left}\n  expected {expected}"))
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_number_read_out_over_several_turns_is_taken_out_whole() {
    let talk = [
        "b: Sure. It's four one one one.",
        "a: Mm-hm.",
        "b: One one one one.",
        "a: One one one one, okay.",
        "b: One one one one, and",
        "a: Go ahead.",
        "b: one one one one.",
    ];
    let left = whole(&talk);
    let expected = ["Sure. It's [CARD].", "Mm-hm.", "[CARD].", "[CARD], okay.", "[CARD], and", "Go ahead.", "[CARD]."];
    assert_eq!(left, expected);
}

#[test]
fn talk_between_the_groups_does_not_hide_a_card_that_was_announced() {
    let talk = [
        "a: Can you read me the card number?",
        "b: Four two four two.",
        "a: Four two four two, great, and is that the one that we had on file for the pilot last year in your name?",
        "b: Yes, the same one as before, four two four two, hold on, my dog is at the door, sorry about all of that.",
        "b: Okay. Four two four two, four two four two.",
    ];
    let left = whole(&talk).join("\n");
    assert!(!left.to_lowercase().contains("four"), "{left}");
    assert_eq!(left.matches("[CARD]").count(), 4, "{left}");
    assert!(left.contains("my dog is at the door"), "{left}");
}

#[test]
fn a_secret_that_is_asked_for_is_in_the_answer() {
    let talk = ["a: What's the wifi password?", "b: Um, it's kestrel nine nine, all one word.", "a: Thanks."];
    assert_eq!(whole(&talk), ["What's the wifi password?", "Um, it's [SECRET], all one word.", "Thanks."]);
    let talk = ["a: And your security code?", "b: Three two one."];
    assert_eq!(whole(&talk), ["And your security code?", "[CARD]."]);
}

#[test]
fn ordinary_numbers_of_sales_talk_stay() {
    for said in [
        "two hundred and forty thousand euros over three years",
        "call me on oh seven seven double oh, nine hundred one two three",
        "+44 20 7946 0958 or +1 415 555 2671",
        "order number 4500123456 from the tenth of March",
        "invoice 20240115 and PO 7781",
        "in 2024, 2025 and 2026 we grew 12, 14 and 15 percent",
        "your account number with us is 10023",
        "the contract expires in March twenty twenty seven",
        "our security code review found 3 things",
        "the password is reset every ninety days",
        "the password is managed by Okta",
        "a password manager for 500 users",
        "single sign-on, so no password at all",
        "we pin the version to 1.2.3",
        "API keys are rotated in the console",
        "the secret is to listen",
        "the secret is in the sauce",
        "550e8400-e29b-41d4-a716-446655440000",
        "version 10.4.22 build 20240115",
        "our bank is a customer of 12 years",
        "passport control took 3 hours",
        "credit card fees are 2.9 percent and 30 cents",
        "a sixteen-digit number",
        "from 9 to 5, 24 hours, 365 days",
        "the routing of 45 tickets a day",
        "https://docs.example.com/a/very/long/path/to/a/page-2024",
    ] {
        assert_eq!(whole(&[said]), [said]);
    }
}

#[test]
fn a_number_that_is_still_being_read_out_is_hidden_after_its_cue() {
    let talk = ["b: My card number is four one one one"];
    assert_eq!(redacted(&talk, Reading::Unfinished), ["My card number is [CARD]"]);
    assert_eq!(whole(&talk), ["My card number is four one one one"]);
}

#[test]
fn nothing_is_looked_for_that_is_not_asked_for() {
    let said = [Utterance { speaker: None, text: "4111 1111 1111 1111" }];
    assert!(find(&said, &BTreeSet::new(), Reading::Whole).is_empty());
    assert!(find(&said, &BTreeSet::from([Kind::Secret]), Reading::Whole).is_empty());
    assert_eq!(find(&said, &BTreeSet::from([Kind::Card]), Reading::Whole).len(), 1);
}

/// A number of `length` digits that passes, made of the first ones.
fn passing(mut digits: Vec<u8>) -> Vec<u8> {
    for last in 0..10 {
        digits.push(last);
        if checks::luhn(&digits) {
            return digits;
        }
        digits.pop();
    }
    digits
}

/// One way of saying a digit or two, or three of the same.
fn say(digits: &[u8], ways: &[u8]) -> String {
    const UNITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let mut said: Vec<String> = Vec::new();
    let (mut at, mut turn) = (0, 0);
    while at < digits.len() {
        let digit = digits[at];
        let way = ways[turn % ways.len()];
        turn += 1;
        let same = digits.get(at + 1) == Some(&digit);
        match way % 6 {
            0 => said.push(digit.to_string()),
            1 if same => {
                said.push(format!("double {}", UNITS[usize::from(digit)]));
                at += 1;
            }
            2 if digit == 0 => said.push("oh".to_owned()),
            3 => said.push(format!("{},", UNITS[usize::from(digit)])),
            4 => said.push(format!("{} uh", UNITS[usize::from(digit)])),
            _ => said.push(UNITS[usize::from(digit)].to_owned()),
        }
        at += 1;
    }
    said.join(" ")
}

/// Runs of 13 to 19 digits with nothing but spaces, hyphens and dots in them that pass.
fn surviving(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for c in text.chars() {
        match (c, runs.last_mut()) {
            ('0'..='9', Some(run)) => run.push(c),
            (' ' | '-' | '.', _) => {}
            _ => runs.push(String::new()),
        }
    }
    let values = |run: &String| run.bytes().map(|byte| byte - b'0').collect::<Vec<u8>>();
    runs.into_iter().filter(|run| (13..=19).contains(&run.len()) && checks::luhn(&values(run))).collect()
}

proptest::proptest! {
    #[test]
    fn any_conversation_can_be_read(texts in proptest::collection::vec("\\PC{0,60}", 0..5)) {
        let utterances: Vec<Utterance> = texts.iter().map(|text| Utterance { speaker: None, text }).collect();
        let mut last = (0, 0);
        for found in find(&utterances, &Kind::ALL.into(), Reading::Whole) {
            proptest::prop_assert!(texts[found.utterance].get(found.span.clone()).is_some());
            proptest::prop_assert!((found.utterance, found.span.start) >= last);
            last = (found.utterance, found.span.end);
        }
    }

    #[test]
    fn no_card_survives_however_it_is_said(
        first in proptest::collection::vec(0_u8..10, 12..18),
        ways in proptest::collection::vec(0_u8..6, 1..8)
    ) {
        let digits = passing(first);
        let said = format!("so it goes {} you see", say(&digits, &ways));
        let left = whole(&[&said]).concat();
        let kept = ["so", "it", "goes", "[CARD]", "uh", "you", "see"];
        let words: Vec<&str> = left.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
        proptest::prop_assert!(words.iter().all(|word| kept.contains(word)), "{} -> {}", said, left);
        proptest::prop_assert!(words.starts_with(&["so", "it", "goes", "[CARD]"]), "{} -> {}", said, left);
    }

    #[test]
    fn no_written_run_that_passes_survives(text in "[0-9 .-]{0,40}[a-z ]{0,5}[0-9 -]{0,30}") {
        let left = whole(&[&text]).concat();
        proptest::prop_assert!(surviving(&left).is_empty(), "{} -> {}", text, left);
        let written = crate::with_digits(&left).unwrap_or_default();
        proptest::prop_assert!(surviving(&written).is_empty(), "{} -> {}", text, written);
    }
}
