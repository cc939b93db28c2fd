//! Rate, errors and duration of each method that is served, under the names of OpenTelemetry's semantic conventions.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::metrics::{Histogram, UpDownCounter};
use opentelemetry::{KeyValue, global};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME,
};
use opentelemetry_semantic_conventions::metric::RPC_SERVER_CALL_DURATION;
use tonic::Code;

use crate::body::{code_name, is_server_fault};
use crate::methods::Methods;

/// Not in the conventions yet for RPC; named after `http.server.active_requests`.
const RPC_SERVER_ACTIVE_REQUESTS: &str = "rpc.server.active_requests";
/// Seconds, as the conventions advise.
const BOUNDARIES: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Stands for methods that are not of the API: callers must not decide how many series there are.
const OTHER: &str = "_OTHER";

/// The instruments of a server; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ServerMetrics(Arc<Instruments>);

#[derive(Debug)]
struct Instruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

impl ServerMetrics {
    /// Of the meter provider that is set by now.
    pub(crate) fn new() -> Self {
        let meter = global::meter("throughline");
        let duration = meter
            .f64_histogram(RPC_SERVER_CALL_DURATION)
            .with_unit("s")
            .with_description("Duration of incoming calls, from the request to the last byte of the answer.")
            .with_boundaries(BOUNDARIES.to_vec())
            .build();
        let active = meter
            .i64_up_down_counter(RPC_SERVER_ACTIVE_REQUESTS)
            .with_unit("{request}")
            .with_description("Incoming calls that are being served.")
            .build();
        Self(Arc::new(Instruments { duration, active }))
    }

    /// A call to the method at `path` has begun.
    pub(crate) fn begin(&self, path: &str) -> Measured {
        let api = Methods::api().ok().and_then(|api| api.entry(path));
        let method = api.map_or(OTHER, |(path, _)| path.trim_start_matches('/'));
        let call = [KeyValue::new(RPC_SYSTEM_NAME, "grpc"), KeyValue::new(RPC_METHOD, method)];
        self.0.active.add(1, &call);
        // What ends without a status was given up by the caller.
        Measured { instruments: self.0.clone(), call, begun: Instant::now(), code: Code::Cancelled }
    }
}

/// A call that is being served; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Measured {
    instruments: Arc<Instruments>,
    call: [KeyValue; 2],
    begun: Instant,
    code: Code,
}

impl Measured {
    /// How it ended.
    pub(crate) fn ended(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.instruments.active.add(-1, &self.call);
        let [system, method] = self.call.clone();
        let name = code_name(self.code);
        let status = KeyValue::new(RPC_RESPONSE_STATUS_CODE, name);
        let seconds = self.begun.elapsed().as_secs_f64();
        if is_server_fault(self.code) {
            self.instruments.duration.record(seconds, &[system, method, status, KeyValue::new(ERROR_TYPE, name)]);
        } else {
            self.instruments.duration.record(seconds, &[system, method, status]);
        }
    }
}
