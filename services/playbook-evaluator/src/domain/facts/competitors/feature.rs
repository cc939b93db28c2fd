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
    /// `RouteFlock`.
    Coined,
    Acronym,
    TwoWords,
    /// The word stands in small letters elsewhere in the call.
    AlsoSmall,
    /// A given name that many bear.
    GivenName,
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
    TheyOffer,
    Answer,
    LateAnswer,
    ByRep,
    RepQuestion,
    // Over the call.
    Again,
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
