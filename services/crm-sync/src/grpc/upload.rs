//! The files of an import as they come in chunks: bounded in size and number, every violation of the header at once.

use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::{DateOrder, ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest};
use throughline_rpc::auth::Principal;
use throughline_rpc::{Error, Reason, Violations, name};
use tonic::Streaming;

use crate::crm::Import;
use crate::domain::date;
use crate::domain::import::SourceFile;
use crate::domain::value::Currency;

/// Most bytes of a chunk.
const CHUNK_MAX: usize = 32 * 1024;
/// Most files of an import.
const FILES_MAX: usize = 32;
/// Longest name of a file, characters.
const NAME_MAX_CHARS: usize = 200;
/// Longest request id, characters.
const REQUEST_ID_MAX_CHARS: usize = 128;

/// Reads a whole import. The caller is authorised by the header, before the first file is taken.
pub async fn read(
    mut stream: Streaming<ImportRecordsRequest>,
    caller: &Principal,
    max_bytes: u64,
) -> Result<Import, Error> {
    let Some(Message::Header(header)) = next(&mut stream).await? else {
        return Err(Error::invalid_field("message", "the first message must be the header"));
    };
    let mut import = parse_header(header)?;
    caller.authorize_workspace(&import.workspace)?;
    let mut bytes = 0_u64;
    while let Some(message) = next(&mut stream).await? {
        match message {
            Message::Header(_) => return Err(Error::invalid_field("header", "comes once, at the begin")),
            Message::Chunk(chunk) => {
                bytes += chunk.data.len() as u64;
                if bytes > max_bytes {
                    let message = format!("an import has at most {max_bytes} bytes; import in parts");
                    return Err(Error::resource_exhausted(Reason::LimitExceeded, message, None)
                        .with_metadata("limit", max_bytes.to_string()));
                }
                take(&mut import.files, chunk)?;
            }
        }
    }
    if import.files.is_empty() {
        return Err(Error::invalid_field("chunk", "there is no file"));
    }
    Ok(import)
}

async fn next(stream: &mut Streaming<ImportRecordsRequest>) -> Result<Option<Message>, Error> {
    // A stream that breaks has a status of its own; nothing was stored.
    let cut_off = |status: tonic::Status| {
        Error::new(tonic::Code::Cancelled, Reason::InvalidFields, "the upload broke off; nothing of it was stored")
            .caused_by(status)
    };
    match stream.message().await.map_err(cut_off)? {
        None => Ok(None),
        Some(ImportRecordsRequest { message: None }) => Err(Error::invalid_field("message", "is required")),
        Some(ImportRecordsRequest { message }) => Ok(message),
    }
}

fn parse_header(header: ImportRecordsHeader) -> Result<Import, Error> {
    let ImportRecordsHeader { parent, date_order, default_currency, validate_only, request_id } = header;
    let mut violations = Violations::new();
    let ids = name::WORKSPACE.require(&mut violations, "header.parent", &parent);
    let date_order = match DateOrder::try_from(date_order) {
        Ok(DateOrder::Unspecified) => None,
        Ok(DateOrder::Mdy) => Some(date::DateOrder::MonthFirst),
        Ok(DateOrder::Dmy) => Some(date::DateOrder::DayFirst),
        Err(_) => {
            violations.add("header.date_order", "is not a known order");
            None
        }
    };
    let currency = Currency::parse(&default_currency);
    let known = default_currency.is_empty() || currency.is_some();
    violations.check(known, "header.default_currency", "must be an ISO 4217 code");
    let short = request_id.chars().count() <= REQUEST_ID_MAX_CHARS;
    violations.check(short, "header.request_id", "must have at most 128 characters");
    violations.finish()?;
    let [workspace] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
    Ok(Import { workspace, files: Vec::new(), date_order, default_currency: currency, validate_only, request_id })
}

fn take(files: &mut Vec<SourceFile>, chunk: ImportFileChunk) -> Result<(), Error> {
    let ImportFileChunk { file, data } = chunk;
    let mut violations = Violations::new();
    violations.text("chunk.file", &file, NAME_MAX_CHARS);
    violations.check(data.len() <= CHUNK_MAX, "chunk.data", "must have at most 32 KiB");
    let is_next = files.last().is_some_and(|last| last.name == file);
    let again = !is_next && files.iter().any(|earlier| earlier.name == file);
    violations.check(!again, "chunk.file", "was ended by another file; each file comes once");
    violations.check(
        is_next || files.len() < FILES_MAX,
        "chunk.file",
        "is one too many: an import has at most 32 files",
    );
    violations.finish()?;
    match files.last_mut() {
        Some(last) if is_next => last.bytes.extend_from_slice(&data),
        _ => files.push(SourceFile { name: file, bytes: data.to_vec() }),
    }
    Ok(())
}
