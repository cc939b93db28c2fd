//! SIGTERM and SIGINT: the first asks to stop, the second gives up on a clean stop.

use tokio::signal::unix::{SignalKind, signal};

/// Ends at the next SIGTERM or SIGINT, with the exit status that a shell would give (128 + number).
///
/// # Errors
/// When the handlers can't be installed.
pub async fn shutdown_signal() -> std::io::Result<u8> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => 143,
        _ = interrupt.recv() => 130,
    })
}
