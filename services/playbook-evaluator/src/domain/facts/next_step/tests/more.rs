use super::day;

const ENDINGS: &[(Option<&str>, &[&str])] = &[
    (
        Some("2026-05-19"),
        &[
            "R: Right, so what happens next is Anneli from our side joins and we do your three test cases live. Tuesday the nineteenth, forty minutes?",
            "B: I'm just checking with Piet... he nods. Yes.",
            "R: Nine or ten?",
            "B: Ten. And bring the version with the Dutch labels.",
        ],
    ),
    (
        Some("2026-05-11"),
        &[
            "R: uh so ill get the whole pack over to you monday and um you have a read and shout if anything looks off",
            "B: yeah monday works ill print it out",
            "R: you print things",
            "B: i print things",
        ],
    ),
    (
        None,
        &[
            "R: When is a good moment to pick this up again?",
            "B: Hard to say. Our fiscal year closes at the end of June and everyone is underwater.",
            "R: So early July?",
            "B: Could be July, could be September. I'd rather reach out myself.",
        ],
    ),
    (
        Some("2026-05-13"),
        &[
            "B: My colleague in Lyon would need to see it too. She is back the eleventh.",
            "R: Then let us do it after, the thirteenth, all three of us?",
            "B: The thirteenth in the afternoon, she has school run in the morning.",
            "R: Half past two, and I'll host.",
            "B: Good.",
        ],
    ),
    (
        None,
        &[
            "R: I could hold a place for you in the workshop on the twenty-first.",
            "B: That's kind. I have to talk with two people before I take anyone's place.",
            "R: Sure, the place stays open till Friday.",
            "B: Okay.",
        ],
    ),
    (
        Some("2026-06-04"),
        &[
            "R: In four weeks from tomorrow we have the sandbox filled. Would you like to be there for the first run?",
            "B: Four weeks from tomorrow, the fourth of June. I would, yes.",
            "R: At nine then.",
            "B: I'll note it.",
        ],
    ),
    (
        Some("2026-05-15"),
        &[
            "R: okay and the security form you said youd fill that in when",
            "B: end of next week",
            "R: friday then",
            "B: friday yes the fifteenth",
            "R: thank you",
        ],
    ),
    (
        None,
        &[
            "B: We've a go-live for the other thing on the eleventh, so May is dead.",
            "R: And if we just did half an hour on the fourteenth?",
            "B: Did you hear what I said about May?",
            "R: I did, sorry. June then.",
            "B: Ring in June.",
        ],
    ),
    (
        Some("2026-05-07"),
        &[
            "B: Could you put those two sentences in a mail by tomorrow noon?",
            "R: You'll have it before noon.",
            "B: Then I take it into my Friday meeting with the director.",
        ],
    ),
    (
        Some("2026-05-20"),
        &[
            "R: So Wednesday fortnight for the site visit. Steel toes?",
            "B: Steel toes, hi-vis, and don't wear the nice coat.",
            "R: Wednesday fortnight, the twentieth, no coat.",
            "B: Grand so.",
        ],
    ),
    (
        Some("2026-05-12"),
        &[
            "R: Do you have thirty minutes on Monday to go over the numbers with your boss?",
            "B: Monday she's flying. Tuesday morning she'd have, I can see her calendar.",
            "R: Let's take it, Tuesday, half past nine.",
            "B: Sending you the invitation myself, it's easier.",
        ],
    ),
    (
        None,
        &[
            "R: I'm at the trade fair in Hanover from the eighteenth, will you be there?",
            "B: Perhaps my boss goes.",
            "R: I'd love to meet him.",
            "B: I'll mention it.",
        ],
    ),
    (
        Some("2026-05-21"),
        &[
            "R: Your steering group meets on the nineteenth, you said.",
            "B: On the nineteenth, yes.",
            "R: Can we sit down two days after, the Thursday, so you tell me what they said?",
            "B: Thursday the twenty-first, after lunch.",
            "R: One o'clock. I'll send the link.",
        ],
    ),
    (
        None,
        &[
            "R: So shall I book us in for next Thursday?",
            "B: Book what you like, I can't say whether I'm there.",
            "R: Ha, okay.",
        ],
    ),
    (
        Some("2026-05-14"),
        &[
            "R: I'd like to bring Rosa, who did the same at the port. Is Thursday next week any use?",
            "B: It's of use if it's before ten.",
            "R: Nine.",
            "B: Nine it is.",
        ],
    ),
    (
        None,
        &[
            "B: The thing is we have inventory on Saturday and then the auditors from Monday.",
            "R: Got it. And after the auditors?",
            "B: After the auditors I sleep.",
            "R: Fair. I'll leave you my number.",
        ],
    ),
    (
        Some("2026-05-22"),
        &[
            "R: how bout friday the twenty second we get the plant folks on and run it end to end",
            "B: that oughta work lemme see yeah nothin on there",
            "R: eleven your time",
            "B: eleven",
        ],
    ),
    (
        Some("2026-05-18"),
        &[
            "R: We said Friday the fifteenth for the pricing call.",
            "B: Yes.",
            "R: I'm sorry, I've just had a note that our finance man is away that day. Would the Monday after work, the eighteenth?",
            "B: No trouble, the eighteenth, same time.",
        ],
    ),
    (
        Some("2026-05-13"),
        &[
            "B: You wanted to hear from our lawyer. She can talk on Wednesday.",
            "R: Next Wednesday?",
            "B: The thirteenth, at four.",
            "R: Four is perfect, I'll bring our counsel.",
        ],
    ),
    (
        None,
        &[
            "R: And for the pilot, could we aim at the first of June?",
            "B: That is a question for Marek. I don't decide pilots.",
            "R: Could you ask him?",
            "B: I can ask.",
        ],
    ),
    (
        Some("2026-05-29"),
        &[
            "R: Three things. I draft the statement of work, you get the access form signed, and on the twenty-ninth we compare notes. Agreed?",
            "B: Agreed. Form is on my desk already.",
        ],
    ),
    (
        None,
        &[
            "R: we've got that promotion until the end of may just so you know",
            "B: noted",
            "R: so if we got the order in by the twenty ninth",
            "B: lets see what the committee says first",
        ],
    ),
    (
        Some("2026-05-08"),
        &[
            "R: Quick one, then: Friday, twelve fifteen, just to look at the error together?",
            "B: Twelve fifteen's my lunch, but okay, for you.",
            "R: I'll be brief.",
        ],
    ),
    (
        Some("2026-05-26"),
        &[
            "R: Next one's the hands-on. Tuesday after the Whit weekend, the twenty-sixth, in your training room.",
            "B: The room is booked... no, it's free from ten. Ja, let's take it.",
            "R: Wonderful.",
        ],
    ),
    (
        None,
        &[
            "R: I'll follow up with you in about three weeks.",
            "B: You can do that. No guarantee I've anything to say.",
            "R: Understood.",
        ],
    ),
    (
        Some("2026-05-12"),
        &[
            "R: Kindly let me know, sir, Tuesday eleven o'clock is convenient for the demo?",
            "B: Tuesday is convenient. You please send the invite to my PA also.",
            "R: Definitely sir, I will mark her.",
        ],
    ),
    (
        None,
        &[
            "R: Kindly confirm one date for the demo, sir.",
            "B: We will revert, next week only I can tell.",
            "R: Okay sir, I will wait for your mail.",
        ],
    ),
    (
        Some("2026-05-18"),
        &[
            "B: Look, come on the Monday, the eighteenth, before the shift starts.",
            "R: Five thirty?",
            "B: Five thirty. There's coffee.",
            "R: I'll be there.",
            "C: He won't.",
            "R: I will.",
        ],
    ),
    (
        None,
        &[
            "R: So Thursday, same time, with the CFO?",
            "B: With the CFO, yes, Thursday.",
            "C: No no, I'm not having him in before we know the price.",
            "B: Okay, then we leave that for the moment.",
            "R: Whenever you're ready.",
        ],
    ),
    (
        Some("2026-05-27"),
        &[
            "R: I'm away until the twenty-fifth. Two days later, the twenty-seventh, I'd be in your building anyhow.",
            "B: Then knock on my door, the twenty-seventh, I'm there from eight.",
            "R: I'll knock at nine.",
        ],
    ),
];

#[test]
fn endings_of_many_kinds() {
    let wrong: Vec<_> = ENDINGS
        .iter()
        .filter_map(|(date, lines)| {
            let read = day(lines);
            (read.as_deref() != *date).then_some((lines, *date, read))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), ENDINGS.len());
}
