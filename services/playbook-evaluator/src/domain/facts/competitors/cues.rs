//! The words that stand around the names of suppliers, and of people.

use crate::domain::facts::cues::Cues;
use std::sync::LazyLock;

/// What stands before the name of another supplier.
pub(super) static BEFORE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{looking|look|looked} at",
            "{talking|talk|talked|spoke|speaking|spoken} {to|with}",
            "{considering|evaluating|evaluate|comparing|shortlisted|shortlist|trialling|piloting|trialled|piloted}",
            "{demo|demonstration|quote|proposal|offer|pitch|presentation|deck|bid|price|trial|pilot|email|emails|call|calls} {from|by|with|of}",
            "{people|guy|guys|folks|fellow|lady|man|woman|someone|somebody|rep|person|crowd|team|lads} {from|at|of}",
            "{met|meeting} with",
            "heard from",
            "currently {on|with|using|have}",
            "{switch|switching|switched|move|moving|moved|migrate|migrating} {from|off|to}",
            "{replace|replacing}",
            "{compared|comparing} {to|with}",
            "{instead|ahead} of",
            "{go|went|going|gone|stay|staying|stick|sticking|stuck|signed|sign} with",
            "up against",
            "versus",
            "{company|supplier|vendor|outfit|tool|product|thing|startup|firm|system|app|platform|software} called",
            "{we|they} {use|used|have|run|had|bought|renewed}",
            "contract with",
            "{incumbent|alternative|competitor|rival|favourite} is",
            "{still|also} {have|got|on|with}",
            "why {not|them over}",
            "{cheaper|better|slower|faster|worse} than",
            "{have|we|'ve|has} {taken|chosen|picked|extended|renewed|bought|signed|trialled}",
            "same {folk|folks|people|lot|crowd} as",
            "sat through",
        ],
        1,
    )
});

/// What stands behind it.
pub(super) static AFTER: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{has|have|had|offers|offer|does|do|did|quoted|said|say|says|showed|came|come|comes|sent|keeps|wants|promised|claims|gave|put|are|is|was|were} {a|an|the|us|in|by|it|that|something|sending|cheaper|half|good|quite|okay|here|still|too|to|out|their|back|this|for}",
            "{came|was|were} {again|here|back|in last|last|by}",
            "{wrote|called|rang|emailed} {me|us}",
            "they {have|offer|do|came|are|want|wanted|brought|gave|said|quoted|propose|promise|claim|could|can|will}",
            "'s {one|nice|good|okay|cheaper|not|got|in|half|also}",
            "{gave|quoted|called|rang|emailed|wrote|showed|offered|told} {me|us|<number>|<money>}",
            "also",
            "{people|guys|crowd|folks|lot|team|thing|boy|chap|module|tool|rep|demo|quote|offer|price|pitch|one|lads|contract|licence|license|box|app}",
            "'s {offer|price|quote|demo|people|tool|module|thing|rep|box|app|contract|been|cheaper|got}",
        ],
        0,
    )
});

/// What makes a name a person's.
pub(super) static PERSON: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{mr|mrs|ms|miss|dr|sir|madam|sister|professor|doctor|uncle|aunt|cousin|auntie|judge|frau|herr}",
            "{he|she} {is|'s|has|was|will|does|can|would}",
            "who {is|'s|runs|does|has}",
            "{over in|down in|up in|runs|runs our|heads|in finance|in it|in legal|in procurement|in payroll|in purchasing}",
        ],
        0,
    )
});

/// A rep asks what else is considered.
pub(super) static ALTERNATIVES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{who|what|anyone|anybody|anything|somebody|someone} else {look|looking|consider|considering|talk|talking|come|came|been|seen|pitch|pitching|knocking|in it|in there|on the|are you|have you|is there|you two}",
            "{other|another} {vendor|vendors|supplier|suppliers|option|options|outfit|demo|horse|road|company|companies|solution|system|party}",
            "{alternative|alternatives|competitor|competitors|competition|shortlist|incumbent}",
            "up against",
            "doing nothing",
            "{stay|staying|stick|sticking|carry|carrying} {with|on|put}",
            "build {it|something}",
        ],
        2,
    )
});
