use super::day;

const AGREED: &[(&str, &[&str])] = &[
    ("2026-05-14", &["R: Could I show you that on Thursday week, around two?", "B: Thursday week, two o'clock. Yes."]),
    ("2026-05-12", &["R: Would Tuesday be all right?", "B: Tuesday suits us.", "R: Smashing."]),
    (
        "2026-05-13",
        &[
            "R: Shall we say Tuesday at ten?",
            "B: Tuesdays I'm in court. Wednesday?",
            "R: Wednesday at ten it is.",
            "B: See you then.",
        ],
    ),
    (
        "2026-05-15",
        &[
            "R: how about monday",
            "B: no monday is the bank thing for me",
            "R: okay what about friday week then",
            "B: friday week yeah go on",
        ],
    ),
    (
        "2026-05-20",
        &[
            "B: When would you come?",
            "R: I can be with you on the twentieth, first thing.",
            "B: The twentieth is good, I'll get the keys.",
        ],
    ),
    ("2026-05-11", &["R: I'll have the new numbers with you by Monday.", "B: Monday's perfect, thanks."]),
    (
        "2026-05-21",
        &[
            "R: So Thursday the fourteenth at three for the walkthrough?",
            "B: That works.",
            "C: Hang on, the fourteenth is a holiday here, Ascension.",
            "B: Oh, so it is. No, make it the Thursday after, the twenty-first.",
            "R: The twenty-first, same time. I'll change the invite.",
        ],
    ),
    (
        "2026-05-18",
        &[
            "R: and next from my side is a session with your planners a week from monday half nine",
            "B: half nine a week from monday yeah put us in",
        ],
    ),
    ("2026-05-08", &["B: Can you do it the day after tomorrow?", "R: I can, at nine.", "B: Then nine."]),
    (
        "2026-05-19",
        &[
            "R: What does your diary look like the week after next?",
            "B: Tuesday's free, all afternoon.",
            "R: Tuesday at two then, the nineteenth.",
            "B: Done.",
        ],
    ),
    (
        "2026-05-26",
        &[
            "R: So that I don't chase you, could we fix the twenty-sixth?",
            "B: Of May? Yes, I've nothing on.",
            "R: Ten o'clock, here, with Joan.",
            "B: With Joan.",
        ],
    ),
    (
        "2026-05-15",
        &[
            "R: I'd propose Friday of next week for the trial run.",
            "B: Let me look... yes, next Friday is possible, after eleven.",
        ],
    ),
    (
        "2026-06-01",
        &[
            "R: First Monday of June, we come on site and count the racks. Deal?",
            "B: Deal, bring a jacket, it's minus twenty in there.",
        ],
    ),
    (
        "2026-05-13",
        &[
            "B: I'd like to see it with our own invoices.",
            "R: If you send me ten of them, I show you next Wednesday at the same time.",
            "B: Okay, I send them tomorrow, and Wednesday same time.",
        ],
    ),
    ("2026-05-12", &["R: I'll ring you Tuesday with the answer on the interface.", "B: Do, any time after lunch."]),
    (
        "2026-05-29",
        &[
            "R: can we get twenty minutes with him on the twenty eighth",
            "B: hes out the twenty eighth but the friday hes in",
            "R: friday the twenty ninth then at eleven",
            "B: eleven is fine ill put it in his calendar",
        ],
    ),
    (
        "2026-05-22",
        &[
            "R: The redlines, when could we have them back?",
            "B: End of next week? No, say Friday the twenty-second, legal is slow.",
            "R: The twenty-second it is, I'll hold the slot with our counsel.",
        ],
    ),
    (
        "2026-05-14",
        &[
            "R: Then let's meet again in a week's time, Thursday, with your auditor.",
            "B: A week tomorrow, you mean? Fine by me.",
            "R: A week tomorrow at four.",
            "B: I'll tell her.",
        ],
    ),
    (
        "2026-05-27",
        &[
            "R: How is the Wednesday after the bank holiday, the twenty-seventh?",
            "B: It's good. Afternoon, please.",
            "R: Half past one.",
            "B: Lovely.",
        ],
    ),
    (
        "2026-05-19",
        &[
            "R: Tuesday the twelfth for the demo?",
            "B: Yes, that's okay for me.",
            "C: And for me.",
            "R: Great.",
            "B: Sorry, I've just seen the twelfth is gone, I have the dentist. Can we move it a week?",
            "R: The nineteenth then, same hour.",
            "B: The nineteenth, yes.",
        ],
    ),
    (
        "2026-05-11",
        &[
            "R: I'll send the comparison tonight and we speak on Monday at ten about it, the two of us.",
            "B: Good, Monday at ten. I read it in the train.",
        ],
    ),
    (
        "2026-05-18",
        &[
            "R: Kick-off on the eighteenth, then?",
            "B: Provided the works council nods by Friday, yes, the eighteenth.",
            "R: I'll pencil the team.",
            "B: Ink it, they'll nod.",
        ],
    ),
    (
        "2026-05-12",
        &[
            "R: Tuesday okay for a follow-up?",
            "B: Yep.",
            "R: Cool, I'll shoot over an invite.",
            "B: Sounds like a plan.",
        ],
    ),
    ("2026-05-13", &["R: same time next week", "B: same time next week works", "R: brilliant"]),
    (
        "2026-05-21",
        &[
            "C: Our security man sits here on Thursdays only.",
            "R: Then I'd come on Thursday the twenty-first and sit down with him.",
            "C: I'll reserve the small room.",
        ],
    ),
    (
        "2026-05-08",
        &["B: I'll get you the export by Friday so that you can load it.", "R: Friday is wonderful, thank you."],
    ),
    (
        "2026-05-28",
        &[
            "R: And may I have an hour of you on the last Thursday of the month, to go through what came out?",
            "B: You may have an hour.",
        ],
    ),
    (
        "no date",
        &[
            "R: What about the Monday after your go-live, at nine, for the review?",
            "B: The Monday after go-live, yes, at nine, I'll block it.",
        ],
    ),
];

#[test]
fn the_last_agreed_day_counts() {
    let wrong: Vec<_> = AGREED
        .iter()
        .filter_map(|(date, lines)| {
            let read = day(lines);
            (read.as_deref() != Some(date)).then_some((lines, *date, read))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
