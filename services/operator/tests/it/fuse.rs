//! A crash at a chosen point: the n-th effect happens, and its answer never comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

/// Burns with each effect. Cheap to clone.
#[derive(Clone, Default)]
pub struct Fuse(Arc<Inner>);

#[derive(Default)]
struct Inner {
    left: AtomicI64,
    blown: Notify,
}

impl Fuse {
    /// The n-th effect from now, from 1, is the last; 0 for none.
    pub fn set(&self, effects: i64) {
        self.0.left.store(effects, Ordering::SeqCst);
    }

    /// Something has happened that outlives the operator.
    pub async fn effect(&self) {
        if self.0.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.blown.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Ends at the crash.
    pub async fn blown(&self) {
        self.0.blown.notified().await;
    }
}
