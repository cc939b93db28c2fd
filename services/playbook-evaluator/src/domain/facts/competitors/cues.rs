//! The words that stand around the names of suppliers, of customers, of systems, and of people.

use super::feature::Feature;
use crate::domain::detect::{Phrase, PhraseIndex, RawHit};
use crate::domain::text::TurnText;
use std::ops::Range;
use std::sync::LazyLock;

/// Some phrases, and what they tell of a name beside them.
pub(super) type Group = (Feature, usize, &'static [&'static str]);

/// What stands before a name; where several do, the first of the list counts.
const BEFORE: &[Group] = &[
    (
        Feature::Title,
        0,
        &[
            "{man|lady|woman|lad|fellow|fella|girl|boy|somebody|someone|friend|guy|chap|doctor|colleague|person|nurse} {called|named}",
        ],
    ),
    (
        Feature::Called,
        0,
        &[
            "{called|named|labelled|branded}",
            "by the name of",
            "{trading|known} as",
            "{calls|call} {itself|themselves}",
            "it is called",
        ],
    ),
    (
        Feature::OfferFrom,
        1,
        &[
            "{quote|quotation|offer|proposal|price|pitch|sheet|brochure|leaflet|flyer|demo|demonstration|presentation|bid|estimate|trial|pilot|deck|tender|figure|number|visit} {from|by|of|with}",
            "{email|mail|letter|sample|card|invoice|version|module|thing|something|product|package|tool|app|service|solution|portal|add on|add-on} {from|by}",
        ],
    ),
    (
        Feature::PeopleFrom,
        1,
        &[
            "{people|guy|man|woman|fella|fellow|lad|boy|girl|rep|crowd|chap|gentleman|lady|salesman|seller} {from|at|of}",
            "{somebody|someone} {from|of}",
            "the {ones|lot} from",
            "same {folk|people|crowd|lot} as",
        ],
    ),
    (
        Feature::Versus,
        0,
        &[
            "{versus|vs|against|than|unlike|besides|beside}",
            "{compared|comparison} {to|with}",
            "{different|differ} {from|to|than}",
            "{instead|ahead|double} of",
            "{alternative|competitor|rival|incumbent|favourite|competition|fallback} {be|to|would be}",
            "why {not|them over}",
            "{losing|lost|lose|lost out|losing out} to",
            "{you|us|yourselves} over",
            "between {you|yourself|yourselves|ye} and",
            "{price|offer|quote} next to",
        ],
    ),
    (
        Feature::Looked,
        1,
        &[
            "{look|peek|poke|glance|nose|stab|looksee} {at|around|round}",
            "{see|saw|seen|trialled|tested|tried|evaluate|consider|shortlist|pilot|assess|entertain}",
            "{=talking|=talked|=spoke|=spoken|=speaking|=met|=meeting} {to|with}",
            "{call|session|hour|lunch|chat} with",
            "{sit|sat} through",
            "heard {of|from|about}",
            "{think|make|made} of",
            "{raving|rave|swear|swears} {about|by}",
            "{floated|suggested|recommended|recommends|mentions} ",
            "keeps {mentioning|suggesting}",
        ],
    ),
    (
        Feature::Chosen,
        1,
        &[
            "{go|sign|stay|stick|live|carry on|renew} with",
            "{prefer|prefers|favours|favour}",
            "{we|we are|be|they are} {leaving|quitting|ditching}",
            "{taken|chosen|picked|extended|renewed|bought|preferred|awarded|selected|dropped|replaced|replace|ditch|cancel|pay|paid}",
            "{switch|move|migrate} {from|off|to|over to|away from}",
            "married to",
            "{decided|settled} on",
        ],
    ),
    (
        Feature::System,
        1,
        &[
            "{integrate|integration|connect|connection|connector|interface|plug|sync|feed|link|hook|export|import|pull|push|write|upload|log|type|enter|data|report|store|host|record|book|key|copy|put|load|talk|speak} {with|to|into|from|in|out of|on}",
            "{run|built|based|sit|live|standardised|be} {on|inside}",
            "{via|through|into|inside|within|onto}",
            "our {own|current|main|existing}",
        ],
    ),
    (
        Feature::Customer,
        1,
        &[
            "{customer|client|reference|rollout|installation|deployment|site|plant|hospital|bank|colleague|experience} {at|with|of|like|in|for|be|called}",
            "{work|working|live|deployed|installed|rolled out|did this|done this|went live|implemented|up and running|used to be} {at|with|for|in}",
            "{customer|client} of {ours|mine}",
            "{somebody|someone|anybody|friend|neighbour|counterpart|cousin|mate} at",
            "{helped|serve|supplied}",
        ],
    ),
    (
        Feature::Title,
        0,
        &[
            "{mr|mrs|ms|miss|dr|doctor|professor|sir|madam|frau|herr|sister|uncle|aunt|auntie|cousin|brother|son|nephew|daughter|wife|husband|colleague|boss|friend|judge|captain|monsieur|madame|<role>}",
            "name {be}",
            "{i|this} {be}",
            "here {be}",
        ],
    ),
    (
        Feature::Has,
        0,
        &[
            "{we|they|you|who} {have|use|get|buy|would}",
            "i {use|used|would}",
            "{site|plant|group|depot|branch|neighbour|colleague|counterpart|friend|everyone|everybody|half|office|school|hospital|shop} {use|be using|run|runs on|be on}",
            "wants us on",
            "{we|they|i|you|who} {have|would} {get|have|use}",
            "{we|they|i|you|he|she} {only|still|already|also|once|even} {have|use}",
        ],
    ),
    (
        Feature::There,
        0,
        &[
            "there {be}",
            "there {be} {also|then|only|always}",
            "there would be",
            "and {then|also}",
            "{either|namely|possibly|plus}",
            "{one|first|second|other|another} {be|one}",
        ],
    ),
    (Feature::Exists, 0, &["{it|that|who|what|he|she} {be}", "{it|that} would be"]),
    (Feature::From, 0, &["{from|out of|based in|of}"]),
    (
        Feature::Place,
        0,
        &["{in|near|outside|around|across|to|over in|down in|up in|at|towards|beyond|past|between|off|onto|on}"],
    ),
    (
        Feature::Greeting,
        0,
        &[
            "{hi|hello|hey|thanks|thank you|morning|afternoon|sorry|cheers|okay|right|yes|no|well|now|so|listen|welcome|good|bye|oh|sure|absolutely|exactly|please|great|yeah|true}",
        ],
    ),
    (
        Feature::Involved,
        0,
        &[
            "{ask|tell|loop|include|involve|copy|cc|bring|bring in|invite|convince|thank|remind|get|let|help|need|want|send|give|show|owe|meet|know}",
            "{speak|check|agree|share|forward|pass|goes} {to|with|past|by|through}",
        ],
    ),
    (
        Feature::Joined,
        0,
        &["{and|with|by|for|or|but}", "{if|when|because|unless|until|what|does|did|has|will|where|why|that|how}"],
    ),
];

