//! The speaker network, CAM++ (Wang et al., 2023): 80 log-mel bands in, a vector of 192 numbers out that is alike for
//! what one person says.
//!
//! A small two-dimensional convolutional head, then densely connected time-delay layers, each with a context-aware mask,
//! and the mean and spread over time. Batch normalisations that follow a convolution are folded into it. Input `bands`
//! [1, 1, 80, n], n of 10 ms, their mean over time taken off, and what [`Shape`] says of the
//! length; output `embedding` [1, 192].

use super::builder::{Builder, Setting, Size, Value};
use crate::checkpoint::Checkpoint;
use crate::embedding::DIMS;
use crate::fbank::BANDS;

const EPSILON: f32 = 1e-5;
const HEAD: usize = 32;
const GROWTH: usize = 32;
const BOTTLENECK: usize = 128;
/// Layers and dilation of each dense block.
const BLOCKS: [(usize, i64); 3] = [(12, 1), (24, 2), (16, 2)];
/// Steps of 20 ms that share a context.
const CONTEXT: usize = 100;

/// The network with the weights of `checkpoint`, as an ONNX model.
pub fn build(checkpoint: &Checkpoint) -> Result<Vec<u8>, String> {
    let mut net = Net { b: Builder::default(), checkpoint };
    let sizes = [Size::Fixed(1), Size::Fixed(1), Size::Fixed(BANDS as i64), Size::Free("frames")];
    let bands = net.b.input("bands", &sizes);
    let context = Context {
        averages: net.b.input("averages", &[Size::Free("steps"), Size::Free("contexts")]),
        places: net.b.input("places", &[Size::Free("contexts"), Size::Free("steps")]),
    };
    let unbiased = net.b.input("unbiased", &[Size::Free("steps"), Size::Fixed(1)]);
    let mut x = net.head(&bands)?;
    let mut channels = 128;
    x = net.conv(
        &x,
        "xvector.tdnn.linear",
        &[channels, HEAD * BANDS / 8, 5],
        Some("xvector.tdnn.nonlinear.batchnorm"),
        &[("strides", Setting::Ints(&[2])), ("pads", Setting::Ints(&[2, 2]))],
    )?;
    x = net.relu(&x);
    for (block, (layers, dilation)) in BLOCKS.into_iter().enumerate() {
        for layer in 1..=layers {
            let name = format!("xvector.block{}.tdnnd{layer}", block + 1);
            let added = net.dense_layer(&x, &name, channels, dilation, &context)?;
            x = net.b.node("Concat", &[&x, &added], &[("axis", Setting::Int(1))]);
            channels += GROWTH;
        }
        let name = format!("xvector.transit{}", block + 1);
        x = net.norm_relu(&x, &format!("{name}.nonlinear.batchnorm"), channels)?;
        x = net.conv(&x, &format!("{name}.linear"), &[channels / 2, channels, 1], None, &[])?;
        channels /= 2;
    }
    x = net.norm_relu(&x, "xvector.out_nonlinear.batchnorm", channels)?;
    x = net.statistics(&x, &unbiased);
    x =
        net.conv(&x, "xvector.dense.linear", &[DIMS, 2 * channels, 1], Some("xvector.dense.nonlinear.batchnorm"), &[])?;
    let shape = net.b.integers(&[1, DIMS as i64]);
    x = net.b.node("Reshape", &[&x, &shape], &[]);
    Ok(net.b.finish(&x, "embedding", &[Size::Fixed(1), Size::Fixed(DIMS as i64)]))
}

/// What depends on the length of the sound and on nothing else, made by whoever runs the network.
pub struct Shape {
    /// Steps of 20 ms and contexts of two seconds.
    pub steps: usize,
    pub contexts: usize,
    /// [steps, contexts]: the mean of a context plus the mean of all.
    pub averages: Vec<f32>,
    /// [contexts, steps]: 1 where a step lies in a context.
    pub places: Vec<f32>,
    /// [steps, 1]: what makes a sum of squares a variance.
    pub unbiased: Vec<f32>,
}

