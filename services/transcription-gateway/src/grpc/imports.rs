//! The ImportService: how watched prefixes fare.

use std::sync::Arc;

use async_trait::async_trait;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::import_service_server::{ImportService, ImportServiceServer};
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Violations, name, page, timestamp};
use throughline_store::Db;
use tonic::{Request, Response, Status};

use crate::config::ImportConfig;
use crate::store::entity::import_item::{Model, State};
use crate::store::imports::{self, SourceKey};

/// What the service stands on.
#[derive(Clone)]
pub struct ImportStatus {
    pub db: Db,
    /// By name.
    pub sources: Arc<Vec<(String, ImportConfig)>>,
}

impl ImportStatus {
    /// The service to add to a server.
    pub fn server(self) -> ImportServiceServer<Self> {
        ImportServiceServer::new(self)
    }

    async fn list(&self, request: Request<pb::ListImportsRequest>) -> Result<pb::ListImportsResponse, Error> {
        let principal = principal(&request)?;
        let mut violations = Violations::new();
        let parsed = name::WORKSPACE.require(&mut violations, "parent", &request.get_ref().parent);
        violations.finish()?;
        let [workspace] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let mut found = Vec::new();
        for (source, config) in self.sources.iter().filter(|(_, config)| config.workspace == workspace) {
            found.push(self.status(source, config).await?);
        }
        Ok(pb::ListImportsResponse { imports: found })
    }

    async fn status(&self, source: &str, config: &ImportConfig) -> Result<pb::Import, Error> {
        let key = SourceKey { workspace: config.workspace.clone(), name: source.to_owned() };
        let conn = self.db.conn();
        let row = imports::source(conn, &key).await?;
        let count = async |state| -> Result<i64, Error> {
            i64::try_from(imports::count(conn, &key, state).await?).map_err(Error::internal)
        };
        Ok(pb::Import {
            name: name::IMPORT.format([&key.workspace, &key.name]),
            url: config.url.clone(),
            poll_interval: prost_types::Duration::try_from(config.poll_interval).ok(),
            poll_time: row.as_ref().and_then(|row| row.polled_at).map(timestamp),
            cursor: row.as_ref().map(|row| row.cursor.clone()).unwrap_or_default(),
            imported_count: count(State::Imported).await?,
            pending_count: count(State::Pending).await?,
            failed_count: count(State::Failed).await?,
            last_error: row.map(|row| row.last_error).unwrap_or_default(),
        })
    }

    async fn items(&self, request: Request<pb::ListImportItemsRequest>) -> Result<pb::ListImportItemsResponse, Error> {
        let principal = principal(&request)?;
        let pb::ListImportItemsRequest { parent, page_size, page_token, state } = request.into_inner();
        let mut violations = Violations::new();
        let parsed = name::IMPORT.require(&mut violations, "parent", &parent);
        let wanted = match pb::ImportItemState::try_from(state) {
            Ok(pb::ImportItemState::Unspecified) => None,
            Ok(pb::ImportItemState::Pending) => Some(State::Pending),
            Ok(pb::ImportItemState::Imported) => Some(State::Imported),
            Ok(pb::ImportItemState::Failed) => Some(State::Failed),
            Err(_) => {
                violations.add("state", "is not a known state");
                None
            }
        };
        violations.finish()?;
        let [workspace, source] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let is_there = self.sources.iter().any(|(name, config)| *name == source && config.workspace == workspace);
        if !is_there {
            return Err(Error::not_found(name::IMPORT.kind, parent));
        }
        let binding = ["ListImportItems", parent.as_str(), &state.to_string()];
        let page = page::Request::parse(page::USUAL, page_size, &page_token, &binding)?;
        let key = SourceKey { workspace, name: source };
        let after = page.after.clone().unwrap_or_default();
        let mut found = imports::list(self.db.conn(), &key, wanted, &after, page.limit as u64 + 1).await?;
        let next_page_token = page.cut(&mut found, |row| row.object_key.clone());
        Ok(pb::ListImportItemsResponse { items: found.iter().map(item_out).collect(), next_page_token })
    }
}

fn item_out(row: &Model) -> pb::ImportItem {
    let state = match row.state {
        State::Pending => pb::ImportItemState::Pending,
        State::Imported => pb::ImportItemState::Imported,
        State::Failed => pb::ImportItemState::Failed,
    };
    pb::ImportItem {
        key: row.object_key.clone(),
        state: state.into(),
        call: name::CALL.format([&row.workspace, &row.call_id]),
        reason: row.reason.clone(),
        attempts: row.attempts,
        modify_time: Some(timestamp(row.modified_at)),
        size_bytes: row.size_bytes,
    }
}

#[async_trait]
impl ImportService for ImportStatus {
    async fn list_imports(
        &self,
        request: Request<pb::ListImportsRequest>,
    ) -> Result<Response<pb::ListImportsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn list_import_items(
        &self,
        request: Request<pb::ListImportItemsRequest>,
    ) -> Result<Response<pb::ListImportItemsResponse>, Status> {
        Ok(Response::new(self.items(request).await?))
    }
}
