//! What speaks for and against a name being another supplier's: one bit each.

/// A thing seen at one of a name's mentions, or over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    // How it is written.
    /// Small letters, in a transcript that has no capitals.
    Small,
    SmallRare,
    SmallTwoWords,
    /// A capital inside a sentence.
    CapitalInside,
    /// Only ever written large where a sentence starts.
    CapitalAtStart,
    CapitalRare,
    /// A word of every day, written large where a sentence starts, that does what a supplier does: `Harbour came in`.
    CapitalCommon,
    /// The same with what anybody does: `Compass would`.
    CapitalDoes,
    /// `RouteFlock`, `Awake.AI`.
    Coined,
    Acronym,
    TwoWords,
    /// The word stands in small letters elsewhere in the call.
    AlsoSmall,
    /// A given name that many bear.
    GivenName,
    /// A given name and another word: a person's, more often than not.
    GivenTwo,
    /// The name of a city or a country.
    PlaceName,
    /// `Route 9`, `studio twelve`.
    WithNumber,
    /// `Hall B`.
    WithLetter,
    /// Letters one by one, as a recogniser writes them: `b r x`.
    Spelled,
    /// A sentence of its own.
    Alone,
    // What stands before it.
    Called,
    OfferFrom,
    PeopleFrom,
    Versus,
    Looked,
    Chosen,
    System,
    Customer,
    Title,
    Has,
    There,
    Exists,
    From,
    Place,
    Greeting,
    Involved,
    Joined,
    Unled,
    /// The, a, our.
    Determined,
    KindBefore,
    // What stands behind it.
    Offered,
    Visited,
    Says,
    Judged,
    PersonHas,
    PersonDoes,
    /// `the X man`.
    Seller,
    Wares,
    In,
    /// Tells nothing but that something follows.
    Does,
    Unfollowed,
    They,
    Home,
    HeOrShe,
    OfficeNear,
    Break,
    // Where it stands.
    RivalTalk,
    /// Others are spoken of: another one, somebody else.
    Others,
    /// A visit, a demonstration, a trial.
    Shown,
    /// Dearer, cheaper, a share less.
    Undercut,
    /// Set beside the seller: `than yours`, `the two of you`.
    Compared,
    /// A contract that runs, ends or is renewed.
    Dealings,
    /// An amount follows.
    Priced,
    TheyOffer,
    Answer,
    LateAnswer,
    ByRep,
    RepQuestion,
    /// The rep's next words are about `them`.
    RepTakesUp,
    /// The rep's next words judge them.
    RepPraises,
    // Over the call.
    Again,
    /// In two of the buyer's turns, or in more.
    Twice,
    Often,
    RepOnly,
    RepFirst,
    EchoedByRep,
    /// `we had X in`.
    HadIn,
    PraisedByRep,
    AnyPlace,
    AnyPerson,
    AnySystem,
    /// `X. They came`.
    TheyNext,
    Praise,
    /// `a Danish thing, Slotly`.
    Apposed,
}

impl Feature {
    /// Every one, in the order of their bits.
    pub const ALL: [Self; 83] = [
        Self::Small,
        Self::SmallRare,
        Self::SmallTwoWords,
        Self::CapitalInside,
        Self::CapitalAtStart,
        Self::CapitalRare,
        Self::CapitalCommon,
        Self::CapitalDoes,
        Self::Coined,
        Self::Acronym,
        Self::TwoWords,
        Self::AlsoSmall,
        Self::GivenName,
        Self::GivenTwo,
        Self::PlaceName,
        Self::WithNumber,
        Self::WithLetter,
        Self::Spelled,
        Self::Alone,
        Self::Called,
        Self::OfferFrom,
        Self::PeopleFrom,
        Self::Versus,
        Self::Looked,
        Self::Chosen,
        Self::System,
        Self::Customer,
        Self::Title,
        Self::Has,
        Self::There,
        Self::Exists,
        Self::From,
        Self::Place,
        Self::Greeting,
        Self::Involved,
        Self::Joined,
        Self::Unled,
        Self::Determined,
        Self::KindBefore,
        Self::Offered,
        Self::Visited,
        Self::Says,
        Self::Judged,
        Self::PersonHas,
        Self::PersonDoes,
        Self::Seller,
        Self::Wares,
        Self::In,
        Self::Does,
        Self::Unfollowed,
        Self::They,
        Self::Home,
        Self::HeOrShe,
        Self::OfficeNear,
        Self::Break,
        Self::RivalTalk,
        Self::Others,
        Self::Shown,
        Self::Undercut,
        Self::Compared,
        Self::Dealings,
        Self::Priced,
        Self::TheyOffer,
        Self::Answer,
        Self::LateAnswer,
        Self::ByRep,
        Self::RepQuestion,
        Self::RepTakesUp,
        Self::RepPraises,
        Self::Again,
        Self::Twice,
        Self::Often,
        Self::RepOnly,
        Self::RepFirst,
        Self::EchoedByRep,
        Self::HadIn,
        Self::PraisedByRep,
        Self::AnyPlace,
        Self::AnyPerson,
        Self::AnySystem,
        Self::TheyNext,
        Self::Praise,
        Self::Apposed,
    ];
}

/// A set of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features(u128);

impl Features {
    pub fn insert(&mut self, feature: Feature) {
        self.0 |= 1 << feature as u32;
    }

    pub fn insert_if(&mut self, feature: Feature, holds: bool) {
        self.0 |= u128::from(holds) << feature as u32;
    }

    pub fn remove(&mut self, feature: Feature) {
        self.0 &= !(1 << feature as u32);
    }

    pub fn contains(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u32) != 0
    }

    /// What either has.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
