//! What counts as said, in English as people speak it: with marks and without.

use super::tests::found;
use rstest::rstest;

fn fires(phrase: &str, who: char, text: &str) -> bool {
    !found(&format!("{{phrases: ['{phrase}'], side: either}}"), &[(who, text)]).is_empty()
}

/// As a recogniser would write it.
fn unmarked(text: &str) -> String {
    text.to_lowercase().replace([',', '.', '?', '!', ':', ';', '—'], "").replace("  ", " ")
}

#[rstest]
#[case("a budget", "We don't have a budget for this.")]
#[case("we have a budget", "We don't have a budget for this.")]
#[case("we have a budget", "We do not, as far as I know, have a budget.")]
#[case("budget", "There's no budget this year.")]
#[case("budget", "We've got no earmarked budget.")]
#[case("budget", "There isn't any budget left.")]
#[case("budget", "We never had a budget for it.")]
#[case("budget", "Nobody gave us a budget.")]
#[case("a budget", "I don't think we have a budget.")]
#[case("a budget", "I wouldn't say there's a budget.")]
#[case("a budget", "It's not like we have a budget.")]
#[case("a budget", "I'm not sure we have a budget.")]
#[case("a budget", "I don't know whether there is a budget.")]
#[case("a budget", "We're working without a budget.")]
#[case("a budget", "We no longer have a budget.")]
#[case("a budget", "We hardly have a budget.")]
#[case("a budget", "There is a total lack of a budget.")]
#[case("send the contract", "Don't send the contract yet.")]
#[case("send the contract", "I won't send you the contract.")]
#[case("send the contract", "We're unable to send the contract.")]
#[case("expensive", "It's not that expensive.")]
#[case("expensive", "It's not so expensive.")]
#[case("expensive", "Honestly it isn't all that expensive.")]
#[case("painful", "It is less painful.")]
#[case("sign on friday", "Can't sign on Friday.")]
#[case("security review", "A security review isn't needed.")]
#[case("security review", "The security review won't be necessary.")]
#[case("manual copying", "Manual copying is not a problem for us.")]
#[case("approved budget", "The budget is not approved.")]
fn denied(#[case] phrase: &str, #[case] text: &str) {
    assert!(!fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(!fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("a budget", "Not only do we have a budget, it's signed.")]
#[case("a budget", "No, we have a budget.")]
#[case("the budget", "No, the budget is approved.")]
#[case("a budget", "No problem, we have a budget.")]
#[case("a budget", "No doubt we have a budget.")]
#[case("a budget", "I didn't realise we had a budget.")]
#[case("a budget", "Don't forget we have a budget.")]
#[case("a budget", "Don't you have a budget?")]
#[case("the budget", "Isn't the budget approved?")]
#[case("look at pricing", "Can't we look at pricing now?")]
#[case("look at pricing", "Why not look at pricing now?")]
#[case("see pricing", "I wouldn't mind seeing pricing.")]
#[case("see pricing", "I can't wait to see pricing.")]
#[case("a budget", "It isn't approved, but we have a budget.")]
#[case("a budget", "We can't sign because we have a budget freeze.")]
#[case("security review", "We can't sign until the security review is done.")]
#[case("security review", "We won't sign if the security review fails.")]
#[case("security review", "Not to mention the security review.")]
#[case("do not like it", "Honestly, I do not like it.")]
#[case("never works", "It never really works.")]
#[case("painful", "It is painful, not less.")]
#[case("the invoices", "Without a doubt the invoices are the problem.")]
#[case("the budget", "We have the budget, don't we?")]
fn said(#[case] phrase: &str, #[case] text: &str) {
    assert!(fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("pricing", "We won't get into pricing today.")]
#[case("get into pricing", "We won't get into pricing today.")]
#[case("pricing", "Pricing I'd rather not touch today.")]
#[case("pricing", "Let's park pricing for now.")]
#[case("pricing", "Let's leave pricing for the end.")]
#[case("pricing", "We'll come to pricing later.")]
#[case("pricing", "We can talk about pricing another time.")]
#[case("talk about pricing", "Happy to have us talk about pricing next time.")]
#[case("pricing", "Before we get into pricing, tell me about the team.")]
#[case("pricing", "It's too early to talk about pricing.")]
#[case("pricing", "Rather than talk pricing, let me listen.")]
#[case("pricing", "Pricing can wait.")]
#[case("pricing", "Pricing is for another day.")]
#[case("pricing", "Let's not get into pricing.")]
#[case("pricing", "There's no need to discuss pricing today.")]
#[case("pricing", "I'd put pricing to one side.")]
fn put_off_politely(#[case] phrase: &str, #[case] text: &str) {
    assert!(!fires(phrase, 'r', text), "{phrase}: {text}");
    assert!(!fires(phrase, 'r', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("pricing", "Let's talk about pricing.")]
#[case("pricing", "Our pricing is by the seat.")]
#[case("pricing", "You can't skip pricing, it's forty a seat.")]
#[case("send the contract", "I'll send the contract later today.")]
#[case("pricing", "We get to pricing now, and to the rest later.")]
#[case("save money", "You save money in the end.")]
fn not_put_off(#[case] phrase: &str, #[case] text: &str) {
    assert!(fires(phrase, 'r', text), "{phrase}: {text}");
    assert!(fires(phrase, 'r', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("sign the contract", "Suppose she signs the contract tomorrow.")]
#[case("sign the contract", "Let's say you sign the contract in June.")]
#[case("sign the contract", "Say you sign the contract in June.")]
#[case("sign the contract", "What if we signed the contract?")]
#[case("sign the contract", "Assuming we sign the contract, who trains us?")]
#[case("a budget", "If we had a budget, I'd sign.")]
#[case("a budget", "If there was a budget for it we'd talk.")]
#[case("a budget", "I wish we had a budget.")]
#[case("a budget", "It would be nice to have a budget.")]
#[case("a budget", "In a perfect world we have a budget.")]
#[case("a budget", "They talk as if we had a budget.")]
#[case("a budget", "In theory there's a budget.")]
fn supposed(#[case] phrase: &str, #[case] text: &str) {
    assert!(!fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(!fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("sign the contract", "I'd say we sign the contract in June.")]
#[case("get fined", "If the auditors come we get fined.")]
#[case("lose hours", "You can't imagine how we lose hours there.")]
#[case("a budget", "I assume you know we have a budget.")]
fn not_supposed(#[case] phrase: &str, #[case] text: &str) {
    assert!(fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("security review", "Another customer told us the security review took a year.")]
#[case("security review", "One of our clients had a security review.")]
#[case("security review", "A bank we work with did the security review.")]
#[case("security review", "A client of ours failed the security review.")]
#[case("security review", "At my last company the security review took a year.")]
#[case("security review", "Other banks fear the security review.")]
#[case("security review", "Most firms fail the security review.")]
#[case("security review", "Companies like you fear the security review.")]
#[case("security review", "I read that the security review takes a year.")]
#[case("security review", "We had a bank in Leeds that failed the security review.")]
fn told_of_others(#[case] phrase: &str, #[case] text: &str) {
    for who in ['r', 'b'] {
        assert!(!fires(phrase, who, text), "{phrase}: {text}");
        assert!(!fires(phrase, who, &unmarked(text)), "{phrase}: {}", unmarked(text));
    }
}

#[rstest]
#[case("security review", "The security review took a year, another customer told us.")]
#[case("security review", "One of our clients moved in March. They had a security review.")]
#[case("security review", "A client of ours moved. And they passed the security review.")]
fn told_of_others_by_the_marks(#[case] phrase: &str, #[case] text: &str) {
    assert!(!fires(phrase, 'r', text), "{phrase}: {text}");
}

#[rstest]
#[case("copy files", "We have a team of six who copy files all day.")]
#[case("complain every", "Our customers complain every morning.")]
#[case("copy files", "We had a plant in Ohio, they copy files by hand.")]
#[case("copy files", "The other plants copy files by hand.")]
fn a_buyers_own_business_is_a_sellers_story(#[case] phrase: &str, #[case] text: &str) {
    assert!(fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}

#[rstest]
#[case("budget is frozen", "My boss told me the budget is frozen.")]
#[case("budget is frozen", "Our CFO said to us the budget is frozen.")]
#[case("budget is frozen", "We had a look, the budget is frozen.")]
fn told_by_ones_own_side(#[case] phrase: &str, #[case] text: &str) {
    assert!(fires(phrase, 'b', text), "{phrase}: {text}");
    assert!(fires(phrase, 'b', &unmarked(text)), "{phrase}: {}", unmarked(text));
}
