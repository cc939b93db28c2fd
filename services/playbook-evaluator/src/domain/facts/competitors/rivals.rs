//! Talk of other suppliers: words that stand near their names, what they are called, how a rep speaks of them, and how a
//! rep asks for them.

use super::cues::{Group, Table};
use super::feature::Feature;
use crate::domain::facts::cues::Cues;
use std::sync::LazyLock;

pub(super) static NEAR_NAME: LazyLock<Table> = LazyLock::new(|| Table::new(NEAR));
pub(super) static KINDS: LazyLock<Table> = LazyLock::new(|| Table::new(KIND));

/// Words that talk of other suppliers, wherever near the name they stand.
const NEAR: &[Group] = &[
    (
        Feature::RivalTalk,
        1,
        &[
            "{bake-off|tender|finalist|favourite|prefer|front-runner}",
            "{two|three|four|several} {quotes|offers|bids|vendors|suppliers}",
            "{competitor|competition|compete|alternative|vendor|supplier|pitch|quote|quotation|shortlist|incumbent|brochure|leaflet|bidder|bid|rival|provider|compare|versus|evaluate|salesman|outfit|startup}",
            "{offer|proposal|price|sheet|hour} from",
            "in the {running|mix|ring|race|frame}",
            "{build|built} {it|something|one|our own} {ourselves|yourself|himself|in-house|in house|in excel}",
            "in-house",
        ],
    ),
    (
        Feature::Others,
        1,
        &[
            "{other|another|different} {one|people|option|company|tool|offer|product|system|crowd|firm|road|outfit|lot|crew|shop}",
            "{somebody|someone|anybody|anyone|who|something} else",
            "{two|three|four|several} {others|more}",
            "the {other|others|alternative}",
        ],
    ),
    (
        Feature::Shown,
        1,
        &[
            "{we|i|they} {look|looked|saw|see|seen|watched|tried|tested} {at|it|them|theirs|their|both|a|the}",
            "{came|been|had} {in|=here|by|back}",
            "{demo|demonstration|trial|pilot|presentation|proof of concept|webinar|sandbox|showed us|showed me|shown us|slides|deck}",
        ],
    ),
    (
        Feature::Undercut,
        1,
        &[
            "{cheap|cheaper|cheapest|dearer|pricier|undercut|expensive|discount}",
            "{per cent|percent|%|half} {less|lower|under|cheaper|off|the price}",
            "{less|lower|more} {money|than yours|than you|than your}",
            "for {free|nothing}",
            "{half|double|twice} {the|your|what|as}",
        ],
    ),
    (
        Feature::Compared,
        1,
        &[
            "{than|like|against|versus|to} {you|yours|your}",
            "{yours|theirs}",
            "{both|either|neither} of {you|them|ye}",
            "{you|ye} {two|three|both}",
            "{prettier|nicer|simpler|easier|better|faster|slower|heavier|clunkier|smarter|stronger|weaker|smoother|uglier|lighter} {than|one|screen|and|but|on|at}",
        ],
    ),
    (
        Feature::Dealings,
        1,
        &[
            "{contract|licence|license|subscription|renew|renewal|notice|incumbent|expire|expiry}",
            "{roll|rolls|rolling} {over|off}",
            "{years|months} left",
            "{sign|signed|tied|locked|stuck} {with|in|into}",
            "{paying|pay|paid} {them|for it|for that}",
        ],
    ),
    (
        Feature::TheyOffer,
        0,
        &[
            "they {have|do|say|want|can|did|will|offer|promise|claim|could|cannot|quote|gave|throw}",
            "they be {cheaper|good|at|in|nice|quick|slow}",
        ],
    ),
];

