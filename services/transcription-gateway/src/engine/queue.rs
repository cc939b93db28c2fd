//! The bounded queue in front of the recognisers: who is served next, and who is turned away.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{EngineError, Recognition, Request, Urgency};

/// A segment to be recognised.
pub(super) struct Job {
    pub request: Request,
    pub reply: oneshot::Sender<Result<Recognition, EngineError>>,
    /// Room in the queue; given back when the job is done or dropped.
    pub _room: OwnedSemaphorePermit,
}

/// Waiting work in three lanes, each bounded by its own permits.
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    arrived: Condvar,
    live: Arc<Semaphore>,
    recording: Arc<Semaphore>,
    partial: Arc<Semaphore>,
}

#[derive(Default)]
struct Lanes {
    live: VecDeque<Job>,
    recording: VecDeque<Job>,
    partial: VecDeque<Job>,
    /// Partials and recordings take turns, so that neither keeps the other waiting for ever.
    partial_is_next: bool,
    closed: bool,
}

impl Queue {
    /// Room for `live` finals; recordings and partials get less, since each of their senders waits or gives up.
    pub fn new(live: usize, workers: usize) -> Self {
        Self {
            lanes: Mutex::default(),
            arrived: Condvar::new(),
            live: Arc::new(Semaphore::new(live.max(1))),
            recording: Arc::new(Semaphore::new(workers * 4)),
            partial: Arc::new(Semaphore::new(workers * 2)),
        }
    }

    /// The permits of a lane.
    pub fn room(&self, urgency: Urgency) -> &Arc<Semaphore> {
        match urgency {
            Urgency::Live => &self.live,
            Urgency::Recording => &self.recording,
            Urgency::Partial => &self.partial,
        }
    }

    pub fn push(&self, job: Job) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.closed {
            let _ = job.reply.send(Err(EngineError::Stopped));
            return;
        }
        match job.request.urgency {
            Urgency::Live => lanes.live.push_back(job),
            Urgency::Recording => lanes.recording.push_back(job),
            Urgency::Partial => lanes.partial.push_back(job),
        }
        drop(lanes);
        self.arrived.notify_one();
    }

    /// The next job; waits for one. `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<Job> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(job) = lanes.next() {
                return Some(job);
            }
            if lanes.closed {
                return None;
            }
            lanes = self.arrived.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more work. What waits is still done.
    pub fn close(&self) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_all();
        for room in [&self.live, &self.recording, &self.partial] {
            room.close();
        }
    }
}

impl Lanes {
    fn next(&mut self) -> Option<Job> {
        if let Some(job) = self.live.pop_front() {
            return Some(job);
        }
        let partial_first = self.partial_is_next;
        self.partial_is_next = !partial_first;
        if partial_first {
            self.partial.pop_front().or_else(|| self.recording.pop_front())
        } else {
            self.recording.pop_front().or_else(|| self.partial.pop_front())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &Queue, urgency: Urgency, mark: f32) {
        let room = Arc::clone(queue.room(urgency)).try_acquire_owned().unwrap();
        let (reply, _) = oneshot::channel();
        queue.push(Job { request: Request::new([mark], urgency), reply, _room: room });
    }

    fn next(queue: &Queue) -> f32 {
        queue.pop().unwrap().request.samples[0]
    }

    #[test]
    fn live_speech_comes_first_and_partials_take_turns_with_recordings() {
        let queue = Queue::new(8, 1);
        for mark in [1.0, 2.0] {
            push(&queue, Urgency::Recording, 10.0 + mark);
            push(&queue, Urgency::Partial, 20.0 + mark);
        }
        push(&queue, Urgency::Live, 1.0);
        let served: Vec<f32> = (0..5).map(|_| next(&queue)).collect();
        assert_eq!(served, [1.0, 11.0, 21.0, 12.0, 22.0]);
    }

    #[test]
    fn a_full_lane_has_no_room_until_a_job_is_done() {
        let queue = Queue::new(1, 1);
        push(&queue, Urgency::Live, 1.0);
        assert!(queue.room(Urgency::Live).try_acquire().is_err());
        drop(queue.pop());
        assert!(queue.room(Urgency::Live).try_acquire().is_ok());
    }

    #[test]
    fn a_closed_queue_finishes_what_waits_and_takes_no_more() {
        let queue = Queue::new(2, 1);
        push(&queue, Urgency::Live, 1.0);
        queue.close();
        assert!(queue.pop().is_some());
        assert!(queue.pop().is_none());
        assert!(Arc::clone(queue.room(Urgency::Live)).try_acquire_owned().is_err());
    }
}
