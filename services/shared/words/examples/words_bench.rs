//! What redaction, vocabulary and digits do to calls that hold nothing to redact and none of the names:
//! `cargo run -p throughline-words --example words_bench -- DIR` with a folder of call JSON files. Prints one JSON line.
//!
//! Redactions are false by definition here. For the vocabulary each call is read with the names of people and accounts
//! of all the other calls, and with names made up of common syllables; a replacement is false unless the call itself
//! has the name. `-v` prints each.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use throughline_words::vocabulary::{Name, letters_of};
use throughline_words::{Kind, Reading, Utterance, Vocabulary, find, with_digits};

struct Call {
    turns: Vec<(String, String)>,
    names: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let verbose = arguments.iter().any(|argument| argument == "-v");
    let dir = arguments.iter().find(|argument| *argument != "-v").context("give a folder of call JSON files")?;
    let calls = calls(Path::new(dir))?;
    ensure!(!calls.is_empty(), "{dir} holds no calls");
    let words: usize = calls.iter().flat_map(|call| &call.turns).map(|(_, text)| text.split_whitespace().count()).sum();
    let redactions: usize = calls.iter().map(|call| redactions(call, verbose)).sum();
    let others: usize = (0..calls.len()).map(|index| replacements(&calls, index, verbose)).sum();
    let invented = Vocabulary::new(invented().iter().map(|text| Name { text, sounds_like: &[] }));
    let made_up: usize = calls.iter().map(|call| replaced(&invented, call, &HashSet::new(), verbose)).sum();
    let rewritten = calls.iter().flat_map(|call| &call.turns).filter(|(_, text)| digits(text, verbose)).count();
    let line = json!({
        "calls": calls.len(), "words": words, "false_redactions": redactions,
        "false_replacements_other_calls": others, "false_replacements_invented": made_up,
        "turns_with_digits": rewritten,
    });
    println!("{line}");
    Ok(())
}

fn calls(dir: &Path) -> anyhow::Result<Vec<Call>> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let json = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut calls = Vec::new();
    for path in json {
        let read: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Some(turns) = read["turns"].as_array() else { continue };
        let turns = turns.iter().map(|turn| (text(&turn["speaker"]), text(&turn["text"]))).collect();
        let people = read["participants"].as_array().into_iter().flatten().map(|person| text(&person["name"]));
        let names = people.chain([text(&read["account"]["name"])]).filter(|name| !name.is_empty()).collect();
        calls.push(Call { turns, names });
    }
    Ok(calls)
}

fn redactions(call: &Call, verbose: bool) -> usize {
    let utterances: Vec<Utterance> =
        call.turns.iter().map(|(who, text)| Utterance { speaker: Some(who), text }).collect();
    let found = find(&utterances, &Kind::ALL.into(), Reading::Whole);
    for found in found.iter().filter(|_| verbose) {
        let text = &call.turns[found.utterance].1;
        println!("redacted {:?} {:?} in {text}", found.kind, &text[found.span.clone()]);
    }
    found.len()
}

fn replacements(calls: &[Call], index: usize, verbose: bool) -> usize {
    let call = &calls[index];
    let own: HashSet<String> =
        call.names.iter().flat_map(|name| name.split(' ').chain([name.as_str()])).map(letters_of).collect();
    let others: Vec<&str> = calls
        .iter()
        .flat_map(|other| &other.names)
        .flat_map(|name| name.split(' ').chain([name.as_str()]))
        .filter(|name| !own.contains(&letters_of(name)))
        .collect();
    let vocabulary = Vocabulary::new(others.into_iter().map(|text| Name { text, sounds_like: &[] }));
    replaced(&vocabulary, call, &own, verbose)
}

fn replaced(vocabulary: &Vocabulary, call: &Call, own: &HashSet<String>, verbose: bool) -> usize {
    let mut count = 0;
    for (_, text) in &call.turns {
        for correction in vocabulary.corrections(text) {
            let said = &text[correction.span.clone()];
            // Only the writing of a name that is said with those letters.
            if letters_of(said) == letters_of(&correction.text) || own.contains(&letters_of(said)) {
                continue;
            }
            count += 1;
            if verbose {
                println!("replaced {said:?} by {:?} in {text}", correction.text);
            }
        }
    }
    count
}

fn digits(text: &str, verbose: bool) -> bool {
    let written = with_digits(text);
    if let Some(written) = written.as_ref().filter(|_| verbose) {
        println!("digits {text}\n    -> {written}");
    }
    written.is_some()
}

/// 2,000 names of two and three syllables as companies like them.
fn invented() -> Vec<String> {
    const STARTS: [&str; 20] = [
        "Ac", "Bri", "Cal", "Dex", "En", "Fin", "Gra", "Hel", "In", "Kla", "Lu", "Mer", "Nor", "Op", "Pro", "Quan",
        "Ri", "Sal", "Tre", "Vec",
    ];
    const MIDDLES: [&str; 10] = ["a", "ti", "ro", "ba", "sen", "li", "to", "ne", "mi", "ver"];
    const ENDS: [&str; 10] = ["ra", "lon", "tix", "ly", "via", "dge", "son", "port", "base", "sta"];
    let mut names = Vec::new();
    for start in STARTS {
        for middle in MIDDLES {
            names.extend(ENDS.iter().map(|end| format!("{start}{middle}{end}")));
        }
    }
    names
}