/// A rep who knows the supplier speaks well of it.
pub(super) static PRAISE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{good|nice|decent|honest|lovely|great|super nice|solid|fine} {people|company|crowd|outfit|tool|guys|lads|product|team|bunch|folks|shop}",
            "{it|they|that} {be} {fine|good|alright|grand|decent|great|solid|basic|new|okay|pricey|clunky}",
            "i {know|like|used to work at} {them|it}",
            "not {run|running|say|going to say} {them|a bad word|it}",
            "{hear|heard} {of|good things about} {them|it}",
            "{ours|we|us} {be|do|have|beat}",
            "what {did|do} you {make|think|like}",
        ],
        1,
    )
});

/// A noun for what a supplier is, before its name: `a Danish thing, Slotly`.
const KIND: &[Group] = &[(
    Feature::KindBefore,
    0,
    &[
        "{outfit|company|product|vendor|supplier|startup|firm|competitor|provider|bidder|bureau|software|tool|package|maker|rival|app|platform|solution|agency|player|manufacturer|integrator}",
        "{other|another|different|danish|german|french|dutch|american|local|small|little|new|big|cheap|this|some|second} {one|thing|crew|bunch|gang|crowd|shop|lot}",
        "other people",
        "{something|one|thing|crowd|outfit} called",
    ],
)];

/// A rep speaks of somebody who is not here.
pub(super) static OF_THEM: LazyLock<Cues> =
    LazyLock::new(|| Cues::new(&["{they|them|their|theirs|those people|that one|the other one|the others}"], 0));

/// A rep asks what else is considered: other suppliers, building it, doing nothing.
pub(super) static ALTERNATIVES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{who|what|anyone|anybody|anything|somebody|someone} else {look|consider|talk|come|came|pitch|knock|have you|have come|have been|have had|be you|be in|be there|be on|be going|you look|you be|did you|would you|tried|in it|in there|in the mix|in the running|seeing|quoted|demo|y'all}",
            "{anyone|anybody|somebody|someone} else {try|trying|solve|offering|helping|quoting|trialling|you be trialling}",
            "{seen|seeing|talk to|talking to|look at|looked at|compare|comparing|met|meeting|trying|holding} {anybody|anyone|other|others|another|somebody else|two or three|any other|someone else|with other|besides}",
            "{am|be} {i|we|us} the {only|first} {one|guy|people|phone|crowd|call|to}",
            "{it be|be it|just|only} {us only|just us|only us|us you|us y'all}",
            "{doubt|amazed|surprised} {i|we} {be|were} the first",
            "{weigh|weighing|measure|measuring|compare|comparing|hold|holding|stack|put} {us|this|it|me|that} {against|up against|next to|up to|up with|with|to}",
            "comparing us",
            "up against",
            "{besides|beside|apart from|aside from|instead of|before} {us|me|ourselves}",
            "{if it be not|if it were not|if we be not|if we were not|if it could not be} us",
            "if we {have not|had never|fell|did not|be not} {phoned|called|come|off|here|sitting|around}",
            "{other|another|different} {vendor|supplier|option|outfit|horse|company|solution|system|tool|provider|bidder|party|road|planner|imagery|editor|demo}",
            "other ones",
            "{competitor|competition|shortlist|incumbent|bake-off|rival}",
            "the alternative",
            "{do|doing} nothing",
            "{stay|stick|carry on|continue|soldier on|keep on|keep|leave|live|leaving|staying|keeping|living} {with|it be|it as|as it|things|keeping|to continue|put|the} {what|how|the|excel|it|that|a|spreadsheet|as|things|be|sheet|magnets|stick|green|forms|old}",
            "{leave|leaving} {it|things} {be|as|alone}",
            "{build|write|make} {something|it|one|a little|your own|our own|a bit} {yourself|yourselves|in-house|in house|in the house|internally|proper|own|thing}",
            "build {something|your own}",
            "{do|doing} it {yourself|yourselves|in-house|inside}",
            "your own it",
            "in the {running|mix|ring|race|frame|drawer}",
            "on the {table|whiteboard|shortlist|bench}",
            "side by side with",
            "line out the door",
            "home-made",
        ],
        1,
    )
});
