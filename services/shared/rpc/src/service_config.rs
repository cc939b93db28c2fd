//! The gRPC service config for clients in other languages: what our own client does, said in the form that gRPC knows.
//! <https://github.com/grpc/grpc/blob/master/doc/service_config.md>

use serde_json::{Value, json};

use crate::client::DEFAULT_TIMEOUT;
use crate::methods::{Method, Methods};

/// Balanced over all addresses; a deadline for every unary call; UNAVAILABLE tried again for methods that are the same
/// carried out once or twice, as long as most calls go well.
#[must_use]
pub fn service_config(methods: &Methods) -> Value {
    let group = |of: fn(&Method) -> bool| {
        let mut names: Vec<_> =
            methods.iter().filter(|(_, method)| of(method)).filter_map(|(path, _)| name(path)).collect();
        names.sort();
        names.into_iter().map(|(service, method)| json!({"service": service, "method": method})).collect::<Vec<_>>()
    };
    let timeout = format!("{}s", DEFAULT_TIMEOUT.as_secs());
    let retry = json!({
        "maxAttempts": 3,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 5,
        "retryableStatusCodes": ["UNAVAILABLE"],
    });
    json!({
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": group(|method| !method.streaming && method.idempotent),
                "timeout": timeout,
                "retryPolicy": retry,
            },
            {"name": group(|method| !method.streaming && !method.idempotent), "timeout": timeout},
            // Streams last as long as they last.
            {"name": group(|method| method.streaming)},
        ],
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.2},
    })
}

/// `/package.Service/Method` in its two parts.
fn name(path: &str) -> Option<(&str, &str)> {
    path.trim_start_matches('/').split_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_service_config_is_that_of_the_protos() {
        let shipped: Value = serde_json::from_str(include_str!("../../../../proto/service_config.json")).unwrap();
        let now = service_config(Methods::api().unwrap());
        assert_eq!(shipped, now, "write it anew: cargo run --example service_config > proto/service_config.json");
    }

    #[test]
    fn reads_and_requests_with_an_id_are_tried_again_and_streams_are_not() {
        let config = service_config(Methods::api().unwrap());
        let group = |index: usize| config["methodConfig"][index]["name"].to_string();
        assert!(group(0).contains("GetCall") && group(0).contains("CreateCall"));
        assert!(group(1).contains("DeliverEvent"));
        assert!(group(2).contains("StreamAudio") && !group(0).contains("StreamAudio"));
    }
}
