//! The words by which a next step is offered, accepted, refused, taken back and described.

use crate::domain::facts::cues::Cues;
use std::sync::LazyLock;

/// A day is proposed, or looked for.
pub(super) static PROPOSES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{shall|should|could|can|would|do|might} {we|us|you|i|ye|y'all}",
            "{let us|let me suggest|let me propose|we could|i could|we might|we should}",
            "{how|what} about",
            "how {is|'s} <date>",
            "how would",
            "{would|does|will|might|could} <date> {do|work|suit|fit|be}",
            "{would|does|will|might} {that|it|the} {do|work|suit|fit}",
            "{works|suits|fits} {for|you|me|us|better|well}",
            "{i|we} {suggest|propose|thought|think|offer}",
            "my {ask|proposal|suggestion|offer}",
            "{pencil|book|schedule|reconvene|regroup|reschedule|lock|diarise|slot}",
            "{say|make it|aim for|go for|shoot for|plan for|plan on|settle on|call it} {<date>|the|first|next|a|two}",
            "{are|is|were} {you|ye|y'all|everyone|everybody} {free|around|available|about|in}",
            "{put|pop|stick|get|have|fix|set} {it|something|that|us|me|you|the|a|an} {in|on|down|up|for}",
            "{diary|calendar|calendars|diaries|invite|invitation}",
            "see {you|ye|y'all}",
            "{meet|speak|talk|sit|catch|reconvene|convene} {on|again|then|next|the|<date>|you|up|down}",
            "next {step|call|session|meeting|time|one}",
            "{i will|we will|i shall|i|we} {come|bring|drive|fly|show|run|walk|present|ring|call|phone|see|be}",
            "{come|pop|drop|swing|stop} {by|in|over|out|back|up|down|to}",
            "{please|just|look|then|so} =come",
            "i {am|will be} {there|here|in|yours}",
            "on the {books|calendar}",
            "{is|would|can} {that|this|it|you|we} {doable|ok|okay|possible|alright|live with|a go|reasonable|all right}",
        ],
        2,
    )
});

/// Asks for a day.
pub(super) static ASKS_WHEN: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "when {would|could|can|shall|should|do|is|are|suits|works|will}",
            "{which|what} {day|date|time|week|morning|afternoon}",
            "{a|any} {day|date|time|slot} {that|in|for|next|which|this}",
            "{find|fix|set|pick|choose|name|get} {a|the|us} {day|date|time|slot}",
            "{suit|suits} {you|ye|everybody|everyone|best}",
            "how soon",
            "{next week|the week after|next month}",
            "tell me {when|which}",
            "{is|are} {he|she|they|you} in",
        ],
        2,
    )
});

/// The two sides meet.
pub(super) static MEETS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{meet|meeting|call|session|demo|workshop|walkthrough|walk|appointment|slot|invite|invitation|visit|teams|zoom|webinar|lunch|coffee|diary|calendar|onsite|readout|review|workshop|kickoff|dial|office|room|car|flight|train|host}",
            "{we|us} {meet|speak|talk|sit|go|walk|look|reconvene|regroup|review|do|run|test|try|close|sign|catch|compare|count|load|open|visit|check|install|start|read}",
            "{talk|speak|meet|see you|see ye} {then|again|there|on|<date>}",
            "{o'clock|oclock}",
            "{at|till|until|around|about} <number>",
            "half {past|<number>}",
            "<number> {am|pm|thirty|fifteen|sharp|minutes|hours|central|eastern|pacific}",
            "{quarter|ten|five|twenty} {past|to}",
            "{morning|afternoon|noon|lunchtime|evening}",
            "same {time|day|place|hour}",
            "{i will|i can|i shall|i} {come|show|be there|walk|run|drive|fly|ring|call|phone|present|demonstrate|bring}",
            "{come|pop|drop} {by|in|over|out|up|down|to}",
            "on {site|the line|the phone}",
            "in person",
        ],
        1,
    )
});

