//! One window of at most ten seconds: who of up to three local speakers talks when, piece by piece, and what each piece
//! sounds like.
//!
//! A piece is what a local speaker says without a longer pause, at most three seconds of it. Pieces, and not local
//! speakers, are what is grouped later: the segmentation now and then takes two people who are alike for one within a
//! window. Owns: the step from scores to pieces, and the choice of the sound that an embedding is made of. Does not own:
//! who speaks a piece (see `cluster` and `tracker`).

use std::ops::Range;

use crate::embedding::Embedding;
use crate::fbank::{Fbank, Frame, LENGTH, SHIFT};
use crate::models::{Models, Scores, VoiceError};

/// Samples of a full window: ten seconds, what the segmentation was trained on.
pub const WINDOW: usize = 160_000;
/// Samples from one frame of the segmentation to the next.
pub const STEP: usize = 270;
/// Frames of a full window.
pub const FRAMES: usize = 589;
/// Samples before the part that the first frame stands for: half of what it sees beside it.
const LEAD: usize = 360;
/// Local speakers of a window.
const LOCALS: u8 = 3;
/// The sets that the classes of the segmentation stand for, as bits.
const SETS: [u8; 7] = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110];
/// A pause this short, in frames of the segmentation, parts no piece: a fifth of a second.
const PAUSE: usize = 12;
/// Longest piece, in the same frames: three seconds.
const LONGEST: usize = 178;
/// Sound that an embedding is made of if there is as much, and the least it is made of, in frames of 10 ms.
const ENOUGH: usize = 80;
const LEAST: usize = 30;

/// What is in a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// For each frame the local speakers who talk, as bits.
    pub active: Vec<u8>,
    /// In order of their start.
    pub pieces: Vec<Piece>,
}

/// What one local speaker says without a longer pause.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Number of the local speaker in this window.
    pub local: u8,
    /// Frames of the window.
    pub frames: Range<usize>,
    /// What it sounds like; `None` where there is too little to tell.
    pub sound: Option<Sound>,
}

/// What a piece sounds like.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    pub embedding: Embedding,
    /// Seconds that the embedding is made of.
    pub seconds: f32,
    /// Whether nobody else talks in them, and all of them are of this piece.
    pub clear: bool,
}

/// Takes windows apart. Keeps its buffers.
#[derive(Default)]
pub struct Analyser {
    fbank: Fbank,
}

impl Analyser {
    /// What is in a window of at most [`WINDOW`] samples; pieces as far as they lie within `wanted` frames. Blocks for about
    /// a tenth of a second.
    pub fn hear(&mut self, models: &Models, samples: &[f32], wanted: Range<usize>) -> Result<Heard, VoiceError> {
        if samples.len() < 2 * (STEP + LEAD) {
            return Ok(Heard::default());
        }
        let active: Vec<u8> = models.segment(samples)?.iter().map(likeliest).collect();
        let mut pieces = Vec::new();
        for local in 0..LOCALS {
            for frames in stretches(&active, local) {
                let inside = frames.start.max(wanted.start)..frames.end.min(wanted.end);
                if inside.is_empty() {
                    continue;
                }
                let sound = self.sound(models, samples, &active, local, frames)?;
                pieces.push(Piece { local, frames: inside, sound });
            }
        }
        pieces.sort_by_key(|piece| piece.frames.start);
        Ok(Heard { active, pieces })
    }

