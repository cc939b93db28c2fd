//! Who is who in an export: the names, ids and addresses by which its files and the mirror mean the same record.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Incoming;
use crate::domain::{record::RecordKey, schema::RecordKind, text, value::Value};

/// A record the mirror has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRecord {
    pub id: String,
    pub name: String,
    /// Empty when there is none.
    pub email: String,
}

/// What the mirror has, as far as the files of an export can name it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub users: Vec<KnownRecord>,
    pub accounts: Vec<KnownRecord>,
    pub contacts: Vec<KnownRecord>,
    /// Ids and present stages.
    pub deals: HashMap<String, String>,
}

/// The records of one kind by every way to name them.
#[derive(Debug, Default)]
struct Index {
    ids: HashSet<String>,
    /// Nothing where two records share the name.
    names: HashMap<String, Option<String>>,
    emails: HashMap<String, String>,
    /// Row of this export that named the id first.
    rows: HashMap<String, u64>,
}

/// How a name was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    Found(String),
    /// Two records have the name.
    Ambiguous,
    Missing,
}

/// Names of everything in the export and the mirror.
#[derive(Debug)]
pub struct Directory {
    users: Index,
    accounts: Index,
    contacts: Index,
    /// Ids and stages of the deals of the mirror and of this export.
    pub deals: HashMap<String, String>,
    /// Product keys and names; nothing when the export has no list of products.
    products: Option<HashMap<String, String>>,
    /// The export lists all users, or all accounts: a name outside is a mistake.
    users_listed: bool,
    accounts_listed: bool,
    created: BTreeMap<RecordKey, Incoming>,
}

impl Index {
    fn known(records: Vec<KnownRecord>, key: fn(&str) -> String) -> Self {
        let mut index = Self::default();
        for record in records {
            index.add(&record.id, &key(&record.name), &record.email);
        }
        index
    }

    fn add(&mut self, id: &str, name_key: &str, email: &str) {
        self.ids.insert(id.to_owned());
        if !name_key.is_empty() {
            self.names
                .entry(name_key.to_owned())
                .and_modify(|known| {
                    if known.as_deref() != Some(id) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(id.to_owned()));
        }
        if !email.is_empty() {
            self.emails.insert(email.to_owned(), id.to_owned());
        }
    }

    fn resolve(&self, text: &str, name_key: &str) -> Resolved {
        if self.ids.contains(text) {
            return Resolved::Found(text.to_owned());
        }
        if let Some(id) = self.emails.get(&text.to_lowercase()) {
            return Resolved::Found(id.clone());
        }
        match self.names.get(name_key) {
            Some(Some(id)) => Resolved::Found(id.clone()),
            Some(None) => Resolved::Ambiguous,
            None => Resolved::Missing,
        }
    }
}

impl Directory {
    /// A directory of the mirror's records; the flags say which lists the export brings.
    pub fn new(known: Known, users_listed: bool, accounts_listed: bool, products_listed: bool) -> Self {
        Self {
            users: Index::known(known.users, text::person_key),
            accounts: Index::known(known.accounts, text::company_key),
            contacts: Index::known(known.contacts, text::person_key),
            deals: known.deals,
            products: products_listed.then(HashMap::new),
            users_listed,
            accounts_listed,
            created: BTreeMap::new(),
        }
    }

    /// Enters a record of the export. The error is the row that has the id already.
    pub fn enter(&mut self, kind: RecordKind, id: &str, name: &str, email: &str, row: u64) -> Result<(), u64> {
        let (index, key) = match kind {
            RecordKind::User => (&mut self.users, text::person_key(name)),
            RecordKind::Account => (&mut self.accounts, text::company_key(name)),
            RecordKind::Contact | RecordKind::Deal => (&mut self.contacts, text::person_key(name)),
        };
        index.add(id, &key, email);
        match index.rows.insert(id.to_owned(), row) {
            Some(first) => Err(first),
            None => Ok(()),
        }
    }

    /// The id of an account of that name in the mirror, so that a second import meets the first.
    pub fn account(&self, text: &str) -> Resolved {
        self.accounts.resolve(text, &text::company_key(text))
    }

    /// A user by id, address or name.
    pub fn user(&self, text: &str) -> Resolved {
        self.users.resolve(text, &text::person_key(text))
    }

    /// A contact by id, address or name.
    pub fn contact(&self, text: &str) -> Resolved {
        self.contacts.resolve(text, &text::person_key(text))
    }

    /// May a record that nothing lists be created from its name? Not if the export brings the list.
    pub fn may_create(&self, kind: RecordKind) -> bool {
        match kind {
            RecordKind::User => !self.users_listed,
            RecordKind::Account => !self.accounts_listed,
            RecordKind::Contact | RecordKind::Deal => false,
        }
    }

    /// Creates a record that is known by its name alone.
    pub fn create(&mut self, kind: RecordKind, name: &str) -> String {
        let email = if kind == RecordKind::User { text::email(name).unwrap_or_default() } else { String::new() };
        let id = if kind == RecordKind::User { text::user_id(name, &email) } else { text::slug(name) };
        let index = if kind == RecordKind::User { &mut self.users } else { &mut self.accounts };
        let key = if kind == RecordKind::User { text::person_key(name) } else { text::company_key(name) };
        index.add(&id, &key, &email);
        let mut values = BTreeMap::from([("display_name".to_owned(), Value::Text(name.to_owned()))]);
        if !email.is_empty() {
            values.insert("email".to_owned(), Value::Text(email));
        }
        let record = RecordKey::new(kind, id.clone());
        self.created.insert(record.clone(), Incoming { key: record, values });
        id
    }

    /// Enters a product.
    pub fn enter_product(&mut self, name: &str) {
        self.products.get_or_insert_default().insert(text::compact(name), name.to_owned());
    }

    /// The name of a product as the list has it; the name itself when there is no list; nothing when the list lacks it.
    pub fn product(&self, name: &str) -> Option<String> {
        match &self.products {
            None => Some(name.to_owned()),
            Some(products) => products.get(&text::compact(name)).cloned(),
        }
    }

    /// Names of the products, for messages.
    pub fn product_names(&self) -> String {
        let mut names: Vec<&str> = self.products.iter().flat_map(HashMap::values).map(String::as_str).collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// The records that were created from a name alone.
    pub fn into_created(self) -> impl Iterator<Item = Incoming> {
        self.created.into_values()
    }
}
