//! Evaluated calls, as the evaluator tells them.

use chrono::{DateTime, Utc};
use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::FieldPolicy;

/// An evaluation and the revision behind it.
#[derive(Clone)]
pub struct Talk {
    pub evaluation: pb::Evaluation,
    pub revision: pb::Revision,
}

fn timestamp(at: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 }
}

fn person(id: &str, name: &str, side: common::Side, email: &str) -> common::Participant {
    let (id, name, email) = (id.to_owned(), name.to_owned(), email.to_owned());
    common::Participant { id, name, side: side.into(), email, title: String::new(), channel: None }
}

impl Talk {
    /// A call of Priya Raman with nobody else known, with nothing found.
    pub fn on(call: &str, day: &str) -> Self {
        let call_time: DateTime<Utc> = format!("{day}T10:00:00Z").parse().unwrap();
        let revision = "workspaces/demo/playbooks/regulated/revisions/1".to_owned();
        let mapping = |fact: &str, field: &str, policy: FieldPolicy| pb::FieldMapping {
            fact: fact.to_owned(),
            field: field.to_owned(),
            policy: policy.into(),
        };
        let fields = vec![
            mapping("next_step", "next_step", FieldPolicy::Auto),
            mapping("next_step_date", "next_step_date", FieldPolicy::Auto),
            mapping("competitors", "competitors", FieldPolicy::Review),
            mapping("budget", "amount", FieldPolicy::Review),
            mapping("decision_date", "close_date", FieldPolicy::Auto),
            mapping("economic_buyer", "economic_buyer", FieldPolicy::Never),
        ];
        let evaluation = pb::Evaluation {
            name: format!("workspaces/demo/evaluations/{call}-1"),
            call: format!("workspaces/demo/calls/{call}"),
            transcript: format!("workspaces/demo/calls/{call}/transcripts/1"),
            revision: revision.clone(),
            call_time: Some(timestamp(call_time)),
            create_time: Some(timestamp(call_time + chrono::TimeDelta::hours(1))),
            participants: vec![person("s1", "Priya Raman", common::Side::Rep, crate::world::PRIYA)],
            facts: Some(pb::Facts::default()),
            ..Default::default()
        };
        Self { evaluation, revision: pb::Revision { name: revision, fields, ..Default::default() } }
    }

    /// The next evaluation of the same call.
    pub fn again(mut self, number: u32) -> Self {
        self.evaluation.name = self.evaluation.name.rsplit_once('-').unwrap().0.to_owned() + &format!("-{number}");
        self.evaluation.create_time.as_mut().unwrap().seconds += i64::from(number) * 60;
        self.evaluation.facts = Some(pb::Facts::default());
        self
    }

    pub fn with_buyer(mut self, name: &str, email: &str) -> Self {
        let id = format!("s{}", self.evaluation.participants.len() + 1);
        self.evaluation.participants.push(person(&id, name, common::Side::Buyer, email));
        self
    }

    pub fn with_tom(self) -> Self {
        self.with_buyer("Tom Ashworth", "tom.ashworth@northmoor.example")
    }

    pub fn account(mut self, name: &str) -> Self {
        self.evaluation.account = Some(common::AccountContext {
            name: name.to_owned(),
            employees: Some(2300),
            regulated: Some(true),
            segment: "regulated_enterprise".to_owned(),
            ..Default::default()
        });
        self
    }

    pub fn deal(mut self, id: &str, stage: &str, amount: f64) -> Self {
        self.evaluation.deal = Some(common::DealContext {
            id: id.to_owned(),
            stage: stage.to_owned(),
            amount: Some(amount),
            currency: "GBP".to_owned(),
            close_date: "2026-06-30".to_owned(),
        });
        self
    }

    fn evidence(&self, quote: &str) -> Vec<common::Evidence> {
        vec![common::Evidence {
            call: self.evaluation.call.clone(),
            turn: 40,
            end_turn: 41,
            start_ms: 300_000,
            end_ms: 306_000,
            quote: quote.to_owned(),
            side: common::Side::Buyer.into(),
            speaker: "Tom Ashworth".to_owned(),
            speaker_confidence: 1.0,
            support: common::Support::Stated.into(),
            method: "commitment".to_owned(),
            confidence: None,
            purge_time: None,
        }]
    }

    fn facts(&mut self) -> &mut pb::Facts {
        self.evaluation.facts.get_or_insert_default()
    }

    pub fn next_step(mut self, what: &str, date: &str) -> Self {
        let evidence = self.evidence("Thursday at ten, I'll bring Helen.");
        let (what, date) = (what.to_owned(), date.to_owned());
        self.facts().next_step = Some(pb::NextStep {
            what,
            owner: "Tom Ashworth".to_owned(),
            date,
            date_text: "Thursday".to_owned(),
            evidence,
        });
        self
    }

    pub fn competitor(mut self, name: &str) -> Self {
        let evidence = self.evidence(&format!("we also look at {name}"));
        self.facts().competitors.push(pb::Competitor { name: name.to_owned(), evidence, answered: false });
        self
    }

    pub fn budget(mut self, amount: f64, currency: &str) -> Self {
        let evidence = self.evidence("we have two hundred thousand set aside");
        let currency = currency.to_owned();
        self.facts().budget = Some(pb::Money { amount, currency, text: "two hundred thousand".to_owned(), evidence });
        self
    }

    pub fn decision(mut self, date: &str) -> Self {
        let evidence = self.evidence("the board decides at the end of September");
        let date = date.to_owned();
        self.facts().decision_date = Some(pb::DateFact { date, text: "end of September".to_owned(), evidence });
        self
    }

    pub fn economic_buyer(mut self, name: &str) -> Self {
        let evidence = self.evidence("Martin signs that off");
        let name = name.to_owned();
        self.facts().economic_buyer =
            Some(pb::Stakeholder { name, title: "CFO".to_owned(), evidence, ..Default::default() });
        self
    }
}
