//! Who decides, and about what: a rep about its own deals and calls, others about all of the workspace.

use throughline_rpc::Error;
use throughline_rpc::auth::Principal;

use crate::domain::association::{CallContext, Side};
use crate::domain::record::Record;
use crate::domain::text;

/// A caller that is a person.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a>(&'a Principal);

impl<'a> Person<'a> {
    /// The person behind a token.
    pub fn new(principal: &'a Principal) -> Self {
        Self(principal)
    }

    /// What receipts and authors call it.
    pub fn subject(self) -> &'a str {
        self.0.subject()
    }

    /// Passes for a deal that the person may see the calls of and change: a rep's own, where the deal has an owner.
    ///
    /// # Errors
    /// PERMISSION_DENIED for another rep's.
    pub fn may_change(self, deal: &Record) -> Result<(), Error> {
        self.0.authorize_rep(deal.text("owner").unwrap_or_default())
    }

    /// Passes for a call that the person may see and place: a rep's own.
    ///
    /// # Errors
    /// PERMISSION_DENIED for a call that the rep was not on.
    pub fn may_place(self, call: &CallContext) -> Result<(), Error> {
        let Some(own) = self.0.only_as_rep() else { return Ok(()) };
        let reps = call.participants.iter().filter(|person| person.side == Side::Rep);
        let mut ids = reps.map(|rep| text::user_id(&rep.name, &rep.email));
        self.0.authorize_rep(if ids.any(|id| id == own) { own } else { "" })
    }
}