/// Agrees to what was offered.
pub(super) static ACCEPTS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{yes|yeah|yep|yup|aye|ja|sure|ok|okay|perfect|lovely|grand|brilliant|super|wonderful|excellent|=done|agreed|deal|confirmed|absolutely|certainly|definitely|alright|sorted|ideal|=noted|settled|sold|gladly|bet|ya|oui|si|haan}",
            "{=fine|=good|=great|=cool|=correct|=right|=marvellous|=fantastic|=terrific|=splendid|=beautiful|=sound}",
            "{that|it|<date>|time|day|which|this|one|then} {works|suits|fits|=does|will do|would work|will work|can work}",
            "{works|suits|fits} {for|me|us|fine|well}",
            "sounds {good|great|fine|like|right|perfect}",
            "{can|could} {do|make|manage|live} {that|it|then|<date>|<number>|with|the}",
            "{i|we} can {do|make|live|manage}",
            "{i|we} {will|shall} be {there|here|ready|around|in|waiting}",
            "{i|we} {am|are} {around|in|there|here|free}",
            "see {you|ye|y'all}",
            "{put|pencil|count|pop|write|stick} {me|us|it|that|him|her|you} {down|in|on}",
            "{book|lock|fix|do} {it|that|me}",
            "send {the|it|me|us|over|a|an} {invite|invitation|calendar|link}",
            "{i|we} {will|shall} {have|make|bring|get|take|come|join|tell|clear|block|reserve|arrange|organise|organize|warn|invite|be|set|put|expect|hold}",
            "i {reserve|book|block|come|bring|invite|tell|put|hold}",
            "no problem",
            "no trouble",
            "{<number>|<date>} it {is|'s}",
            "{let us} {take|do|go|fix|make}",
            "take it",
            "{why not|go on|go ahead|go for}",
            "happy {to|with|for}",
            "please do",
            "it is {in|good|fixed|a date|possible}",
            "in {the|my|our} {diary|calendar|book|agenda}",
            "that would {be|work|do|suit}",
            "you {are on|have it|have my|got it}",
            "{i|we} have no objection",
            "{a go|is a go|a date|is possible|you have a deal}",
            "{works|suits}",
        ],
        1,
    )
});

/// Agrees where it opens the turn: *I can, at nine*; *do, after lunch*.
pub(super) static GRANTS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i|we|you|that|it} {can|may|could|will}",
            "{=do|=please|of course|by all means|with pleasure|naturally|let us|go|can do|you do that|do that|you have|all right|right|course|my pleasure|too right|rightio}",
        ],
        0,
    )
});

/// Puts another day in the place of one.
pub(super) static CORRECTS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{make|move|push|shift|change|bump|bring|pull} {it|that|this|us} {to|the|<date>|forward|back|till|until|a|a week|on}",
            "{instead|rather}",
            "{better|easier} {for|would|if|is}",
            "{is|would be} {better|easier}",
            "{scratch|correction|i mean|i meant}",
        ],
        1,
    )
});

