//! The one check before anything of a call is stored: every way in asks it, before the first byte and once more in the
//! transaction that stores.

use sea_orm::ConnectionTrait;
use throughline_rpc::{Error, Reason, name};

use crate::domain::call::{Details, Participant};
use crate::domain::consent::{Missing, check, rule_name};
use crate::domain::settings::ConsentRule;
use crate::store::row::StoredCall;
use crate::store::settings;

/// Asks for consent.
#[derive(Clone, Copy, Debug)]
pub struct ConsentGate {
    /// Where the settings of a workspace don't say otherwise.
    pub default: ConsentRule,
}

impl ConsentGate {
    /// The rule of a workspace.
    pub async fn rule(self, conn: &impl ConnectionTrait, workspace: &str) -> Result<ConsentRule, Error> {
        Ok(settings::find(conn, workspace).await?.settings.consent_rule.unwrap_or(self.default))
    }

    /// Passes when the call may be stored.
    ///
    /// # Errors
    /// CONSENT_MISSING, with the participants.
    pub async fn require(self, conn: &impl ConnectionTrait, call: &StoredCall) -> Result<(), Error> {
        self.require_of(conn, (&call.workspace, &call.id), &call.details).await
    }

    /// As [`require`](Self::require), for a call with other details than those that are stored.
    ///
    /// # Errors
    /// CONSENT_MISSING, with the participants.
    pub async fn require_of(
        self,
        conn: &impl ConnectionTrait,
        (workspace, call): (&str, &str),
        details: &Details,
    ) -> Result<(), Error> {
        let rule = self.rule(conn, workspace).await?;
        let missing = check(rule, &details.participants, &details.consents);
        missing.map_err(|missing| error(rule, &name::CALL.format([workspace, call]), &details.participants, &missing))
    }
}

fn error(rule: ConsentRule, call: &str, participants: &[Participant], missing: &Missing) -> Error {
    let Missing(ids) = missing;
    let who = |id: &String| match participants.iter().find(|person| person.id == *id).map(|person| person.name.as_str())
    {
        Some("") | None => id.clone(),
        Some(name) => format!("{id} ({name})"),
    };
    let message = match ids.as_slice() {
        [] => format!("{call} has no participants whose consent could be known; its workspace asks for it"),
        ids => format!(
            "consent to being recorded is missing from {}; nothing of {call} is stored before RecordConsent has it",
            ids.iter().map(who).collect::<Vec<_>>().join(", ")
        ),
    };
    Error::failed_precondition(Reason::ConsentMissing, message)
        .with_metadata("rule", rule_name(rule))
        .with_metadata("participants", ids.join(","))
}

/// What a live stream is told that is stopped because a consent was taken back.
pub fn revoked(call: &str) -> Error {
    let message =
        format!("a participant of {call} took the consent to being recorded back; what was heard is not kept");
    Error::failed_precondition(Reason::ConsentMissing, message)
}
