//! What the start frame says: who streams, which call it is, and what is known of it when it has to be created.

use std::collections::BTreeMap;

use throughline_proto::common::v1::Role;
use throughline_rpc::auth::{Principal, Verifier};
use throughline_rpc::{Error, Reason, Violations, name};

use super::frame::{Start, Track};
use crate::audio::Encoding;
use crate::domain::call::{Deal, Details, Participant, Side, is_call_id};
use crate::domain::consent::{Consent, Method, State};
use crate::speech::live::Format;
use crate::store::work::CallKey;

/// Who may stream: as for StreamAudio.
const ROLES: [Role; 4] = [Role::Rep, Role::Manager, Role::Revops, Role::Service];

/// A stream that may begin.
#[derive(Debug)]
pub struct Opening {
    pub principal: Principal,
    pub key: CallKey,
    pub format: Format,
    /// Of the call, where there is none of that name yet.
    pub details: Details,
    /// Segments are sent back.
    pub segments: bool,
}

/// Reads the start frame. `token` is that of the address, if there was one.
///
/// # Errors
/// UNAUTHENTICATED, PERMISSION_DENIED; INVALID_ARGUMENT with every parameter that is wrong.
pub fn read(start: &Start, token: Option<&str>, verifier: &Verifier) -> Result<Opening, Error> {
    let parameters = Parameters(&start.parameters);
    let token = match parameters.get("token") {
        "" => token.unwrap_or_default(),
        token => token,
    };
    if token.is_empty() {
        let message = "a token is needed: as custom parameter `token`, or as `?token=` of the address";
        return Err(Error::unauthenticated(Reason::TokenMissing, message));
    }
    let principal = verifier.verify(token)?;
    if !principal.holds_any(&ROLES) {
        let message = "streaming a call takes one of the roles rep, manager, revops and service";
        let error = Error::permission_denied(Reason::RoleRequired, message);
        return Err(error.with_metadata("required_roles", "rep, manager, revops, service"));
    }
    let mut violations = Violations::new();
    let key = parameters.call(start, &mut violations);
    let segments = parameters.flag("segments", &mut violations);
    let partials = parameters.flag("partials", &mut violations);
    let details = parameters.details(start, &mut violations);
    for found in details.violations() {
        violations.add(format!("customParameters: {}", found.place), found.problem);
    }
    violations.finish()?;
    principal.authorize_workspace(&key.workspace)?;
    let channels = start.tracks.len();
    let format = Format { encoding: Encoding::MuLaw, sample_rate_hz: 8_000, channels, partials };
    Ok(Opening { principal, key, format, details, segments })
}

struct Parameters<'a>(&'a BTreeMap<String, String>);

impl Parameters<'_> {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    fn flag(&self, name: &str, violations: &mut Violations) -> bool {
        let value = self.get(name);
        violations.check(matches!(value, "" | "true" | "false"), &place(name), "must be `true` or `false`");
        value == "true"
    }

    /// The call by its name, or in `workspace` by Twilio's id of it.
    fn call(&self, start: &Start, violations: &mut Violations) -> CallKey {
        let call = self.get("call");
        if !call.is_empty() {
            let [workspace, call] = name::CALL.require(violations, &place("call"), call).unwrap_or_default();
            let valid = call.is_empty() || is_call_id(&call);
            violations.check(valid, &place("call"), "must end in an id of 1 to 63 of `a-z 0-9 - _`");
            return CallKey { workspace, call };
        }
        let workspace = self.text("workspace");
        violations.check(!workspace.is_empty(), &place("call"), "is required, or else `workspace`");
        let call = start.call_sid.to_ascii_lowercase();
        violations.check(
            is_call_id(&call),
            "start.callSid",
            "must be 1 to 63 letters and digits where `call` is not given",
        );
        CallKey { workspace, call }
    }

    fn details(&self, start: &Start, violations: &mut Violations) -> Details {
        let people: Vec<(Participant, Option<Consent>)> =
            start.tracks.iter().zip(0..).map(|(track, channel)| self.person(*track, channel, violations)).collect();
        let (participants, consents): (Vec<_>, Vec<_>) = people.into_iter().unzip();
        Details {
            title: self.text("title"),
            call_type: self.text("call_type"),
            participants,
            consents: consents.into_iter().flatten().collect(),
            deal: Deal { id: self.text("deal_id"), ..Deal::default() },
            ..Details::default()
        }
    }

    /// Who speaks on a track: each track is a channel of its own.
    fn person(&self, track: Track, channel: u8, violations: &mut Violations) -> (Participant, Option<Consent>) {
        let (prefix, id) = match track {
            Track::Inbound => ("inbound", "inbound"),
            Track::Outbound => ("outbound", "outbound"),
        };
        let key = |name: &str| format!("{prefix}_{name}");
        let side = match self.get(&key("side")) {
            "" => Side::Unknown,
            "rep" => Side::Rep,
            "buyer" => Side::Buyer,
            _ => {
                violations.add(place(&key("side")), "must be `rep` or `buyer`");
                Side::Unknown
            }
        };
        let state = match self.get(&key("consent")) {
            "" => None,
            "granted" => Some(State::Granted),
            "denied" => Some(State::Denied),
            _ => {
                violations.add(place(&key("consent")), "must be `granted` or `denied`");
                None
            }
        };
        let consent = state.map(|state| Consent {
            participant: id.to_owned(),
            state,
            time: None,
            method: Method::Verbal,
            recorded_by: String::new(),
        });
        let participant = Participant {
            id: id.to_owned(),
            name: self.text(&key("name")),
            side,
            email: self.text(&key("email")),
            title: String::new(),
            channel: Some(channel),
        };
        (participant, consent)
    }
}

fn place(parameter: &str) -> String {
    format!("customParameters.{parameter}")
}
