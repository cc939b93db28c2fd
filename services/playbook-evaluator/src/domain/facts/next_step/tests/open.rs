use super::day;

const OPEN: &[&[&str]] = &[
    &["R: Could we do Thursday at ten?", "B: Send me some times and I'll see.", "R: Will do."],
    &["R: How about next Tuesday?", "B: I'd have to ask my wife about that, she keeps the calendar.", "R: Of course."],
    &["R: Shall I put something in for Monday?", "B: We'll be in touch.", "R: Okay, speak soon."],
    &["R: so wednesday at three", "B: i wont commit to a day right now", "R: no worries ill follow up"],
    &["B: The board meets on the nineteenth of May.", "R: The nineteenth, good to know.", "B: Yes."],
    &["B: Our contract with them runs out on the thirty-first.", "R: The thirty-first of May?", "B: Correct."],
    &["B: We lost the whole of last Friday to it.", "R: Friday, really?", "B: Yes, the whole day."],
    &[
        "R: What about the twelfth?",
        "B: The twelfth is impossible.",
        "R: The thirteenth?",
        "B: Also not. Let me ring you.",
    ],
    &[
        "R: Friday at nine for the workshop?",
        "B: Yes, Friday at nine.",
        "R: Super, I'll send the invite.",
        "B: Actually, no, scrap that. I can't promise anything before the reorganisation is through.",
        "R: I understand.",
    ],
    &[
        "R: Then Tuesday, ten o'clock, on Teams.",
        "B: Fine.",
        "C: Don't book it yet. I want to hear from finance first.",
        "B: All right, then leave Tuesday out and we'll come to you.",
    ],
    &["R: I'll call you on Monday then?", "B: No need, I'll call when there's news.", "R: Fair enough."],
    &["R: If you signed by Friday I could do ten percent.", "B: I don't sign anything on a Friday.", "R: Ha, fine."],
    &["R: Are you around next week?", "B: Some days, yes.", "R: I'll send you a few options.", "B: Okay."],
    &["B: People are off until the twenty-fifth anyway.", "R: Ah, okay, the twenty-fifth.", "B: Yeah."],
    &[
        "R: Another customer said yes to a pilot on the first of June.",
        "B: Good for them.",
        "R: Would you do the same?",
        "B: No.",
    ],
    &["R: Could you look at it by Thursday?", "B: I'll try, no promises.", "R: Great, thanks."],
    &["R: I could come by Tuesday or Wednesday.", "B: Mail me, we'll find something.", "R: Sure."],
    &["R: maybe we talk again in june", "B: maybe", "R: okay"],
    &["R: Does the fifteenth work?", "B: Ask me again when the audit's behind us.", "R: Right."],
    &[
        "R: We close our quarter on the thirtieth of June, so it would help me.",
        "B: That's your quarter, not mine.",
        "R: True.",
    ],
    &["B: The trucks come on Monday and Thursday.", "R: Okay, Monday and Thursday.", "B: Yes, at six."],
    &[
        "R: Let's pencil Thursday the fourteenth.",
        "B: Pencil, yes.",
        "R: Great.",
        "C: Thursday is Ascension, nobody's here, take it out please.",
        "R: Okay, I'll wait to hear from you.",
    ],
];

#[test]
fn what_is_only_proposed_or_withdrawn_is_no_next_step() {
    let wrong: Vec<_> = OPEN.iter().filter_map(|lines| Some((lines, day(lines)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
