//! Which file is what, and which column is which, by the names that exports use.

use crate::domain::text;

/// What a file of an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    Users,
    Products,
    Accounts,
    Contacts,
    Deals,
    StageHistory,
}

/// A column the import knows.
#[derive(Debug)]
pub struct Column {
    /// What it is called here.
    pub target: &'static str,
    /// Headers that mean it, beside its own name; compared without case, spaces and punctuation.
    aliases: &'static [&'static str],
}

const fn column(target: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { target, aliases }
}

const USERS: &[Column] = &[
    column("id", &["user id", "rep id", "owner id"]),
    column("display_name", &["name", "full name", "sales agent", "rep", "user", "user name"]),
    column("email", &["email address", "user email"]),
    column("manager", &["manager name", "reports to"]),
    column("team", &["regional office", "region", "office", "team name"]),
];

const PRODUCTS: &[Column] = &[column("display_name", &["product", "product name", "name"])];

const ACCOUNTS: &[Column] = &[
    column("id", &["account id", "company id"]),
    column("display_name", &["account", "name", "account name", "company", "company name"]),
    column("domains", &["domain", "website", "email domain", "company domain"]),
    column("industry", &["sector", "vertical"]),
    column("employees", &["number of employees", "employee count", "headcount"]),
    column("regulated", &["is regulated", "regulated industry"]),
    column("segment", &["customer segment"]),
    column("country", &["office location", "billing country", "location"]),
    column("parent", &["subsidiary of", "parent account", "parent company"]),
];

const CONTACTS: &[Column] = &[
    column("id", &["contact id"]),
    column("display_name", &["name", "full name", "contact", "contact name"]),
    column("first_name", &["given name"]),
    column("last_name", &["surname", "family name"]),
    column("account", &["account name", "account id", "company", "company name"]),
    column("email", &["email address"]),
    column("title", &["job title", "position"]),
    column("role", &["buying role", "contact role"]),
];

const DEALS: &[Column] = &[
    column("id", &["opportunity id", "deal id", "opportunity"]),
    column("display_name", &["name", "opportunity name", "deal name", "title"]),
    column("account", &["account name", "account id", "company", "company name"]),
    column(
        "owner",
        &["sales agent", "rep", "owner name", "owner email", "opportunity owner", "deal owner", "owner id"],
    ),
    column("stage", &["deal stage", "stage name"]),
    column("amount", &["close value", "value", "deal value", "deal amount"]),
    column("currency", &["currency code", "currency iso code", "deal currency"]),
    column("close_date", &["expected close date", "expected close"]),
    column("open_date", &["created date", "create date", "created", "created at", "created on", "opened"]),
    column("engage_date", &["engagement date"]),
    column("product", &["product name"]),
    column("contacts", &["contact", "primary contact", "contact email", "contact emails", "contact id"]),
    column("forecast_category", &["forecast"]),
    column("next_step", &["next steps"]),
    column("next_step_date", &["next step due"]),
    column("competitors", &["competitor", "main competitor", "main competitors"]),
    column("budget", &["budget amount"]),
    column("decision_date", &["decision by"]),
    column("economic_buyer", &[]),
    column("critical_event", &["compelling event"]),
];

const STAGE_HISTORY: &[Column] = &[
    column("id", &["opportunity id", "deal id", "opportunity"]),
    column("stage", &["stage name", "to stage", "new stage", "deal stage", "new value"]),
    column(
        "entered_at",
        &["entered", "enter date", "entered on", "changed at", "change date", "date", "created date", "last modified"],
    ),
];

/// Files by the stem of their name, without case, spaces and punctuation.
const FILES: &[(&str, FileKind)] = &[
    ("users", FileKind::Users),
    ("salesteams", FileKind::Users),
    ("reps", FileKind::Users),
    ("products", FileKind::Products),
    ("accounts", FileKind::Accounts),
    ("companies", FileKind::Accounts),
    ("contacts", FileKind::Contacts),
    ("opportunities", FileKind::Deals),
    ("salespipeline", FileKind::Deals),
    ("deals", FileKind::Deals),
    ("stagehistory", FileKind::StageHistory),
    ("opportunityhistory", FileKind::StageHistory),
    ("dealstagehistory", FileKind::StageHistory),
];

impl FileKind {
    /// What a file of that name holds; none when it is not a file of an export.
    pub fn of(file_name: &str) -> Option<Self> {
        let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
        let (stem, extension) = base.rsplit_once('.')?;
        if !extension.eq_ignore_ascii_case("csv") {
            return None;
        }
        let stem = text::compact(stem);
        FILES.iter().find(|(name, _)| *name == stem).map(|(_, kind)| *kind)
    }

    /// The columns it may have.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Users => USERS,
            Self::Products => PRODUCTS,
            Self::Accounts => ACCOUNTS,
            Self::Contacts => CONTACTS,
            Self::Deals => DEALS,
            Self::StageHistory => STAGE_HISTORY,
        }
    }

    /// Groups of columns of which at least one must be there.
    pub fn required(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Users => &[&["display_name", "email"]],
            Self::Products | Self::Accounts => &[&["display_name"]],
            Self::Contacts => &[&["display_name", "last_name", "email"]],
            Self::Deals => &[&["id"], &["stage"]],
            Self::StageHistory => &[&["id"], &["stage"], &["entered_at"]],
        }
    }

    /// Columns whose dates share one order each.
    pub fn dates(self) -> &'static [&'static str] {
        match self {
            Self::Deals => &["close_date", "open_date", "engage_date", "next_step_date", "decision_date"],
            Self::StageHistory => &["entered_at"],
            _ => &[],
        }
    }

    /// The known column that a header means.
    pub fn column(self, header: &str) -> Option<&'static str> {
        let key = text::compact(header);
        let matches = |column: &&Column| {
            text::compact(column.target) == key || column.aliases.iter().any(|alias| text::compact(alias) == key)
        };
        self.columns().iter().find(matches).map(|column| column.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        assert_eq!(FileKind::of("export/Sales_Pipeline.CSV"), Some(FileKind::Deals));
        assert_eq!(FileKind::of("stage-history.csv"), Some(FileKind::StageHistory));
        assert_eq!(FileKind::of("data_dictionary.csv"), None);
        assert_eq!(FileKind::of("accounts.xlsx"), None);
    }

    #[test]
    fn no_header_means_two_columns() {
        for kind in [
            FileKind::Users,
            FileKind::Products,
            FileKind::Accounts,
            FileKind::Contacts,
            FileKind::Deals,
            FileKind::StageHistory,
        ] {
            let mut seen: Vec<String> = Vec::new();
            for column in kind.columns() {
                for name in std::iter::once(&column.target).chain(column.aliases) {
                    let key = text::compact(name);
                    assert!(!seen.contains(&key), "{kind:?}: {name}");
                    seen.push(key);
                }
            }
        }
    }

    #[test]
    fn headers_are_known_without_case_and_punctuation() {
        assert_eq!(FileKind::Deals.column("Close Date"), Some("close_date"));
        assert_eq!(FileKind::Deals.column("sales_agent"), Some("owner"));
        assert_eq!(FileKind::Accounts.column("year_established"), None);
    }
}