/// What stands behind a name; where several do, the first of the list counts.
const BEHIND: &[Group] = &[
    (
        Feature::Offered,
        1,
        &[
            "{quote|quoted|charge|charges}",
            "{be|come|came} {at|in at|offering} {<number>|<money>|a|one|half|us}",
            "{be|come} {cheaper|under|half|double|dearer|pricier}",
            "{give|gave|offer|want|send|show|promise|pitch} {me|us|<number>|<money>}",
            "at {<money>}",
        ],
    ),
    (
        Feature::Visited,
        1,
        &[
            "{came|come|be|been|turned} {in|by|=here|again|back|round|over|out|up|last|two|physically}",
            "have been {in|by|=here|again|back|round|over|on}",
            "be just {in|=here|by}",
            "in {=here|last|two|january|february|march|april|may|june|july|august|september|october|november|december}",
            "=here in",
            "{call|ring|rang|phone|write|email|mail|chase|pester|approach|contact} {me|us|again|back|every}",
            "{keep|kept|be} {send|call|ring|chase|phone|email|write|show|present|pester|knock}",
            "send {a|me|us|his|their|its|an|over}",
            "came",
            "be {also|shown|presented}",
            "drop out",
            "have an appointment",
        ],
    ),
    (
        Feature::Says,
        1,
        &[
            "{say|claim|propose|promise|swear|offer|pitch|present} {the|they|it|that|us|a|theirs|same|could|would|he|to|me|his|their}",
            "want to sell",
            "{do|say} the same",
            "{have|get} {a|the|one|it|something|their|that|this|no} ",
            "{could|would|will|can} {do|not|never|throw|give|match|build}",
            "{cannot|couldn't|can't|doesn't|didn't|won't}",
            "do {not|it|the|that|everything|they|exactly}",
        ],
    ),
    (
        Feature::Judged,
        1,
        &[
            "be the {other|favourite|incumbent|only|cheaper|cheapest|big}",
            "be {our|their} {favourite|incumbent|first|other}",
            "{be|look|seem|feel} {good|nice|great|decent|fine|fair|honest|solid|serious|strong|cheap|slow|big|small|glossy|pricey|basic|okay|slick|polite|clever|expensive|heavy|lovely|grand|better|weak|half|sharp|pretty|clunky|smooth|fancy|useless|tidy|dear|polished|simple|friendly|quick|interesting|rigid|close|free|more|too|very|quite|very|overkill|less|the|like|for}",
        ],
    ),
    (
        Feature::PersonHas,
        0,
        &[
            "{team|office|desk|calendar|birthday|wife|husband|cousin|budget|approval|signature|job|side|inbox|boss|department|diary|name|blessing|holiday|retirement|replacement|world|girl|shop}",
        ],
    ),
    (
        Feature::PersonDoes,
        0,
        &[
            "{tell|think|know|ask|like|sign|decide|approve|own|manage|join|speak|worry|agree|mention|believe|hate|insist|retire|explain|sit|hear|do not like|take|handle|look after|mind}",
            "{will|would|can|might|should|must|may} {be|come|want|need|join|sign|ask|know|say|have|see|send|love|kill|like|tell}",
            "{in|from|over in|at} {finance|legal|procurement|purchasing|quality|operations|security|compliance|hr|payroll|engineering|accounts|risk|it|audit}",
            "{and|or} {i|me|myself|he|she|=her|him}",
        ],
    ),
    (
        Feature::Seller,
        0,
        &[
            "{people|guy|man|woman|fella|fellow|chap|lady|boy|lot|crowd|lad|rep|salesman|salesperson|saleswoman|folks|team}",
        ],
    ),
    (
        Feature::Wares,
        0,
        &[
            "{thing|demo|quote|offer|price|pitch|proposal|contract|licence|trial|renewal|number|figure|sheet|deal|option|pilot|invoice|bill}",
            "{tool|module|app|box|product|system|stuff|version|portal|plugin|plan|add on|platform|software|one|package|machine}",
        ],
    ),
    (
        Feature::In,
        0,
        &[
            "{in|=here|again|back|over|round|too|also|already|last|two|first|once|at the moment|at my|this|at the beginning|a year|a couple|years}",
        ],
    ),
    (Feature::Does, 0, &["{have|do|be|can|could|would|will|only|just|never|really|also|even|still|does}"]),
    (Feature::They, 3, &["{they|them|their|theirs|themselves}"]),
    (
        Feature::Home,
        1,
        &[
            "{from|out of|in|over in|based in|down in} <word>",
            "{local|which|the big|the small|a small|a little|a danish|a german}",
        ],
    ),
    (Feature::HeOrShe, 2, &["{he|she|his|=her|him|himself|herself}"]),
    (
        Feature::OfficeNear,
        3,
        &[
            "{<role>|coordinator|matron|nurse|technician|dispatcher|secretary|clerk|foreman|planner|specialist|analyst|assistant|site lead|surgeon|consultant|driver|operator|pharmacist|teacher|trustee|fitter|registrar}",
        ],
    ),
];

