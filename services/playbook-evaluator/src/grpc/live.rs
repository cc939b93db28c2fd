//! EvaluateStream: opens a live call. What happens in it is the business of `live`.

use futures::stream::BoxStream;
use throughline_proto::playbook::v1::{EvaluateStreamRequest, EvaluateStreamResponse};
use throughline_rpc::auth::principal;
use tonic::{Request, Status, Streaming};

use super::Evaluations;
use crate::convert;

pub async fn open(
    service: &Evaluations,
    request: Request<Streaming<EvaluateStreamRequest>>,
) -> Result<BoxStream<'static, Result<EvaluateStreamResponse, Status>>, Status> {
    let caller = principal(&request)?;
    let mut messages = request.into_inner();
    let header = service.live.header(&mut messages).await?;
    let opening = convert::opening(header)?;
    caller.authorize_workspace(&opening.workspace)?;
    let room = service.live.room()?;
    Ok(service.live.follow(&service.assessor, opening, messages, room).await?)
}
