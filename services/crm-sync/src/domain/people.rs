//! Whom an e-mail address or a name leads to: one of the workspace's own people or a customer's.

use std::collections::{BTreeMap, BTreeSet};

use super::text;

/// What leads to somebody, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonMatch {
    User,
    Contact,
    UserDomain,
    AccountDomain,
    UserName,
    ContactName,
}

/// Somebody who is looked for; what is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonQuery {
    pub email: String,
    pub name: String,
}

impl PersonQuery {
    /// The address as the mirror has addresses; `None` for what is none.
    pub fn email(&self) -> Option<String> {
        text::email(&self.email)
    }

    /// The name as the mirror compares names; `None` for less than a whole one.
    pub fn name_key(&self) -> Option<String> {
        (self.name.split_whitespace().count() >= 2).then(|| text::person_key(&self.name)).filter(|key| !key.is_empty())
    }
}

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFound {
    pub by: PersonMatch,
    /// Id of the account; `None` for users, and where it is not known or not one.
    pub account: Option<String>,
}

/// Accounts by what leads to them; an empty id stands for none.
pub type Accounts = BTreeMap<String, BTreeSet<String>>;

/// What the mirror has near those who are looked for.
#[derive(Debug, Clone, Default)]
pub struct KnownPeople {
    /// Addresses of users.
    pub users: BTreeSet<String>,
    /// By the addresses of contacts.
    pub contacts: Accounts,
    /// Domains of the addresses of users.
    pub user_domains: BTreeSet<String>,
    /// By the domains of accounts.
    pub account_domains: Accounts,
    /// Keys of the names of users.
    pub user_names: BTreeSet<String>,
    /// By the keys of the names of contacts.
    pub contact_names: Accounts,
}

impl KnownPeople {
    /// Who it is, by the surest that leads to somebody. A domain or a name that both sides have tells nothing.
    pub fn find(&self, query: &PersonQuery) -> Option<PersonFound> {
        query.email().and_then(|email| self.by_email(&email)).or_else(|| self.by_name(&query.name_key()?))
    }

    fn by_email(&self, email: &str) -> Option<PersonFound> {
        if self.users.contains(email) {
            return Some(PersonFound { by: PersonMatch::User, account: None });
        }
        if let Some(accounts) = self.contacts.get(email) {
            return Some(PersonFound { by: PersonMatch::Contact, account: only(accounts) });
        }
        let host = text::employer_domain(email)?;
        let accounts = text::parents(&host).into_iter().find_map(|domain| self.account_domains.get(&domain));
        one_side(self.user_domains.contains(&host), accounts, [PersonMatch::UserDomain, PersonMatch::AccountDomain])
    }

    fn by_name(&self, key: &str) -> Option<PersonFound> {
        let sides = [PersonMatch::UserName, PersonMatch::ContactName];
        one_side(self.user_names.contains(key), self.contact_names.get(key), sides)
    }
}

fn one_side(
    ours: bool,
    accounts: Option<&BTreeSet<String>>,
    [user, customer]: [PersonMatch; 2],
) -> Option<PersonFound> {
    match (ours, accounts) {
        (true, None) => Some(PersonFound { by: user, account: None }),
        (false, Some(accounts)) => Some(PersonFound { by: customer, account: only(accounts) }),
        _ => None,
    }
}

fn only(accounts: &BTreeSet<String>) -> Option<String> {
    let mut accounts = accounts.iter();
    accounts.next().filter(|id| !id.is_empty() && accounts.next().is_none()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownPeople {
        let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<BTreeSet<_>>();
        let map = |items: &[(&str, &[&str])]| {
            items.iter().map(|(key, values)| ((*key).to_owned(), set(values))).collect::<BTreeMap<_, _>>()
        };
        KnownPeople {
            users: set(&["priya@seller.example", "tom@northmoor.example"]),
            contacts: map(&[
                ("helen@northmoor.example", &["northmoor"]),
                ("priya@seller.example", &["seller"]),
                ("ann@gmail.com", &[""]),
            ]),
            user_domains: set(&["seller.example", "both.example"]),
            account_domains: map(&[
                ("northmoor.example", &["northmoor"]),
                ("group.example", &["one", "two"]),
                ("both.example", &["both"]),
            ]),
            user_names: set(&[&text::person_key("Priya Raman"), &text::person_key("John Smith")]),
            contact_names: map(&[
                (&text::person_key("Helen Sykes"), &["northmoor"]),
                (&text::person_key("John Smith"), &["northmoor"]),
            ]),
        }
    }

    fn found(email: &str, name: &str) -> Option<(PersonMatch, Option<String>)> {
        let query = PersonQuery { email: email.to_owned(), name: name.to_owned() };
        known().find(&query).map(|found| (found.by, found.account))
    }

    fn northmoor(by: PersonMatch) -> Option<(PersonMatch, Option<String>)> {
        Some((by, Some("northmoor".to_owned())))
    }

    #[test]
    fn the_surest_match_counts() {
        assert_eq!(found("Priya@Seller.example", "Helen Sykes"), Some((PersonMatch::User, None)));
        assert_eq!(found("tom@northmoor.example", ""), Some((PersonMatch::User, None)));
        assert_eq!(found("helen@northmoor.example", "Priya Raman"), northmoor(PersonMatch::Contact));
        assert_eq!(found("ann@gmail.com", ""), Some((PersonMatch::Contact, None)));
    }

    #[test]
    fn a_domain_tells_whose_somebody_is_unless_both_have_it() {
        assert_eq!(found("sam@seller.example", ""), Some((PersonMatch::UserDomain, None)));
        assert_eq!(found("new@mail.northmoor.example", ""), northmoor(PersonMatch::AccountDomain));
        assert_eq!(found("x@group.example", ""), Some((PersonMatch::AccountDomain, None)));
        assert_eq!(found("x@both.example", ""), None);
        // A user's domain is theirs as it is: what lies below may be anybody's.
        assert_eq!(found("x@partners.seller.example", ""), None);
    }

    #[test]
    fn a_whole_name_tells_where_the_address_does_not() {
        assert_eq!(found("", "priya  RAMAN"), Some((PersonMatch::UserName, None)));
        assert_eq!(found("hs@elsewhere.example", "Helen Sykes"), northmoor(PersonMatch::ContactName));
        assert_eq!(found("", "John Smith"), None);
        assert_eq!(found("", "Priya"), None);
    }

    #[test]
    fn what_nothing_leads_to_is_nobody() {
        for email in ["bob@gmail.com", "x@elsewhere.example", "Tom Ashworth", "", "@"] {
            assert_eq!(found(email, "Ann Other"), None, "{email}");
        }
    }
}