/// Places of one group that are looked at in a turn.
const MAX_PLACES: usize = 200;

/// Phrases of several groups in one index.
#[derive(Debug)]
pub(super) struct Table {
    index: PhraseIndex,
    features: Vec<Feature>,
}

impl Table {
    pub fn new(groups: &[Group]) -> Self {
        let mut table = Self { index: PhraseIndex::default(), features: Vec::new() };
        for (feature, gap, phrases) in groups {
            let read: Vec<Phrase> = phrases.iter().filter_map(|p| Phrase::parse(p, *gap).ok()).collect();
            debug_assert_eq!(read.len(), phrases.len(), "one of {phrases:?} does not parse");
            table.index.add(read);
            table.features.push(*feature);
        }
        table
    }

    /// Every place in a turn, with what it tells.
    pub fn find(&self, text: &TurnText) -> Vec<(Feature, Range<usize>)> {
        let mut found = vec![Vec::<RawHit>::new(); self.features.len()];
        self.index.scan_up_to(MAX_PLACES, 0, &text.tokens, &mut found);
        let all = self.features.iter().zip(found);
        all.flat_map(|(feature, hits)| hits.into_iter().map(|h| (*feature, h.tokens))).collect()
    }
}

pub(super) static BEFORE_NAME: LazyLock<Table> = LazyLock::new(|| Table::new(BEFORE));
pub(super) static BEHIND_NAME: LazyLock<Table> = LazyLock::new(|| Table::new(BEHIND));
