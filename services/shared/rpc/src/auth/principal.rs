//! The caller behind a request.

use std::sync::Arc;

use throughline_proto::common::v1::Role;

use super::claims::Claims;
use crate::{Error, Reason, name};

/// Any workspace; it counts for services only.
const ANY_WORKSPACE: &str = "*";

/// Who calls, as the token says. Cheap to clone: each call of the same token shares it.
#[derive(Debug, Clone)]
pub struct Principal(Arc<Caller>);

#[derive(Debug)]
struct Caller {
    subject: String,
    workspace: String,
    roles: Vec<Role>,
    rep: String,
    /// Workspaces of this installation.
    known: Arc<[String]>,
}

impl Principal {
    pub(super) fn new(claims: Claims, known: Arc<[String]>) -> Self {
        let roles = claims.roles.iter().filter_map(|role| parse_role(role)).collect();
        let local = claims.subject.split('@').next().unwrap_or_default();
        let rep = claims.rep.unwrap_or_else(|| name::slug(local));
        Self(Arc::new(Caller { subject: claims.subject, workspace: claims.workspace, roles, rep, known }))
    }

    /// Who: an e-mail address or a service's name.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The one workspace that the token is for; none for a service, which may act in any.
    #[must_use]
    pub fn workspace(&self) -> Option<&str> {
        (self.0.workspace != ANY_WORKSPACE).then_some(self.0.workspace.as_str())
    }

    /// Does the caller hold one of these? Admins hold every role but that of a service.
    #[must_use]
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        roles
            .iter()
            .any(|role| self.0.roles.contains(role) || (*role != Role::Service && self.0.roles.contains(&Role::Admin)))
    }

    /// The rep id, where the caller is a rep and nothing more: such a caller sees only its own.
    #[must_use]
    pub fn only_as_rep(&self) -> Option<&str> {
        self.0.roles.iter().all(|role| *role == Role::Rep).then_some(self.0.rep.as_str())
    }

    /// Passes when the caller may act in `workspace`.
    ///
    /// # Errors
    /// NOT_FOUND for a workspace that does not exist here, PERMISSION_DENIED for one that is not the token's.
    pub fn authorize_workspace(&self, workspace: &str) -> Result<(), Error> {
        let anywhere = self.0.workspace == ANY_WORKSPACE && self.0.roles.contains(&Role::Service);
        if !anywhere && self.0.workspace != workspace {
            return Err(Error::permission_denied(
                Reason::WorkspaceDenied,
                format!("the token is for workspace {}, not for {workspace}", self.0.workspace),
            )
            .with_metadata("workspace", workspace));
        }
        if !self.0.known.iter().any(|known| known == workspace) {
            let message = format!("workspace {workspace} does not exist on this installation");
            return Err(Error::new(tonic::Code::NotFound, Reason::WorkspaceUnknown, message)
                .with_metadata("workspace", workspace));
        }
        Ok(())
    }

    /// Passes when the caller may see what belongs to `rep` (an id): its own, or anyone's for more than a rep.
    ///
    /// # Errors
    /// PERMISSION_DENIED for a rep that asks for another's.
    pub fn authorize_rep(&self, rep: &str) -> Result<(), Error> {
        match self.only_as_rep() {
            Some(own) if own != rep => Err(Error::permission_denied(
                Reason::RoleRequired,
                "reps see their own calls and coaching; a manager sees the team's",
            )
            .with_metadata("required_roles", "manager")),
            _ => Ok(()),
        }
    }
}

/// The caller of a request, as the layer found it.
///
/// # Errors
/// INTERNAL where the layer is missing, which is a defect.
pub fn principal<T>(request: &tonic::Request<T>) -> Result<Principal, Error> {
    request.extensions().get::<Principal>().cloned().ok_or_else(|| Error::internal("no auth layer in front"))
}

fn parse_role(role: &str) -> Option<Role> {
    let role = Role::from_str_name(&format!("ROLE_{}", role.to_ascii_uppercase()))?;
    (role != Role::Unspecified).then_some(role)
}
