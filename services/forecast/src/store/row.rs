//! Entries as rows.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use throughline_store::{Error, Result};

use super::entity::deal_log;
use crate::domain::entry::{Entry, Fact, Source};

/// An entry with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    pub entry: Entry,
}

pub(super) fn active(workspace: &str, recorded: &Recorded) -> Result<deal_log::ActiveModel> {
    let Recorded { position, recorded_at, entry } = recorded;
    let Entry { source, key, occurred_at, known_at, fact } = entry;
    Ok(deal_log::ActiveModel {
        workspace: Set(workspace.to_owned()),
        position: Set(*position),
        source: Set(source.id().to_owned()),
        source_key: Set(key.clone()),
        kind: Set(fact.kind().id().to_owned()),
        deal_id: Set(fact.deal().map(|deal| deal.0.clone())),
        call_id: Set(fact.call().map(|call| call.0.clone())),
        occurred_us: Set(occurred_at.timestamp_micros()),
        known_us: Set(known_at.timestamp_micros()),
        recorded_us: Set(recorded_at.timestamp_micros()),
        body: Set(serde_json::to_string(fact).map_err(Error::internal)?),
    })
}

impl TryFrom<deal_log::Model> for Recorded {
    type Error = Error;

    fn try_from(row: deal_log::Model) -> Result<Self> {
        let place = |what: &str| Error::internal(format!("deal_log {}/{}: {what}", row.workspace, row.position));
        let moment =
            |micros| DateTime::<Utc>::from_timestamp_micros(micros).ok_or_else(|| place("a time is out of range"));
        let fact: Fact = serde_json::from_str(&row.body).map_err(|error| place(&error.to_string()))?;
        let entry = Entry {
            source: Source::parse(&row.source).ok_or_else(|| place("unknown source"))?,
            occurred_at: moment(row.occurred_us)?,
            known_at: moment(row.known_us)?,
            fact,
            key: row.source_key.clone(),
        };
        Ok(Self { position: row.position, recorded_at: moment(row.recorded_us)?, entry })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::TryIntoModel as _;

    use super::*;
    use crate::domain::log_tests::any_log;

    proptest! {
        #[test]
        fn an_entry_is_read_back_as_it_was_written(entries in any_log(), position in 1_i64..1_000_000) {
            for entry in entries {
                let recorded = Recorded { position, recorded_at: entry.known_at, entry };
                let row = active("demo", &recorded).unwrap().try_into_model().unwrap();
                prop_assert_eq!(row.deal_id.as_ref(), recorded.entry.fact.deal().map(|d| &d.0));
                prop_assert_eq!(Recorded::try_from(row).unwrap(), recorded);
            }
        }
    }

    #[test]
    fn a_row_that_can_not_be_read_says_which() {
        let row = deal_log::Model {
            workspace: "demo".to_owned(),
            position: 17,
            source: "crm".to_owned(),
            source_key: "k".to_owned(),
            kind: "record".to_owned(),
            deal_id: None,
            call_id: None,
            occurred_us: 0,
            known_us: 0,
            recorded_us: 0,
            body: "{}".to_owned(),
        };
        assert!(Recorded::try_from(row).unwrap_err().to_string().contains("demo/17"));
    }
}
