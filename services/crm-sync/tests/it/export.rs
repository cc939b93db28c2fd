//! An export as it is uploaded.

use std::path::Path;

use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::{DateOrder, ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest};

const CHUNK: usize = 32 * 1024;

/// Files and options.
#[derive(Clone, Default)]
pub struct Export {
    pub header: ImportRecordsHeader,
    pub files: Vec<(String, Vec<u8>)>,
}

impl Export {
    pub fn new() -> Self {
        let header = ImportRecordsHeader { parent: "workspaces/demo".to_owned(), ..Default::default() };
        Self { header, files: Vec::new() }
    }

    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    pub fn order(mut self, order: DateOrder) -> Self {
        self.header.date_order = order.into();
        self
    }

    pub fn validate_only(mut self) -> Self {
        self.header.validate_only = true;
        self
    }

    pub fn request_id(mut self, id: &str) -> Self {
        self.header.request_id = id.to_owned();
        self
    }

    /// Every CSV file of a folder.
    pub fn folder(folder: &Path) -> Self {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let csv = names.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
        csv.fold(Self::new(), |export, path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            export.file(&name, std::fs::read(&path).unwrap())
        })
    }

    /// The small export that ships.
    pub fn sample() -> Self {
        Self::folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/crm")))
    }

    /// Opportunities as a CRM of another make writes them: one row a line, dates in M/D/YYYY.
    pub fn pipeline(rows: usize) -> String {
        let mut text =
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n".to_owned();
        for row in 0..rows {
            let account = if row % 6 == 0 { "" } else { "Cancity" };
            let day = 13 + row % 16;
            let (stage, engaged, closed, value) = match row % 4 {
                0 => ("Won", format!("10/{day}/2025"), format!("3/{day}/2026"), (500 + row).to_string()),
                1 => ("Lost", format!("11/{day}/2025"), format!("4/{day}/2026"), "0".to_owned()),
                2 => ("Engaging", format!("12/{day}/2025"), String::new(), String::new()),
                _ => ("Prospecting", String::new(), String::new(), String::new()),
            };
            text.push_str(&format!("OPP{row},Moses Frase,GTXPro,{account},{stage},{engaged},{closed},{value}\n"));
        }
        text
    }

    pub fn messages(&self) -> Vec<ImportRecordsRequest> {
        let header = ImportRecordsRequest { message: Some(Message::Header(self.header.clone())) };
        let chunk = |file: &str, data: &[u8]| {
            let chunk = ImportFileChunk { file: file.to_owned(), data: data.to_vec() };
            ImportRecordsRequest { message: Some(Message::Chunk(chunk)) }
        };
        let mut messages = vec![header];
        for (name, content) in &self.files {
            if content.is_empty() {
                messages.push(chunk(name, b""));
            }
            messages.extend(content.chunks(CHUNK).map(|part| chunk(name, part)));
        }
        messages
    }
}
