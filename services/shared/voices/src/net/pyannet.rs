//! The segmentation network, pyannote segmentation-3.0: sound in, for each 17 ms which of up to three speakers talk.
//!
//! SincNet (a bank of learned band-pass filters and two convolutions), four bidirectional LSTM layers, three linear
//! ones. Input `samples` [1, 1, n] at 16 kHz; output `scores` [frames, 1, 7], one score for each set of speakers.

use super::builder::{Builder, Setting, Size, Value};
use crate::checkpoint::Checkpoint;

/// Sets of at most two of three speakers.
pub const CLASSES: usize = 7;
const FILTERS: usize = 80;
const FILTER_TAPS: usize = 251;
const CHANNELS: usize = 60;
const HIDDEN: usize = 128;
const LAYERS: usize = 4;
const SAMPLE_RATE_HZ: f32 = 16_000.0;
/// Narrowest band and lowest frequency, as trained.
const MIN_HZ: f32 = 50.0;
const LEAK: f32 = 0.01;
const EPSILON: f32 = 1e-5;

/// The network with the weights of `checkpoint`, as an ONNX model.
pub fn build(checkpoint: &Checkpoint) -> Result<Vec<u8>, String> {
    let mut b = Builder::default();
    let samples = b.input("samples", &[Size::Fixed(1), Size::Fixed(1), Size::Free("samples")]);
    let mut x = norm(&mut b, checkpoint, &samples, "sincnet.wav_norm1d", 1)?;
    x = sincnet(&mut b, checkpoint, &x)?;
    x = b.node("Transpose", &[&x], &[("perm", Setting::Ints(&[2, 0, 1]))]);
    for layer in 0..LAYERS {
        x = lstm(&mut b, checkpoint, &x, layer)?;
    }
    x = linear(&mut b, checkpoint, &x, "linear.0", (2 * HIDDEN, HIDDEN))?;
    x = leaky(&mut b, &x);
    x = linear(&mut b, checkpoint, &x, "linear.1", (HIDDEN, HIDDEN))?;
    x = leaky(&mut b, &x);
    x = linear(&mut b, checkpoint, &x, "classifier", (HIDDEN, CLASSES))?;
    Ok(b.finish(&x, "scores", &[Size::Free("frames"), Size::Fixed(1), Size::Fixed(CLASSES as i64)]))
}

fn sincnet(b: &mut Builder, checkpoint: &Checkpoint, x: &Value) -> Result<Value, String> {
    let filters = b.weight(&[FILTERS, 1, FILTER_TAPS], &filters(checkpoint)?);
    let bands = b.node("Conv", &[x, &filters], &[("strides", Setting::Ints(&[10]))]);
    let bands = b.node("Abs", &[&bands], &[]);
    let mut x = pooled(b, checkpoint, &bands, 0, FILTERS)?;
    for (layer, inputs) in [(1, FILTERS), (2, CHANNELS)] {
        let name = format!("sincnet.conv1d.{layer}");
        let shape = [CHANNELS, inputs, 5];
        let weight = b.weight(&shape, &checkpoint.tensor(&format!("{name}.weight"), &shape)?.values);
        let bias = b.weight(&[CHANNELS], checkpoint.vector(&format!("{name}.bias"), CHANNELS)?);
        let convolved = b.node("Conv", &[&x, &weight, &bias], &[]);
        x = pooled(b, checkpoint, &convolved, layer, CHANNELS)?;
    }
    Ok(x)
}

fn pooled(b: &mut Builder, checkpoint: &Checkpoint, x: &Value, layer: usize, size: usize) -> Result<Value, String> {
    let three = Setting::Ints(&[3]);
    let pooled = b.node("MaxPool", &[x], &[("kernel_shape", three), ("strides", three)]);
    let normed = norm(b, checkpoint, &pooled, &format!("sincnet.norm1d.{layer}"), size)?;
    Ok(leaky(b, &normed))
}

fn norm(b: &mut Builder, checkpoint: &Checkpoint, x: &Value, name: &str, size: usize) -> Result<Value, String> {
    let scale = b.weight(&[size], checkpoint.vector(&format!("{name}.weight"), size)?);
    let bias = b.weight(&[size], checkpoint.vector(&format!("{name}.bias"), size)?);
    Ok(b.node("InstanceNormalization", &[x, &scale, &bias], &[("epsilon", Setting::Float(EPSILON))]))
}

fn leaky(b: &mut Builder, x: &Value) -> Value {
    b.node("LeakyRelu", &[x], &[("alpha", Setting::Float(LEAK))])
}

