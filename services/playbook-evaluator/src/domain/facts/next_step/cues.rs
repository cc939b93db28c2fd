//! The words by which a next step is offered, accepted, refused, taken back and described.

use crate::domain::facts::cues::Cues;
use std::sync::LazyLock;

/// A day is being looked for, or may be.
pub(super) static PLANNING: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{meet|meeting|call|session|demo|workshop|review|walkthrough|appointment|slot|invite|invitation|calendar|diary|calendars|visit}",
            "{shall|should|could|can|would|do|let} {we|us|you|i|ye}",
            "{let us|we will|i will|we could|i could|we can|i can} {do|say|meet|speak|talk|call|come|show|book|fix|set|sit|go|put|send|bring|have|take|review|run}",
            "{how|what} about",
            "how is",
            "how 's",
            "does that {work|suit|fit}",
            "{works|suits|fits} {for|you}",
            "{pencil|book|schedule|reconvene|regroup|reschedule|lock}",
            "{send|get|bring|have} {you|it|them|that|over|the}",
            "{talk|speak|meet|see} {again|then|next}",
            "next {step|call|session|meeting|time}",
            "{are|you} free",
            "o'clock",
            "same time",
            "{morning|afternoon}",
            "{come|pop|drop} {by|in|over|out|back|up|down}",
            "put {it|something|that|us|me} {in|on|down}",
        ],
        2,
    )
});

/// The two sides meet.
pub(super) static APPOINTMENT: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{meet|meeting|call|session|demo|workshop|walkthrough|appointment|slot|invite|invitation|visit|teams|zoom}",
            "{we|us} {meet|speak|talk|sit|go|walk|look|reconvene|regroup|review|do}",
            "{talk|speak|meet|see you} {then|again|there}",
            "o'clock",
            "{at|till|until} <number>",
            "half {past|<number>}",
            "<number> {am|pm|thirty|fifteen|sharp}",
            "quarter {past|to}",
            "{morning|afternoon|noon|lunch|lunchtime}",
            "same time",
            "{i will|i can} {come|show|be there}",
            "{come|pop} {by|in|over|out|up|down}",
        ],
        1,
    )
});

/// Agrees to what was offered.
pub(super) static ACCEPT: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{yes|yeah|yep|yup|sure|ok|okay|fine|good|great|perfect|lovely|grand|brilliant|super|wonderful|excellent|=done|agreed|deal|confirmed|absolutely|certainly|definitely|alright|sorted|ideal|=noted|correct|settled}",
            "{that|it|<date>|time|day|which} {works|suits|fits|does}",
            "{works|suits|fits} {for|me|us|fine|well}",
            "sounds {good|great|fine|like}",
            "{can|could} {do|make} {that|it|then|<date>|<number>}",
            "{i|we} can {do|make|live}",
            "{i|we} {will} be {there|here|ready|around}",
            "see you",
            "{put|pencil|count} {me|us|it} {down|in|on}",
            "book it",
            "send {the|it|me|us|over} {invite|invitation|calendar}",
            "{i|we} will {have|make|bring|send|get|take|be|do|come|join|tell|let|keep|clear|block|see}",
            "no problem",
            "happy {to|with}",
            "{i|we} {am|are} free",
            "please do",
            "go ahead",
            "it 's in",
            "in {the|my} {diary|calendar|book}",
            "that 'd work",
            "i come",
            "you are on",
        ],
        1,
    )
});

/// Does not agree, or not yet.
pub(super) static REFUSE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{can|could|do|does|will|would} not {do|make|work|suit|book|put|send|promise|commit|say|want|think|have|fix|set|know|be}",
            "{not} {free|possible|available|sure|there|ready|yet|good}",
            "{out|away|busy|booked|gone|travelling|traveling} {that|then|all|until|of|on}",
            "let me {check|look|see|ask|think|talk|come|get|ping|holler}",
            "{come|get|circle} back {to|with} {you|ye}",
            "depends",
            "we will see",
            "{i|we} would rather",
            "{leave|park} {it|that|this|them}",
            "{too|bit} {early|soon|tight}",
            "hold off",
            "hold {on|fire}",
            "{ping|email|mail|write|ring|shout|holler} {you|me|us|when|at}",
            "{maybe|perhaps|possibly}",
            "first i {check|ask|look|see|talk|need}",
            "before we {book|set|fix|agree}",
            "have to {check|ask|see|talk}",
            "not {this|that|the}",
            "no {date|dates|promises}",
            "{revert|see how}",
        ],
        1,
    )
});

/// Takes back what was agreed.
pub(super) static WITHDRAW: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{cancel|scrap|scratch|bin|drop|withdraw|postpone|pull|kill} {it|that|the|this|our|<date>|them}",
            "call {it|that|this} off",
            "take that back",
            "hold off",
            "hold {the|that} {invite|invitation|meeting|date|call|session}",
            "off the table",
            "{forget|strike|park|shelve} {it|that|the|about|<date>}",
            "not {book|send|put|schedule|set|fix|do|hold|keep} {it|that|anything|the|this|<date>|me|any}",
            "{leave|let us leave} {it|that|this} {for|with|open|there|until}",
            "after all",
            "on hold",
            "on ice",
            "take {me|us|it|that} {off|out}",
            "not {going to|gonna} {happen|work|be}",
            "can not {do|make|promise|commit} {it|that|the|<date>|to}",
            "have to {move|cancel|pull|push|postpone|drop}",
            "{let us|we} not {fix|set|book|do|meet|say}",
            "{i|we} will {ping|shout|holler|revert|ring} {you|when}",
        ],
        2,
    )
});

/// Something is handed over by a day.
pub(super) static DELIVERS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|get|have|bring|share|fill|draft|prepare|deliver|drop|forward|upload|return|mail|email|finish|answer|write|put} {you|it|them|that|this|the|a|over|back|in|some|me|us|her|him|two|your|our|my|one}",
        ],
        2,
    )
});

/// Something is sent on a day.
pub(super) static SENDS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|forward|mail|email|upload|return|draft|share} {you|it|them|that|this|the|a|over|back|me|us|her|him|two|your|our|some}",
        ],
        1,
    )
});

/// What is to be done.
pub(super) static ACTION: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{show|demo|demonstrate|review|present|walk through|go through|go over|run through|look at|discuss|test|pilot|try|sign|start|kick off|session|workshop|meeting|visit|replay|draft|assessment|document|documents|proposal|offer|contract|security|questions|files|data}",
        ],
        1,
    )
});

/// Who takes it on.
pub(super) static OWNS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i will|let me|i can|i could|i would} {send|bring|show|set|put|get|run|prepare|book|do|draft|come|present|have|walk|take|fix|fill|share|write|go}",
            "i {send|bring|show|come}",
        ],
        2,
    )
});