/// Does not agree.
pub(super) static REFUSES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{can|could|do|does|will|would|shall|may|must|need} not {do|make|work|suit|book|put|send|promise|commit|say|want|think|have|fix|set|know|be|lock|give|manage|see|need|schedule}",
            "can not",
            "{not} {free|possible|available|there|ready|yet|good|lock|book|fix|set|pencil|around|now}",
            "{i|we} {will|shall|would} have a {think|look}",
            "{let us|let me} {have a|think|look at|sleep on}",
            "{we|i|you|somebody|someone|people|they} will {see|think|review|let you|revert|consider|decide|ring you|call you|email you|mail you|ping you|text you|shout|check|be in touch|come back|get back|get with}",
            "let {you|ye} {know|hear}",
            "{come|get|circle|revert} back {to|with}",
            "{get|keep|stay|be} in touch",
            "depends",
            "{i|we} would {rather|prefer|sooner} not",
            "{leave|park|shelve} {it|that|this|them} {for|with|until|there|open|now}",
            "too {early|soon|tight}",
            "hold {off|fire}",
            "{ping|text|shout|holler|chase|try} {me|us|again|when}",
            "some {time|day|stage|point}",
            "{send|drop|mail|email|share} first",
            "{send|drop|mail|email|share} {me|us|it|one|the|that|mail|paper|invite} first",
            "just {send|drop|mail|email|flick|shoot|ping}",
            "drop {one|a|me} {mail|email|note|line}",
            "before {we|i} {book|set|fix|agree|commit}",
            "{have|need|want|got|like} to {check|ask|see|talk to|talk with|think|look|speak|run it|consult|confirm|align}",
            "no {date|dates|promises|hurry|rush|pencil|commitment|guarantee}",
            "see how",
            "{when|once|until|after|till} {things|the|it|that|we|i|he|she|they|your} {calm|calms|settle|settles|quiet|come|comes|goes|is|are|has|have|thaw|thaws}",
            "{whenever|eventually|someday}",
            "not {this|that|the|a} {week|month|quarter|good|time}",
            "{would|will} have to see",
            "{do|does} not know about",
            "question mark",
            "{no need|not necessary|not needed|unnecessary}",
            "some other {time|day|week}",
            "{can|will|could|must} {ask|try|mention}",
            "a question for",
            "not {decide|my decision|my call|up to me}",
            "{i|we} {contact|call|ring|mail|email|ping|write} you {when|if|once|after}",
            "{do|would} not {fix|bother|chase}",
        ],
        2,
    )
});

/// Wants to look first: a no, unless a yes comes after.
pub(super) static HESITATES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{is|are|am|'s|be} {out|away|busy|booked|travelling|traveling|full|packed|swamped|gone}",
            "{out|away|busy|booked|travelling|traveling} {that|then|all|until|of|on|from|the}",
            "let me {check|ask|think|look|come|get|ping|holler|speak|talk|confirm|revert}",
            "{hang|hold} on",
            "{maybe|perhaps|possibly|sometime}",
            "first {i|we|you} {check|ask|look|see|talk|need|send|must|have}",
            "{tricky|awkward|difficult|tight}",
        ],
        2,
    )
});

/// Takes back what was agreed.
pub(super) static WITHDRAWS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{cancel|scrap|scratch|bin|withdraw|postpone|unbook} {it|that|this|our|<date>|meeting|call|invite|session}",
            "call {it|that|this} off",
            "take {that|it|<date>} {back|out|off}",
            "hold off",
            "hold {the|that} {invite|invitation|meeting|date|call|session}",
            "off the table",
            "{forget|strike|park|shelve} {it|that|about|<date>|what i said}",
            "not {book|schedule|hold|keep} {it|that|anything|this|<date>|me|any|to|meeting|invite|call}",
            "not {send|put|set|fix|do} {that|invite|invitation|meeting|<date>|any date|in the diary}",
            "{leave|let us leave} {it|that|this|<date>} {open|until|out|there|aside|for now|for the moment|for today}",
            "put {it|that|this|meeting|call} on {hold|ice}",
            "take {me|us} {off|out}",
            "not {going to|gonna} {happen|work|be able}",
            "can not {do|make|promise|commit|keep} {it|that|the|<date>|to}",
            "have to {move|cancel|postpone|scrap} {it|that|this|<date>|meeting|call|our}",
            "{let us|we} not {fix|set|book|meet|put} {it|that|a|any|<date>|anything}",
            "{i|we} will {ping|shout|holler|revert} {you|when}",
            "{back out|bow out}",
            "let you hear",
            "leave it with me",
            "{come|get} back to you {when|once|after}",
        ],
        2,
    )
});

