//! Prints the gRPC service config of the API: `cargo run --example service_config > proto/service_config.json`.

use throughline_rpc::methods::Methods;
use throughline_rpc::service_config::service_config;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:#}", service_config(Methods::api()?));
    Ok(())
}