impl Shape {
    /// Of a sound of so many frames of 10 ms, at least three.
    pub fn of(frames: usize) -> Self {
        let steps = frames.saturating_sub(1) / 2 + 1;
        let contexts = steps.div_ceil(CONTEXT);
        let length = |context: usize| (steps - context * CONTEXT).min(CONTEXT);
        let within = |step: usize, context: usize| step / CONTEXT == context;
        let average = |step: usize, context: usize| {
            let own = if within(step, context) { 1.0 / length(context) as f32 } else { 0.0 };
            own + 1.0 / steps as f32
        };
        Self {
            steps,
            contexts,
            averages: (0..steps).flat_map(|s| (0..contexts).map(move |c| average(s, c))).collect(),
            places: (0..contexts).flat_map(|c| (0..steps).map(move |s| f32::from(u8::from(within(s, c))))).collect(),
            unbiased: vec![1.0 / (steps.max(2) - 1) as f32; steps],
        }
    }
}

/// Inputs of [`Shape`].
struct Context {
    averages: Value,
    places: Value,
}

struct Net<'a> {
    b: Builder,
    checkpoint: &'a Checkpoint,
}

impl Net<'_> {
    /// Bands become channels: [1, 1, 80, n] to [1, 320, n].
    fn head(&mut self, bands: &Value) -> Result<Value, String> {
        let mut x = self.conv2d(bands, "head.conv1", "head.bn1", 1, 1)?;
        x = self.relu(&x);
        for (layer, block, stride) in [(1, 0, 2), (1, 1, 1), (2, 0, 2), (2, 1, 1)] {
            let name = format!("head.layer{layer}.{block}");
            let mut y = self.conv2d(&x, &format!("{name}.conv1"), &format!("{name}.bn1"), HEAD, stride)?;
            y = self.relu(&y);
            y = self.conv2d(&y, &format!("{name}.conv2"), &format!("{name}.bn2"), HEAD, 1)?;
            if stride > 1 {
                let settings = [("strides", Setting::Ints(&[2, 1]))];
                let norm = format!("{name}.shortcut.1");
                x = self.conv(&x, &format!("{name}.shortcut.0"), &[HEAD, HEAD, 1, 1], Some(&norm), &settings)?;
            }
            y = self.b.node("Add", &[&y, &x], &[]);
            x = self.relu(&y);
        }
        x = self.conv2d(&x, "head.conv2", "head.bn2", HEAD, 2)?;
        x = self.relu(&x);
        let shape = self.b.integers(&[1, (HEAD * BANDS / 8) as i64, -1]);
        Ok(self.b.node("Reshape", &[&x, &shape], &[]))
    }

    fn conv2d(&mut self, x: &Value, name: &str, norm: &str, inputs: usize, stride: i64) -> Result<Value, String> {
        let settings = [("strides", Setting::Ints(&[stride, 1][..])), ("pads", Setting::Ints(&[1, 1, 1, 1]))];
        self.conv(x, name, &[HEAD, inputs, 3, 3], Some(norm), &settings)
    }

    /// A convolution without bias, and the normalisation after it folded in.
    fn conv(
        &mut self,
        x: &Value,
        name: &str,
        shape: &[usize],
        norm: Option<&str>,
        settings: &[(&str, Setting<'_>)],
    ) -> Result<Value, String> {
        let stored = &self.checkpoint.tensor(&format!("{name}.weight"), shape)?.values;
        let Some(norm) = norm else {
            let weight = self.b.weight(shape, stored);
            return Ok(self.b.node("Conv", &[x, &weight], settings));
        };
        let outputs = shape.first().copied().unwrap_or(1);
        let (scale, shift) = self.scale_and_shift(norm, outputs)?;
        let rows = stored.chunks(stored.len() / outputs.max(1)).zip(&scale);
        let folded: Vec<f32> = rows.flat_map(|(row, scale)| row.iter().map(move |value| value * scale)).collect();
        let (weight, bias) = (self.b.weight(shape, &folded), self.b.weight(&[outputs], &shift));
        Ok(self.b.node("Conv", &[x, &weight, &bias], settings))
    }

    /// What a trained batch normalisation does: times, plus. The last one has no weights of its own.
    fn scale_and_shift(&self, name: &str, size: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
        let mean = self.checkpoint.vector(&format!("{name}.running_mean"), size)?;
        let variance = self.checkpoint.vector(&format!("{name}.running_var"), size)?;
        let weight = self.checkpoint.vector(&format!("{name}.weight"), size);
        let bias = self.checkpoint.vector(&format!("{name}.bias"), size);
        let own = |values: &Result<&[f32], String>, index: usize, without: f32| {
            values.as_ref().ok().and_then(|values| values.get(index)).copied().unwrap_or(without)
        };
        let spread = variance.iter().map(|variance| (variance + EPSILON).sqrt());
        let scale: Vec<f32> = spread.enumerate().map(|(i, spread)| own(&weight, i, 1.0) / spread).collect();
        let centre = scale.iter().zip(mean).enumerate();
        let shift = centre.map(|(i, (scale, mean))| own(&bias, i, 0.0) - mean * scale).collect();
        Ok((scale, shift))
    }

    fn norm_relu(&mut self, x: &Value, name: &str, size: usize) -> Result<Value, String> {
        let (scale, shift) = self.scale_and_shift(name, size)?;
        let (scale, shift) = (self.b.weight(&[1, size, 1], &scale), self.b.weight(&[1, size, 1], &shift));
        let scaled = self.b.node("Mul", &[x, &scale], &[]);
        let shifted = self.b.node("Add", &[&scaled, &shift], &[]);
        Ok(self.relu(&shifted))
    }

    fn dense_layer(
        &mut self,
        x: &Value,
        name: &str,
        channels: usize,
        dilation: i64,
        context: &Context,
    ) -> Result<Value, String> {
        let x = self.norm_relu(x, &format!("{name}.nonlinear1.batchnorm"), channels)?;
        let norm = format!("{name}.nonlinear2.batchnorm");
        let x = self.conv(&x, &format!("{name}.linear1"), &[BOTTLENECK, channels, 1], Some(&norm), &[])?;
        let x = self.relu(&x);
        let (around, apart) = ([dilation, dilation], [dilation]);
        let settings = [("pads", Setting::Ints(&around)), ("dilations", Setting::Ints(&apart))];
        let name = format!("{name}.cam_layer");
        let local = self.conv(&x, &format!("{name}.linear_local"), &[GROWTH, BOTTLENECK, 3], None, &settings)?;
        let around = self.b.node("MatMul", &[&x, &context.averages], &[]);
        let mask = self.biased(&around, &format!("{name}.linear1"), (BOTTLENECK, BOTTLENECK / 2))?;
        let mask = self.relu(&mask);
        let mask = self.biased(&mask, &format!("{name}.linear2"), (BOTTLENECK / 2, GROWTH))?;
        let mask = self.b.node("Sigmoid", &[&mask], &[]);
        // One mask for two seconds; it is spread over them last, where it is smallest.
        let mask = self.b.node("MatMul", &[&mask, &context.places], &[]);
        Ok(self.b.node("Mul", &[&local, &mask], &[]))
    }

    fn biased(&mut self, x: &Value, name: &str, (inputs, outputs): (usize, usize)) -> Result<Value, String> {
        let shape = [outputs, inputs, 1];
        let weight = self.b.weight(&shape, &self.checkpoint.tensor(&format!("{name}.weight"), &shape)?.values);
        let bias = self.b.weight(&[outputs], self.checkpoint.vector(&format!("{name}.bias"), outputs)?);
        Ok(self.b.node("Conv", &[x, &weight, &bias], &[]))
    }

    /// Mean and standard deviation over time, one after the other.
    fn statistics(&mut self, x: &Value, unbiased: &Value) -> Value {
        let mean = self.b.node("ReduceMean", &[x], &[("axes", Setting::Ints(&[2]))]);
        let apart = self.b.node("Sub", &[x, &mean], &[]);
        let squared = self.b.node("Mul", &[&apart, &apart], &[]);
        let variance = self.b.node("MatMul", &[&squared, unbiased], &[]);
        let deviation = self.b.node("Sqrt", &[&variance], &[]);
        self.b.node("Concat", &[&mean, &deviation], &[("axis", Setting::Int(1))])
    }

    fn relu(&mut self, x: &Value) -> Value {
        self.b.node("Relu", &[x], &[])
    }
}