/// Something is handed over by a day.
pub(super) static DELIVERS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|get|have|bring|share|fill|draft|prepare|deliver|drop|forward|upload|return|mail|email|finish|answer|write|put|turn|pull|circulate|issue|redo|update|submit|give|post|hand} {you|it|them|that|this|the|a|an|over|back|in|some|me|us|her|him|two|your|our|my|one|around|out|through|up}",
            "{you|we} {will|shall|would} {have|get|receive}",
            "{reach|arrive|land|be with} {this|you|us|me|on|in}",
            "{in your inbox|with you|to you}",
            "the {offer|draft|document|paper|file|link|letter|contract|proposal|quote} {is|will|comes|goes}",
        ],
        2,
    )
});

/// Something is sent on a day.
pub(super) static SENDS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|forward|mail|email|upload|return|draft|share|drop|circulate} {you|it|them|that|this|the|a|over|back|me|us|her|him|two|your|our|some|off|out}",
            "you {will|shall} {have|get|receive}",
            "{readings|file|files|paper|papers|document|documents|draft|link|list|sheet|pack|letter} {you|i} {will|send|drop|bring|get|have}",
        ],
        1,
    )
});

/// Who promises.
pub(super) static PROMISES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i|we} {will|shall|can|could}",
            "{let me|let us}",
            "i {send|bring|show|come|set|prepare|book|make|do|drop|get|redo|write|run|reissue|own}",
            "{you|we} will have",
            "{going|happy} to",
        ],
        1,
    )
});

/// Something happens to others on a day: a fact, not an offer.
pub(super) static HAPPENS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{=sits|=meets|=decides|=votes|=expires|=renews|=starts|=begins|=ends|=closes|=opens|=kicks|=rolls|=runs|=comes|=arrives|=leaves|=retires|=lands|=falls|=reopens|=launches|=freezes|=locks|=reviews|=signs|=chairs}",
            "{board|committee|council|auditors|inspectors|examiners|regulator|exec|panel|steering} {is|'s|are|has|have|meet|on|in|sit}",
            "{deadline|freeze|audit|inspection|renewal|expiry|cutover|peak|season|anniversary|harvest|holiday|holidays|vacation|leave}",
            "{go|goes|going|went|be|being} live",
            "{must|has|have|need|needs|got} to be {live|in|done|ready|running|up|over|finished|signed|working}",
            "{decide|decision|vote|approve|approval|budget|award}",
            "{price|discount|offer} {good|valid|expires|runs out}",
            "by then",
        ],
        2,
    )
});

/// It is over.
pub(super) static PAST: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{=was|=were|=did|=had|=came|=went|=sent|=told|=said|=saw|=met|=ran|=broke|=called|=asked|=fixed|=closed|=froze|=lost|=took|=made|=found|=started|=began|=left|=gave|=rang|=spoke|=happened|=signed|=missed|=failed|=crashed}",
            "{=ago|=yesterday|=since}",
        ],
        0,
    )
});

/// What is to be done.
pub(super) static ACTION: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{show|demo|demonstrate|review|present|walk through|go through|go over|run|run through|look at|discuss|test|pilot|try|sign|start|kick off|session|workshop|meeting|visit|replay|draft|assessment|document|documents|proposal|offer|contract|security|questions|files|data}",
        ],
        1,
    )
});

/// Who takes it on.
pub(super) static OWNS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i will|let me|i can|i could|i would|i shall} {send|bring|show|set|put|get|run|prepare|book|do|draft|come|present|have|walk|take|fix|fill|share|write|go|own|redo|revise|turn|host|demo|call|ring}",
            "i {send|bring|show|come|run|reissue|redo|rework|present|set|walk}",
        ],
        2,
    )
});

/// Others act on a day.
pub(super) static OTHERS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(&["{he|she|they|nobody|somebody} {will|would|can|want|wants|is|are|has|have|go|goes|come|comes}"], 1)
});

/// The day is left vague.
pub(super) static VAGUE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &["or so", "{whenever|sometime|someday}", "some {time|point|stage}", "{get|have} a {chance|minute|moment}"],
        0,
    )
});