    /// What is heard of a local speaker in `frames`: alone if there is enough of that, else with what it says alone
    /// nearby, else as it is.
    fn sound(
        &mut self,
        models: &Models,
        samples: &[f32],
        active: &[u8],
        local: u8,
        frames: Range<usize>,
    ) -> Result<Option<Sound>, VoiceError> {
        let bit = 1 << local;
        let starts = |wanted: &dyn Fn(usize, u8) -> bool| -> Vec<usize> {
            let all = (0..Fbank::frames(samples.len())).map(|frame| frame * SHIFT);
            all.filter(|start| {
                let frame = frame_at(start + LENGTH / 2);
                active.get(frame).is_some_and(|set| wanted(frame, *set))
            })
            .collect()
        };
        let mut chosen = starts(&|frame, set| set == bit && frames.contains(&frame));
        let clear = chosen.len() >= ENOUGH;
        if !clear {
            // What it says alone nearby is most probably the same voice.
            let middle = sample_of((frames.start + frames.end) / 2);
            let mut near = starts(&|frame, set| set == bit && !frames.contains(&frame));
            near.sort_by_key(|start| start.abs_diff(middle));
            chosen.extend(near.into_iter().take(ENOUGH - chosen.len()));
            chosen.sort_unstable();
        }
        if chosen.len() < LEAST {
            chosen = starts(&|frame, set| set & bit != 0 && frames.contains(&frame));
        }
        if chosen.len() < LEAST {
            return Ok(None);
        }
        let seconds = (chosen.len() * SHIFT) as f32 / crate::SAMPLE_RATE_HZ as f32;
        let frame = |start: &usize| self.fbank.frame(samples.get(*start..).unwrap_or_default());
        let bands: Vec<Frame> = chosen.iter().map(frame).collect();
        Ok(models.embed(&bands)?.map(|embedding| Sound { embedding, seconds, clear }))
    }
}

/// The frame of the segmentation that stands for a sample of the window.
pub fn frame_at(sample: usize) -> usize {
    (sample.saturating_sub(LEAD) / STEP).min(FRAMES - 1)
}

/// The first sample that a frame stands for.
pub fn sample_of(frame: usize) -> usize {
    if frame == 0 { 0 } else { frame * STEP + LEAD }
}

/// Where a local speaker talks, over short pauses, in stretches of at most three seconds that are about as long as each
/// other.
fn stretches(active: &[u8], local: u8) -> Vec<Range<usize>> {
    let mut whole: Vec<Range<usize>> = Vec::new();
    for (frame, _) in active.iter().enumerate().filter(|(_, set)| **set & 1 << local != 0) {
        match whole.last_mut() {
            Some(last) if frame - last.end <= PAUSE => last.end = frame + 1,
            _ => whole.push(frame..frame + 1),
        }
    }
    let parts = |stretch: Range<usize>| {
        let count = stretch.len().div_ceil(LONGEST);
        let at = move |part: usize| stretch.start + stretch.len() * part / count;
        (0..count).map(move |part| at(part)..at(part + 1)).collect::<Vec<_>>()
    };
    whole.into_iter().flat_map(parts).collect()
}

fn likeliest(scores: &Scores) -> u8 {
    let best = scores.iter().zip(SETS).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map_or(0, |(_, set)| set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_of_a_window_has_its_frame() {
        assert_eq!((frame_at(0), frame_at(LEAD + STEP), frame_at(WINDOW)), (0, 1, FRAMES - 1));
        for frame in 1..FRAMES {
            assert_eq!(frame_at(sample_of(frame)), frame);
        }
    }

    #[test]
    fn the_likeliest_set_of_speakers_wins() {
        assert_eq!(likeliest(&[0.1, 0.2, 0.0, 0.0, 0.9, 0.0, 0.0]), 0b011);
        assert_eq!(likeliest(&[0.9, 0.2, 0.0, 0.0, 0.3, 0.0, 0.0]), 0);
    }

    #[test]
    fn long_talk_is_several_pieces_and_a_short_pause_parts_nothing() {
        let active = [vec![1; 200], vec![0; PAUSE], vec![3; 20], vec![2; 30]].concat();
        let end = 200 + PAUSE + 20;
        assert_eq!(stretches(&active, 0), [0..end / 2, end / 2..end]);
        assert_eq!(stretches(&active, 1), std::slice::from_ref(&(200 + PAUSE..end + 30)));
        assert_eq!(stretches(&active, 2), []);
    }
}
