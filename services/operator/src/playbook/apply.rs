//! How a Playbook is applied: document → linter → revision → release. Each step looks first at what is so already, so
//! that it may stop anywhere and begin again.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::PartialObjectMeta;
use kube::runtime::events::EventType;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, ResourceExt as _};

use super::document::{self, Document};
use super::{DeletionPolicy, Playbook, PlaybookStatus};
use crate::claim;
use crate::condition::Moment;
use crate::draft::{Draft, Reached};
use crate::evaluator::{Evaluator, Revision};
use crate::failure::{Class, Failure};
use crate::kind::{Applied, Kind, Notice};

/// What Playbooks are applied to.
pub struct Playbooks {
    /// Where ConfigMaps are read.
    pub client: Client,
    /// Where documents go.
    pub evaluator: Evaluator,
    /// All Playbooks, namespace by namespace: two may name the same playbook.
    pub known: Vec<Store<Playbook>>,
}

impl Kind for Playbook {
    type Status = PlaybookStatus;
    type World = Playbooks;
    const FINALIZER: &'static str = "throughline.io/withdraw";

    fn status(&self) -> Option<&PlaybookStatus> {
        self.status.as_ref()
    }

    fn withdraws(&self) -> bool {
        self.spec.deletion_policy == DeletionPolicy::Withdraw
    }

    async fn apply(&self, world: &Playbooks, moment: Moment) -> Applied<PlaybookStatus> {
        let mut draft = Draft::new(self.status.as_ref(), moment);
        let reached = self.advance(world, &mut draft).await;
        draft.finish(reached)
    }

    async fn withdraw(&self, world: &Playbooks) -> Result<Vec<Notice>, Failure> {
        // What was never claimed was never applied.
        let Some(playbook) = self.status.as_ref().and_then(|status| status.playbook.as_deref()) else {
            return Ok(Vec::new());
        };
        if let Some(owner) = world.owner_before(self, playbook) {
            let note = format!("playbook {playbook} is kept: it belongs to {owner}");
            return Ok(vec![Notice::normal("Withdraw", "Kept", note)]);
        }
        world.evaluator.withdraw(&self.spec.workspace, playbook).await?;
        let note = format!("calls are no longer evaluated against playbook {playbook}");
        Ok(vec![Notice::normal("Withdraw", "Withdrawn", note)])
    }
}

