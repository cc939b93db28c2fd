//! Users, products, accounts and contacts of an export.

use super::{
    Context,
    directory::Resolved,
    row::Gathered,
    table::{Row, Table},
};
use crate::domain::{schema::RecordKind, text, value::Value};

pub(super) fn users(table: &Table, context: &mut Context<'_>) {
    for row in table.rows() {
        let mut gathered = Gathered::new(row, context);
        gathered.plain(RecordKind::User, &["display_name", "email", "manager", "team"]);
        let (name, email) = (text_of(&gathered, "display_name"), text_of(&gathered, "email"));
        let made = if email.is_empty() { name.clone() } else { email.clone() };
        let id = gathered.id("id", |context| match context.directory.user(&made) {
            Resolved::Found(id) => id,
            _ => text::user_id(&name, &email),
        });
        finish(RecordKind::User, gathered, id, &name, &email);
    }
}

pub(super) fn products(table: &Table, context: &mut Context<'_>) {
    for row in table.rows() {
        if let Some(name) = Gathered::new(row, context).required("display_name") {
            context.directory.enter_product(name);
        }
    }
}

pub(super) fn accounts(table: &Table, context: &mut Context<'_>) {
    for row in table.rows() {
        let mut gathered = Gathered::new(row, context);
        gathered.required("display_name");
        gathered.plain(
            RecordKind::Account,
            &["display_name", "domains", "industry", "employees", "regulated", "segment", "country", "parent"],
        );
        let name = text_of(&gathered, "display_name");
        let id = gathered.id("id", |context| match context.directory.account(&name) {
            Resolved::Found(id) => id,
            _ => text::slug(&name),
        });
        finish(RecordKind::Account, gathered, id, &name, "");
    }
}

pub(super) fn contacts(table: &Table, context: &mut Context<'_>) {
    for row in table.rows() {
        let mut gathered = Gathered::new(row, context);
        gathered.plain(RecordKind::Contact, &["email", "title", "role"]);
        let name = contact_name(row);
        if name.is_empty() {
            gathered.error("display_name", "there is neither a name nor an e-mail address");
        } else {
            gathered.values.insert("display_name".to_owned(), Value::Text(name.clone()));
        }
        gathered.reference(RecordKind::Account, "account");
        if row.text("account").is_none() {
            gathered.warn("account", "", "is empty: contacts without an account are kept");
        }
        let email = text_of(&gathered, "email");
        let account = text_of(&gathered, "account");
        let id = gathered.id("id", |context| match context.directory.contact(&email) {
            Resolved::Found(id) if !email.is_empty() => id,
            _ if email.is_empty() => text::slug(&format!("{account} {name}")),
            _ => text::slug(&email),
        });
        finish(RecordKind::Contact, gathered, id, &name, &email);
    }
}

fn contact_name(row: Row<'_>) -> String {
    let parts = [row.text("first_name"), row.text("last_name")];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    row.text("display_name")
        .map(str::to_owned)
        .or((!joined.is_empty()).then_some(joined))
        .or_else(|| row.text("email").map(str::to_owned))
        .unwrap_or_default()
}

fn text_of(gathered: &Gathered<'_, '_, '_>, field: &str) -> String {
    match gathered.values.get(field) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Enters the record under its names, sound or not, so that what refers to it is not reported as well.
fn finish(kind: RecordKind, mut gathered: Gathered<'_, '_, '_>, id: Option<String>, name: &str, email: &str) {
    let row = gathered.row.number();
    let Some(id) = id else {
        if gathered.sound {
            gathered.error("display_name", "gives no id: add an id column");
        }
        return;
    };
    if let Err(first) = gathered.context.directory.enter(kind, &id, name, email, row) {
        let column = if gathered.row.text("id").is_some() { "id" } else { "display_name" };
        gathered.error(column, format!("means the same {} as row {first}", kind.as_str()));
    }
    if gathered.sound {
        let values = std::mem::take(&mut gathered.values);
        gathered.context.push(kind, id, values);
    }
}
