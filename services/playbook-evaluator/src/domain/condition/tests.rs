use super::*;
use crate::domain::call::{Account, Call, Deal, Transcript};
use std::collections::HashMap;

fn names(scope: Scope) -> Names<'static> {
    Names { scope, signals: vec!["price_objection"], concepts: vec![], letters: vec!["metrics", "champion"] }
}

fn call(regulated: Option<bool>) -> Call {
    Call {
        name: "workspaces/demo/calls/a".into(),
        call_type: "discovery".into(),
        start_time: chrono::DateTime::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        participants: vec![],
        account: Account { regulated, employees: Some(1400), ..Account::default() },
        deal: Deal { amount: Some(10.0), ..Deal::default() },
    }
}

fn verdict(text: &str, call: &Call) -> Verdict {
    let transcript = Transcript { name: String::new(), turns: vec![], duration_ms: 0 };
    let found = Found {
        signals: vec![("price_objection".into(), 2)],
        concepts: vec![],
        facts: HashMap::new(),
        letters: vec![("metrics".into(), Some(2)), ("champion".into(), None)],
    };
    match Condition::compile(text, &names(Scope::Behavior)) {
        Ok(condition) => condition.evaluate(&Environment::new(call, &transcript, &found)),
        Err(faults) => Verdict::Unknown(format!("{faults:?}")),
    }
}

#[test]
fn sees_account_deal_call_and_findings() {
    let call = call(Some(false));
    for text in [
        "account.regulated == false",
        "!account.regulated && account.employees > 1000",
        "signals.price_objection.count == 2",
        "facts.competitors.count == 0",
        "qualification.metrics.score >= 2",
        "deal.amount < 100",
        "call.type in ['discovery', 'demo']",
        "call.buyers == 0 ? true : false",
        "['a', 'b'].exists(x, x == 'a')",
    ] {
        assert_eq!(verdict(text, &call), Verdict::True, "{text}");
    }
}

#[test]
fn what_is_not_known_gives_no_answer() {
    assert_eq!(
        verdict("account.regulated == false", &call(None)),
        Verdict::Unknown("`regulated` is not known of this call".into())
    );
    assert_eq!(
        verdict("qualification.champion.score == 0", &call(None)),
        Verdict::Unknown("`score` is not known of this call".into())
    );
    assert_eq!(verdict("has(account.regulated) && account.regulated", &call(None)), Verdict::False);
}

#[test]
fn faults_are_found_in_every_branch() {
    for (text, part) in [
        ("account.regulated ==", "mismatched"),
        ("account.size > 3", "no `size`"),
        ("account.employees == 'many'", "compared"),
        ("true || deal.amount + 'x' == 'y'", "applied"),
        ("signals.unheard.count > 0", "no `unheard`"),
        ("account.employees", "true or false"),
        ("nobody.name == 'x'", "not known"),
        ("account.name.startsWith(3)", "applied"),
        ("launch()", "applied"),
    ] {
        let faults = Condition::compile(text, &names(Scope::Behavior)).map(|_| ()).unwrap_err();
        assert!(faults.iter().any(|f| f.message.contains(part)), "{text}: {faults:?}");
    }
}

#[test]
fn a_segment_knows_no_talk() {
    assert!(Condition::compile("signals.price_objection.count == 0", &names(Scope::Segment)).is_err());
    assert!(Condition::compile("account.segment == 'smb'", &names(Scope::Segment)).is_ok());
}

#[test]
fn lists_are_gone_through_once() {
    let names = names(Scope::Behavior);
    for text in [
        "['a', 'b'].all(x, ['c', 'd'].exists(y, y == x))",
        "['a', 'b'].exists(x, ['c', x].exists(y, y == 'c')) && call.type == 'demo'",
        "['a'].map(x, x + x).map(x, x + x).exists(x, x == 'aaaa')",
        "['a', 'b'].filter(x, x != 'a').exists(x, x == 'b')",
    ] {
        let faults = Condition::compile(text, &names).unwrap_err();
        assert!(faults.iter().any(|fault| fault.message.contains("gone through")), "{text}: {faults:?}");
    }
    let beside = "['a'].exists(x, x == 'a') && ['b'].all(x, x == 'b')";
    assert_eq!(verdict(beside, &call(None)), Verdict::True);
}
