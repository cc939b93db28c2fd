//! crm-sync: the mirror of a CRM, which deal a call belongs to, and what machines propose to write. See README.md.

pub mod domain;
