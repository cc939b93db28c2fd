//! Conditions as Kubernetes has them: a time of transition that moves only when the status does.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

/// Is it so?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// Yes.
    True,
    /// No.
    False,
    /// It can't be known now.
    Unknown,
}

impl Is {
    fn text(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl From<bool> for Is {
    fn from(is: bool) -> Self {
        if is { Self::True } else { Self::False }
    }
}

/// When a status is written, and for which generation of its resource.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// Generation that was reconciled.
    pub generation: Option<i64>,
}

impl Moment {
    /// Sets a condition. Its time of transition stays where its status does.
    pub fn set(&self, all: &mut Vec<Condition>, type_: &str, is: Is, reason: &str, message: impl Into<String>) {
        let now = Timestamp::from_second(self.now.as_second()).unwrap_or(self.now);
        let condition = Condition {
            type_: type_.to_owned(),
            status: is.text().to_owned(),
            reason: reason.to_owned(),
            message: message.into(),
            observed_generation: self.generation,
            last_transition_time: Time(now),
        };
        match all.iter_mut().find(|known| known.type_ == type_) {
            None => all.push(condition),
            Some(known) => {
                let since = known.last_transition_time.clone();
                let moved = known.status != condition.status;
                *known = condition;
                if !moved {
                    known.last_transition_time = since;
                }
            }
        }
    }
}

/// The condition of a type.
#[must_use]
pub fn find<'a>(all: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    all.iter().find(|condition| condition.type_ == type_)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment { now: Timestamp::from_millisecond(second * 1_000 + 250).unwrap(), generation: Some(second) }
    }

    #[test]
    fn the_time_moves_with_the_status_only() {
        let mut all = Vec::new();
        at(1).set(&mut all, "Ready", Is::False, "LintFailed", "one error");
        at(2).set(&mut all, "Ready", Is::False, "DocumentMissing", "no key");
        let ready = find(&all, "Ready").unwrap();
        assert_eq!((ready.last_transition_time.0.as_second(), ready.observed_generation), (1, Some(2)));
        assert_eq!(ready.reason, "DocumentMissing");
        at(3).set(&mut all, "Ready", Is::True, "Released", "");
        assert_eq!(find(&all, "Ready").unwrap().last_transition_time.0.as_millisecond(), 3_000, "whole seconds");
        assert_eq!((all.len(), find(&all, "Released")), (1, None));
    }
}
