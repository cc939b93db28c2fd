//! How many segments of live streams may wait for their voices: a final that comes late is worse than one whose voice is
//! not told.

use std::sync::Arc;

use opentelemetry::global;
use opentelemetry::metrics::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Segments for each session of the models, the one that is heard included: with a tenth of a second for each, what is
/// heard at all is heard within half a second.
const WAITING: usize = 4;

/// Room for segments that wait, shared by all streams.
#[derive(Debug, Clone)]
pub struct Room {
    free: Arc<Semaphore>,
    all: usize,
    turned_away: Counter<u64>,
}

impl Room {
    /// Of the meter provider that is set by now.
    pub fn new(sessions: usize) -> Self {
        let all = sessions.max(1) * WAITING;
        let turned_away = global::meter("throughline")
            .u64_counter("throughline.voices.turned_away")
            .with_description("Segments of live streams whose voice was not told because others waited.")
            .build();
        Self { free: Arc::new(Semaphore::new(all)), all, turned_away }
    }

    /// A place, until it is dropped; `None` when there is none.
    pub fn take(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.free).try_acquire_owned().ok();
        if place.is_none() {
            self.turned_away.add(1, &[]);
        }
        place
    }

    /// Whether so many wait that what nobody needs should not be begun.
    pub fn is_short(&self) -> bool {
        self.free.available_permits() * 2 < self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_gets_short_before_it_is_gone_and_comes_back() {
        let room = Room::new(2);
        let mut places: Vec<_> = (0..4).map(|_| room.take().unwrap()).collect();
        assert!(!room.is_short());
        places.push(room.take().unwrap());
        assert!(room.is_short());
        places.extend((0..3).map(|_| room.take().unwrap()));
        assert!(room.take().is_none());
        places.truncate(4);
        assert!(!room.is_short() && room.take().is_some());
    }
}
