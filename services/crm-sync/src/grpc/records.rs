//! `RecordService`.

use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::record_service_server::{RecordService, RecordServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::page::Limits;
use throughline_rpc::{Error, Violations, name, page};
use throughline_store::Idempotent;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{parse, render, upload};
use crate::crm::{Crm, Person};
use crate::domain::people::PersonQuery;
use crate::domain::record::RecordKey;
use crate::domain::schema::RecordKind;
use crate::store::{entity, people, records, row, views};

/// Pages of deals may be larger than usual: a forecast reads them all.
const DEALS: Limits = Limits { default: 50, max: 500 };
const CHANGES: Limits = Limits { default: 500, max: 500 };
/// Most people of one search: as many as a call has participants.
const MAX_QUERIES: usize = 100;

/// Answers from the mirror.
#[derive(Clone)]
pub struct Records {
    crm: Crm,
}

impl Records {
    /// The service to add to a server.
    pub fn server(crm: Crm) -> RecordServiceServer<Self> {
        RecordServiceServer::new(Self { crm })
    }

    async fn import(
        &self,
        caller: &Principal,
        stream: Streaming<pb::ImportRecordsRequest>,
    ) -> Result<pb::ImportRecordsResponse, Error> {
        let import = upload::read(stream, caller, self.crm.max_import_bytes()).await?;
        self.crm.import(import, render::imported).await
    }

    async fn account(&self, caller: &Principal, request: pb::GetAccountRequest) -> Result<pb::Account, Error> {
        let [workspace, id] = parse::require(name::ACCOUNT, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let found = records::get(self.crm.db().conn(), &workspace, &RecordKey::new(RecordKind::Account, id)).await?;
        let (record, _) = found.ok_or_else(|| Error::not_found(name::ACCOUNT.kind, request.name))?;
        Ok(render::account(&workspace, &record))
    }

    async fn contacts(
        &self,
        caller: &Principal,
        request: pb::ListContactsRequest,
    ) -> Result<pb::ListContactsResponse, Error> {
        let [workspace] = parse::require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let account = account_filter(&workspace, &request.account)?;
        let bound = ["ListContacts", &workspace, &request.account];
        let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &bound)?;
        let after = page.after.as_deref().and_then(|after| after.split_once('\0'));
        let conn = self.crm.db().conn();
        let mut found = records::contacts(conn, &workspace, account.as_deref(), after, page.limit + 1).await?;
        let next_page_token = page.cut(&mut found, |contact| format!("{}\0{}", contact.name, contact.id));
        let contacts = found.iter().map(|model| Ok(render::contact(&workspace, &row::record(model)?)));
        Ok(pb::ListContactsResponse { contacts: contacts.collect::<Result<_, Error>>()?, next_page_token })
    }

    async fn people(
        &self,
        caller: &Principal,
        request: pb::SearchPeopleRequest,
    ) -> Result<pb::SearchPeopleResponse, Error> {
        let mut violations = Violations::new();
        let ids = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        violations.check((1..=MAX_QUERIES).contains(&request.queries.len()), "queries", "must be 1 to 100");
        for (index, pb::PersonQuery { email, name }) in request.queries.iter().enumerate().take(MAX_QUERIES) {
            violations.check(
                !(email.is_empty() && name.is_empty()),
                &format!("queries[{index}]"),
                "needs email or name",
            );
        }
        violations.finish()?;
        let [workspace] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
        caller.authorize_workspace(&workspace)?;
        let query = |pb::PersonQuery { email, name }| PersonQuery { email, name };
        let queries: Vec<PersonQuery> = request.queries.into_iter().map(query).collect();
        let known = people::near(self.crm.db().conn(), &workspace, &queries).await?;
        let people = queries.iter().map(|query| render::person(&workspace, known.find(query)));
        Ok(pb::SearchPeopleResponse { people: people.collect() })
    }

    async fn deal(&self, caller: &Principal, request: pb::GetDealRequest) -> Result<pb::Deal, Error> {
        let [workspace, id] = parse::require(name::DEAL, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let not_found = || Error::not_found(name::DEAL.kind, request.name.clone());
        let key = RecordKey::new(RecordKind::Deal, id);
        let (_, model) = records::get(self.crm.db().conn(), &workspace, &key).await?.ok_or_else(not_found)?;
        self.render(&workspace, vec![model]).await?.pop().ok_or_else(not_found)
    }

    async fn deals(&self, caller: &Principal, request: pb::ListDealsRequest) -> Result<pb::ListDealsResponse, Error> {
        let [workspace] = parse::require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let account = account_filter(&workspace, &request.account)?;
        let filter = records::DealFilter { account, open_only: request.open_only };
        let bound = ["ListDeals", &workspace, &format!("{filter:?}")];
        let page = page::Request::parse(DEALS, request.page_size, &request.page_token, &bound)?;
        let conn = self.crm.db().conn();
        let mut found = records::deals(conn, &workspace, &filter, page.after.as_deref(), page.limit + 1).await?;
        let next_page_token = page.cut(&mut found, |deal| deal.id.clone());
        Ok(pb::ListDealsResponse { deals: self.render(&workspace, found).await?, next_page_token })
    }

    async fn update(&self, caller: &Principal, request: pb::UpdateDealRequest) -> Result<pb::Deal, Error> {
        let edit = parse::edit(&request, self.crm.pipeline())?;
        caller.authorize_workspace(&edit.workspace)?;
        let repeat = Idempotent::new(&edit.workspace, "UpdateDeal", &request.request_id, &request);
        let workspace = edit.workspace.clone();
        self.crm.edit(edit, Person::new(caller), repeat, |deal| render::deal(&workspace, deal)).await
    }

    async fn changes(
        &self,
        caller: &Principal,
        request: pb::ListDealChangesRequest,
    ) -> Result<pb::ListDealChangesResponse, Error> {
        let mut violations = Violations::new();
        let ids = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        violations.check(request.after_sequence >= 0, "after_sequence", "must not be negative");
        violations.finish()?;
        let [workspace] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
        caller.authorize_workspace(&workspace)?;
        let page = page::Request::parse(CHANGES, request.page_size, "", &["ListDealChanges"])?;
        let conn = self.crm.db().conn();
        let mut found = records::deal_changes(conn, &workspace, request.after_sequence, page.limit + 1).await?;
        let more = found.len() > page.limit;
        found.truncate(page.limit);
        Ok(pb::ListDealChangesResponse { deals: self.render(&workspace, found).await?, more })
    }

    async fn render(&self, workspace: &str, models: Vec<entity::record::Model>) -> Result<Vec<pb::Deal>, Error> {
        let views = views::deals(self.crm.db().conn(), workspace, models, self.crm.pipeline()).await?;
        Ok(views.iter().map(|view| render::deal(workspace, view)).collect())
    }
}

fn account_filter(workspace: &str, account: &str) -> Result<Option<String>, Error> {
    let mut violations = Violations::new();
    let account = parse::optional_id(&mut violations, workspace, "account", name::ACCOUNT, account);
    violations.finish()?;
    Ok(account)
}

#[async_trait]
impl RecordService for Records {
    async fn import_records(
        &self,
        request: Request<Streaming<pb::ImportRecordsRequest>>,
    ) -> Result<Response<pb::ImportRecordsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.import(&caller, request.into_inner()).await?))
    }

    async fn get_account(&self, request: Request<pb::GetAccountRequest>) -> Result<Response<pb::Account>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.account(&caller, request.into_inner()).await?))
    }

    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Result<Response<pb::ListContactsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.contacts(&caller, request.into_inner()).await?))
    }

    async fn search_people(
        &self,
        request: Request<pb::SearchPeopleRequest>,
    ) -> Result<Response<pb::SearchPeopleResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.people(&caller, request.into_inner()).await?))
    }

    async fn get_deal(&self, request: Request<pb::GetDealRequest>) -> Result<Response<pb::Deal>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.deal(&caller, request.into_inner()).await?))
    }

    async fn list_deals(
        &self,
        request: Request<pb::ListDealsRequest>,
    ) -> Result<Response<pb::ListDealsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.deals(&caller, request.into_inner()).await?))
    }

    async fn update_deal(&self, request: Request<pb::UpdateDealRequest>) -> Result<Response<pb::Deal>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.update(&caller, request.into_inner()).await?))
    }

    async fn list_deal_changes(
        &self,
        request: Request<pb::ListDealChangesRequest>,
    ) -> Result<Response<pb::ListDealChangesResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.changes(&caller, request.into_inner()).await?))
    }
}
