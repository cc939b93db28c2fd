//! Tracks that come in frames of their own, put side by side by their times: what is late or missing is silence, and
//! nothing piles up.

use std::collections::VecDeque;

use super::frame::{Media, Track};

const SAMPLES_PER_MS: u64 = 8;
/// Frames may overtake each other by this much.
const HOLD: usize = 100 * SAMPLES_PER_MS as usize;
/// A track that is behind the other by more than this has nothing to say for the moment.
const LAG: usize = 500 * SAMPLES_PER_MS as usize;
/// No gap is longer: a timestamp that leaps further is a mistake.
const MAX_LEAP: u64 = 10 * 60 * 1000 * SAMPLES_PER_MS;
/// µ-law of nothing.
const SILENCE: u8 = 0xff;

/// The tracks of a stream, from the sample on that was given out last.
#[derive(Debug)]
pub struct Mixer {
    tracks: Vec<(Track, VecDeque<u8>)>,
    given: u64,
}

impl Mixer {
    /// Tracks in the order of their channels.
    pub fn new(tracks: &[Track]) -> Self {
        Self { tracks: tracks.iter().map(|track| (*track, VecDeque::new())).collect(), given: 0 }
    }

    /// Takes a frame in. One that comes too late, or again, changes nothing that was given out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn push(&mut self, media: &Media) -> Result<(), &'static str> {
        let track = self.tracks.iter_mut().find(|(track, _)| *track == media.track);
        let (_, samples) = track.ok_or("media of a track that the start frame does not name")?;
        let begin = media.timestamp_ms.saturating_mul(SAMPLES_PER_MS);
        let past = usize::try_from(self.given.saturating_sub(begin)).unwrap_or(usize::MAX);
        let Some(payload) = media.payload.get(past..).filter(|payload| !payload.is_empty()) else { return Ok(()) };
        let ahead = begin.saturating_sub(self.given);
        let end = samples.len() as u64;
        if ahead > end + MAX_LEAP {
            return Err("the timestamp of a media frame is more than ten minutes ahead");
        }
        let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
        if samples.len() < ahead + payload.len() {
            samples.resize(ahead + payload.len(), SILENCE);
        }
        samples.iter_mut().skip(ahead).zip(payload).for_each(|(sample, new)| *sample = *new);
        Ok(())
    }

    /// What is complete, or late enough, interleaved.
    pub fn take(&mut self) -> Vec<u8> {
        let ends = self.tracks.iter().map(|(_, samples)| samples.len());
        let (first, last) = (ends.clone().min().unwrap_or(0), ends.max().unwrap_or(0));
        self.give(first.max(last.saturating_sub(LAG)).saturating_sub(HOLD))
    }

    /// All that is left, interleaved.
    pub fn finish(&mut self) -> Vec<u8> {
        self.give(self.tracks.iter().map(|(_, samples)| samples.len()).max().unwrap_or(0))
    }

    fn give(&mut self, frames: usize) -> Vec<u8> {
        self.given += frames as u64;
        let mut out = vec![SILENCE; frames * self.tracks.len()];
        let channels = self.tracks.len();
        for (channel, (_, samples)) in self.tracks.iter_mut().enumerate() {
            let there = samples.len().min(frames);
            let places = out.iter_mut().skip(channel).step_by(channels);
            places.zip(samples.drain(..there)).for_each(|(place, sample)| *place = sample);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn media(track: Track, timestamp_ms: u64, sample: u8) -> Media {
        Media { track, timestamp_ms, payload: vec![sample; 160] }
    }

    #[test]
    fn tracks_stand_side_by_side_at_their_times() {
        let mut mixer = Mixer::new(&[Track::Inbound, Track::Outbound]);
        mixer.push(&media(Track::Inbound, 0, 1)).unwrap();
        mixer.push(&media(Track::Outbound, 20, 2)).unwrap();
        let all = mixer.finish();
        assert_eq!(all.len(), 2 * 320);
        assert_eq!((&all[..2], &all[638..]), (&[1, SILENCE][..], &[SILENCE, 2][..]));
    }

    #[test]
    fn frames_in_the_wrong_order_are_put_right_and_lost_ones_are_silence() {
        let mut mixer = Mixer::new(&[Track::Inbound]);
        for timestamp in [0, 40, 20, 80] {
            mixer.push(&media(Track::Inbound, timestamp, timestamp as u8 + 1)).unwrap();
        }
        let all = mixer.finish();
        let heard: Vec<u8> = all.chunks(160).map(|chunk| chunk[0]).collect();
        assert_eq!(heard, [1, 21, 41, SILENCE, 81]);
        // Too late: given out already.
        mixer.push(&media(Track::Inbound, 60, 9)).unwrap();
        assert!(mixer.finish().is_empty());
    }

    #[test]
    fn a_track_that_says_nothing_holds_the_other_up_for_half_a_second_at_most() {
        let mut mixer = Mixer::new(&[Track::Inbound, Track::Outbound]);
        for n in 0..100 {
            mixer.push(&media(Track::Inbound, n * 20, 1)).unwrap();
        }
        assert_eq!(mixer.take().len(), 2 * (2_000 - 600) * 8);
    }

    #[test]
    fn leaps_and_unknown_tracks_are_refused() {
        let mut mixer = Mixer::new(&[Track::Inbound]);
        assert!(mixer.push(&media(Track::Outbound, 0, 1)).is_err());
        assert!(mixer.push(&media(Track::Inbound, u64::MAX, 1)).is_err());
        mixer.push(&media(Track::Inbound, 599_000, 1)).unwrap();
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded_and_what_is_given_out_goes_forward(
            frames in proptest::collection::vec((proptest::bool::ANY, 0_u64..3_000, 0_usize..400), 0..60)
        ) {
            let mut mixer = Mixer::new(&[Track::Inbound, Track::Outbound]);
            let (mut given, mut end) = (0, 0);
            for (inbound, timestamp_ms, bytes) in frames {
                let track = if inbound { Track::Inbound } else { Track::Outbound };
                mixer.push(&Media { track, timestamp_ms, payload: vec![1; bytes] }).unwrap();
                if bytes > 0 {
                    end = end.max(timestamp_ms as usize * 8 + bytes);
                }
                given += mixer.take().len() / 2;
                prop_assert!(given <= end);
                prop_assert!(end - given <= LAG + HOLD, "{} samples are held", end - given);
            }
            given += mixer.finish().len() / 2;
            prop_assert!(given >= end);
        }
    }
}