impl Playbook {
    async fn advance(&self, world: &Playbooks, draft: &mut Draft<PlaybookStatus>) -> Result<Reached, Failure> {
        let Playbooks { client, evaluator, known: _ } = world;
        let workspace = &self.spec.workspace;
        let result = match document::read(client, self).await {
            Ok(document) => match evaluator.lint(workspace, &document.text).await {
                Ok(findings) => draft.linted(&findings).map(|()| document),
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        let document = match result {
            Ok(document) => document,
            Err(failure) => {
                // What is stored and released stays; the status goes on telling what that is.
                if failure.class == Class::Waits {
                    self.observe(world, draft).await?;
                }
                return Err(failure);
            }
        };
        let Some(revision) = self.revision(world, &document, draft).await? else {
            return Ok(Reached::Claimed("the document is about to be applied"));
        };
        let was = draft.status.released_revision;
        draft.status.revision = Some(revision.number);
        draft.status.sha256 = Some(document.sha256);
        let mut released = evaluator.released(workspace, &revision.playbook).await?;
        if self.spec.release && released != Some(revision.number) {
            evaluator.release(workspace, &revision).await?;
            let now = format!("revision {} of playbook {} is released", revision.number, revision.playbook);
            if was == Some(revision.number) {
                let found = released.map_or("none was".to_owned(), |other| format!("revision {other} was"));
                draft.did(EventType::Warning, "Release", "DriftCorrected", format!("{found} released by hand; {now}"));
            } else {
                draft.did(EventType::Normal, "Release", "Released", now);
            }
            released = Some(revision.number);
        }
        draft.released(released, self.spec.release);
        Ok(draft.declared())
    }

    /// The revision that holds the document, stored where there is none yet; none where the playbook must be claimed
    /// first.
    async fn revision(
        &self,
        world: &Playbooks,
        document: &Document,
        draft: &mut Draft<PlaybookStatus>,
    ) -> Result<Option<Revision>, Failure> {
        let workspace = &self.spec.workspace;
        let claimed = draft.status.playbook.clone();
        if let (Some(playbook), Some(number)) = (&claimed, draft.status.revision)
            && draft.status.sha256.as_ref() == Some(&document.sha256)
        {
            let revision = Revision { playbook: playbook.clone(), number };
            self.undisputed(world, playbook, draft)?;
            if world.evaluator.holds(workspace, &revision, &document.sha256).await? {
                return Ok(Some(revision));
            }
        }
        let playbook = world.evaluator.identify(workspace, &document.text).await?;
        self.undisputed(world, &playbook, draft)?;
        if claimed.as_ref() != Some(&playbook) {
            if let Some(former) = claimed {
                self.leave(world, &former, &playbook, draft).await?;
            }
            draft.disown(Some(playbook));
            return Ok(None);
        }
        let request_id = request_id(self, &document.sha256);
        let revision = world.evaluator.create(workspace, &document.text, &request_id).await?;
        let note = format!("revision {} of playbook {} holds the document", revision.number, revision.playbook);
        draft.did(EventType::Normal, "CreateRevision", "RevisionCreated", note);
        Ok(Some(revision))
    }

    /// The document names another playbook than before: the former one is withdrawn or left as it is.
    async fn leave(
        &self,
        world: &Playbooks,
        former: &str,
        playbook: &str,
        draft: &mut Draft<PlaybookStatus>,
    ) -> Result<(), Failure> {
        let note = format!("the document is of playbook {playbook} now; playbook {former}");
        if self.withdraws() && world.owner_before(self, former).is_none() {
            world.evaluator.withdraw(&self.spec.workspace, former).await?;
            draft.did(EventType::Normal, "Withdraw", "Withdrawn", format!("{note} is withdrawn"));
        } else {
            draft.did(EventType::Warning, "Apply", "PlaybookLeft", format!("{note} stays as it is"));
        }
        Ok(())
    }

    /// Fails where an older Playbook has the same playbook: two would release over each other for ever.
    fn undisputed(&self, world: &Playbooks, playbook: &str, draft: &mut Draft<PlaybookStatus>) -> Result<(), Failure> {
        let Some(owner) = world.owner_before(self, playbook) else { return Ok(()) };
        draft.disown(None);
        let message = format!("playbook {playbook} belongs to {owner}, which is older");
        Err(Failure::new(Class::Refused, "PlaybookTaken", message))
    }

    /// Looks at what is released without changing it.
    async fn observe(&self, world: &Playbooks, draft: &mut Draft<PlaybookStatus>) -> Result<(), Failure> {
        if let Some(playbook) = draft.status.playbook.clone() {
            let released = world.evaluator.released(&self.spec.workspace, &playbook).await?;
            draft.released(released, self.spec.release);
        }
        Ok(())
    }
}

impl Playbooks {
    /// An older Playbook that claims the same playbook, as `namespace/name`.
    fn owner_before(&self, of: &Playbook, playbook: &str) -> Option<String> {
        let same = |other: &Playbook| {
            other.spec.workspace == of.spec.workspace
                && other.status.as_ref().and_then(|status| status.playbook.as_deref()) == Some(playbook)
        };
        claim::older(&self.known, of, same)
    }
}

/// The Playbooks that read a ConfigMap.
pub fn readers(store: &Store<Playbook>, map: &PartialObjectMeta<ConfigMap>) -> Vec<ObjectRef<Playbook>> {
    let (namespace, name) = (map.namespace(), map.name_any());
    let reads = |playbook: &Playbook| {
        let source = playbook.spec.document_from.as_ref();
        playbook.namespace() == namespace && source.is_some_and(|source| source.config_map_key_ref.name == name)
    };
    store.state_filter(reads).iter().map(|playbook| ObjectRef::from_obj(&**playbook)).collect()
}

/// The same for the same resource and document, so that a repeat after a crash gets the answer of the first try.
fn request_id(playbook: &Playbook, sha256: &str) -> String {
    format!("{}:{sha256}", playbook.metadata.uid.as_deref().unwrap_or_default())
}