fn linear(
    b: &mut Builder,
    checkpoint: &Checkpoint,
    x: &Value,
    name: &str,
    (inputs, outputs): (usize, usize),
) -> Result<Value, String> {
    let stored = &checkpoint.tensor(&format!("{name}.weight"), &[outputs, inputs])?.values;
    let turned: Vec<f32> = (0..inputs).flat_map(|i| stored.iter().skip(i).step_by(inputs).copied()).collect();
    let weight = b.weight(&[inputs, outputs], &turned);
    let bias = b.weight(&[outputs], checkpoint.vector(&format!("{name}.bias"), outputs)?);
    let product = b.node("MatMul", &[x, &weight], &[]);
    Ok(b.node("Add", &[&product, &bias], &[]))
}

/// One layer in both directions; x is [frames, 1, inputs] and so is what comes out, with 256 for inputs.
fn lstm(b: &mut Builder, checkpoint: &Checkpoint, x: &Value, layer: usize) -> Result<Value, String> {
    let inputs = if layer == 0 { CHANNELS } else { 2 * HIDDEN };
    let (mut w, mut r, mut biases) = (Vec::new(), Vec::new(), Vec::new());
    for direction in ["", "_reverse"] {
        let name = |part: &str| format!("lstm.{part}_l{layer}{direction}");
        w.extend(gates(&checkpoint.tensor(&name("weight_ih"), &[4 * HIDDEN, inputs])?.values));
        r.extend(gates(&checkpoint.tensor(&name("weight_hh"), &[4 * HIDDEN, HIDDEN])?.values));
        biases.extend(gates(checkpoint.vector(&name("bias_ih"), 4 * HIDDEN)?));
        biases.extend(gates(checkpoint.vector(&name("bias_hh"), 4 * HIDDEN)?));
    }
    let w = b.weight(&[2, 4 * HIDDEN, inputs], &w);
    let r = b.weight(&[2, 4 * HIDDEN, HIDDEN], &r);
    let biases = b.weight(&[2, 8 * HIDDEN], &biases);
    let settings = [("hidden_size", Setting::Int(HIDDEN as i64)), ("direction", Setting::Text("bidirectional"))];
    let y = b.node("LSTM", &[x, &w, &r, &biases], &settings);
    let y = b.node("Transpose", &[&y], &[("perm", Setting::Ints(&[0, 2, 1, 3]))]);
    let shape = b.integers(&[0, 0, 2 * HIDDEN as i64]);
    Ok(b.node("Reshape", &[&y, &shape], &[]))
}

/// PyTorch keeps the gates in the order input, forget, cell, output; ONNX wants input, output, forget, cell.
fn gates(values: &[f32]) -> Vec<f32> {
    let quarters: Vec<&[f32]> = values.chunks(values.len() / 4).collect();
    [0, 3, 1, 2].iter().filter_map(|gate| quarters.get(*gate)).flat_map(|quarter| quarter.iter().copied()).collect()
}

/// The band-pass filters, even ones first, then odd ones, from their trained edges (Pariente et al., "Filterbank design
/// for end-to-end speech separation", 2020).
fn filters(checkpoint: &Checkpoint) -> Result<Vec<f32>, String> {
    let (bands, half) = (FILTERS / 2, FILTER_TAPS / 2);
    let bank = |name: &str| format!("sincnet.conv1d.0.filterbank.{name}");
    let low = &checkpoint.tensor(&bank("low_hz_"), &[bands, 1])?.values;
    let width = &checkpoint.tensor(&bank("band_hz_"), &[bands, 1])?.values;
    let window = checkpoint.vector(&bank("window_"), half)?;
    let times = &checkpoint.tensor(&bank("n_"), &[1, half])?.values;
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    for (low, width) in low.iter().zip(width) {
        let low = MIN_HZ + low.abs();
        let high = (low + MIN_HZ + width.abs()).clamp(MIN_HZ, SAMPLE_RATE_HZ / 2.0);
        let norm = 2.0 * (high - low);
        let side = |f: fn(f32) -> f32, sign: f32| -> Vec<f32> {
            let tap = |(t, w): (&f32, &f32)| sign * (f(high * t) - f(low * t)) / (t / 2.0) * w / norm;
            times.iter().zip(window).map(tap).collect()
        };
        let (cosine, sine) = (side(f32::sin, 1.0), side(f32::cos, -1.0));
        even.extend(cosine.iter().copied().chain([1.0]).chain(cosine.iter().rev().copied()));
        odd.extend(sine.iter().copied().chain([0.0]).chain(sine.iter().rev().map(|tap| -tap)));
    }
    even.extend(odd);
    Ok(even)
}
