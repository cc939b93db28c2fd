//! Sides that nobody said are those of the CRM.

use throughline_proto::common::v1::{Participant, Side};
use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::crm::v1::{ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest};
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{Call, CreateCallRequest, ImportTranscriptRequest, UpdateCallRequest};

use crate::program::{Up, repository};

const PARENT: &str = "workspaces/demo";

/// The sample CRM.
async fn import_records(up: &Up) {
    let header = ImportRecordsHeader { parent: PARENT.to_owned(), ..Default::default() };
    let mut messages = vec![ImportRecordsRequest { message: Some(Message::Header(header)) }];
    for file in ["users.csv", "accounts.csv", "contacts.csv", "opportunities.csv"] {
        let data = std::fs::read(repository("samples/crm").join(file)).unwrap();
        let chunk = ImportFileChunk { file: file.to_owned(), data };
        messages.push(ImportRecordsRequest { message: Some(Message::Chunk(chunk)) });
    }
    RecordServiceClient::new(up.peer(3)).import_records(tokio_stream::iter(messages)).await.unwrap();
}

fn person(id: &str, email: &str) -> Participant {
    Participant { id: id.to_owned(), email: email.to_owned(), ..Default::default() }
}

fn sides(call: &Call) -> Vec<Side> {
    call.participants.iter().map(|who| who.side()).collect()
}

#[tokio::test]
async fn whom_the_crm_knows_has_a_side_and_others_have_none() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path()).await;
    import_records(&up).await;
    let mut transcription = TranscriptionServiceClient::new(up.peer(0));

    // By address: a user, a contact, and somebody of whom nothing is known; what was said stays.
    let participants = vec![
        person("a", "priya.raman@brightledger.example"),
        person("b", "tom.ashworth@northmoor.example"),
        person("c", "somebody@elsewhere.example"),
        Participant { side: Side::Rep.into(), ..person("d", "helen.sykes@northmoor.example") },
    ];
    let call = Call { participants, ..Default::default() };
    let request = CreateCallRequest { parent: PARENT.to_owned(), call: Some(call), ..Default::default() };
    let mut call = transcription.create_call(request).await.unwrap().into_inner();
    assert_eq!(sides(&call), [Side::Rep, Side::Buyer, Side::Unspecified, Side::Rep]);

    // By name, when it becomes known.
    call.participants[2].name = "Martin Cole".to_owned();
    let update_mask = Some(prost_types::FieldMask { paths: vec!["participants".to_owned()] });
    let request = UpdateCallRequest { call: Some(call), update_mask, ..Default::default() };
    let call = transcription.update_call(request).await.unwrap().into_inner();
    assert_eq!(sides(&call), [Side::Rep, Side::Buyer, Side::Buyer, Side::Rep]);

    // By the names in a transcript of another tool.
    let request = CreateCallRequest { parent: PARENT.to_owned(), call: Some(Call::default()), ..Default::default() };
    let call = transcription.create_call(request).await.unwrap().into_inner().name;
    let content = std::fs::read(repository("samples/calls/discovery.vtt")).unwrap();
    let request = ImportTranscriptRequest { call, content, ..Default::default() };
    let turns = transcription.import_transcript(request).await.unwrap().into_inner().turns;
    assert_eq!((turns[0].side(), turns[1].side()), (Side::Rep, Side::Buyer));
    assert!(turns.iter().all(|turn| turn.side() != Side::Unspecified));
}
