use super::*;

fn digits(text: &str) -> String {
    with_digits(text).unwrap_or_else(|| text.to_owned())
}

#[test]
fn numbers_are_written_in_digits() {
    for (said, written) in [
        ("we pay two hundred thousand euros", "we pay 200,000 euros"),
        ("about two hundred and fifty seats", "about 250 seats"),
        ("twenty-five people, twelve percent", "25 people, 12%"),
        ("twelve per cent off", "12% off"),
        ("forty five k, maybe", "45k, maybe"),
        ("one point five million dollars", "1.5 million dollars"),
        ("two million, three billion", "2 million, 3 billion"),
        ("two and a half percent", "2.5%"),
        ("two and a half million", "2.5 million"),
        ("a hundred of them", "100 of them"),
        ("twelve hundred and fifty", "1,250"),
        ("one million two hundred thousand", "1,200,000"),
        ("three point one four", "3.14"),
        ("it costs nine dollars", "it costs 9 dollars"),
        ("the twenty-first time", "the 21st time"),
        ("twenty to thirty thousand", "20,000 to 30,000"),
        ("two or three hundred", "200 or 300"),
        ("a buck eighty a seat", "$1.80 a seat"),
        ("zero point five percent", "0.5%"),
        ("eleven, twelve, thirteen", "11, 12, 13"),
        ("for two thousand students", "for 2,000 students"),
        ("eleven hundred first years", "1,100 first years"),
        ("the two hundredth order", "the 200th order"),
    ] {
        assert_eq!(digits(said), written, "{said}");
    }
}

#[test]
fn dates_times_and_years_are_written_in_digits() {
    for (said, written) in [
        ("by the end of March fifth", "by the end of March 5th"),
        ("on the fifth of march", "on the 5th of march"),
        ("June thirtieth, twenty twenty six", "June 30th, 2026"),
        ("in twenty twenty-six", "in 2026"),
        ("since nineteen ninety eight", "since 1998"),
        ("in two thousand and nineteen", "in 2019"),
        ("in twenty oh nine", "in 2009"),
        ("at nine thirty tomorrow", "at 9:30 tomorrow"),
        ("nine oh five am", "9:05 am"),
        ("back by four thirty", "back by 4:30"),
        ("at three o'clock", "at 3 o'clock"),
        ("ten a m works", "10 a m works"),
    ] {
        assert_eq!(digits(said), written, "{said}");
    }
}

#[test]
fn digits_read_out_are_one_number() {
    for (said, written) in [
        ("oh seven seven double four", "07744"),
        ("four one five, five five five, twenty six seventy one", "415 555 2671"),
        ("call eight hundred", "call 800"),
        ("ticket three two zero seven", "ticket 3207"),
    ] {
        assert_eq!(digits(said), written, "{said}");
    }
}

#[test]
fn words_of_a_sentence_stay() {
    for text in [
        "the one thing I wanted, first of all",
        "one, two, three, go",
        "wait a second",
        "a couple hundred",
        "half a million",
        "thousands of people",
        "a buck eighty",
        "we may first need it",
        "oh, well",
        "twenty, five",
        "I have 25 of them, and [CARD]",
        "two of them",
        "we? Two seventy-eight, they say",
        "eleven thirty I would",
        "fifty sixty people",
        "",
    ] {
        let expected = if text == "twenty, five" { "20, five" } else { text };
        assert_eq!(digits(text), expected);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "\\PC{0,80}") {
        let _ = with_digits(&text);
    }

    #[test]
    fn a_number_in_words_is_that_number(value in 10_u64..1_000_000) {
        let written = digits(&in_words(value));
        let plain = written.replace(',', "");
        proptest::prop_assert_eq!(plain, value.to_string());
    }
}

/// As people say it, for the numbers that no pair of a year or a round hundred makes ambiguous.
fn in_words(value: u64) -> String {
    const UNITS: [&str; 20] = [
        "",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let text = match value {
        0..20 => UNITS[value as usize].to_owned(),
        20..100 => format!("{} {}", TENS[value as usize / 10], UNITS[value as usize % 10]),
        100..1_000 => format!("{} hundred {}", in_words(value / 100), in_words(value % 100)),
        _ => format!("{} thousand {}", in_words(value / 1_000), in_words(value % 1_000)),
    };
    text.trim_end().to_owned()
}
