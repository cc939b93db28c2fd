//! Writes a network down node by node. Values are named by what made them.

use prost::Message as _;

use super::onnx::{
    Attribute, Dimension, FLOAT, Graph, INT64, Kind, Model, Node, OperatorSet, Shape, Tensor, TensorKind, ValueInfo,
};

/// Version of the operators that are used.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;

/// A value of the graph under way: an input, a weight, or what a node gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

/// An attribute of a node.
#[derive(Debug, Clone, Copy)]
pub enum Setting<'a> {
    Int(i64),
    Float(f32),
    Ints(&'a [i64]),
    Text(&'a str),
}

/// A size of an input: fixed, or told at each run.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    Fixed(i64),
    Free(&'static str),
}

/// The graph so far.
#[derive(Debug, Default)]
pub struct Builder {
    graph: Graph,
    made: usize,
}

impl Builder {
    /// An input of floats.
    pub fn input(&mut self, name: &str, sizes: &[Size]) -> Value {
        self.graph.input.push(info(name, sizes));
        Value(name.to_owned())
    }

    /// A weight.
    pub fn weight(&mut self, shape: &[usize], values: &[f32]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(FLOAT, shape, bytes)
    }

    /// A list of whole numbers, for operators that take shapes or axes.
    pub fn integers(&mut self, values: &[i64]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(INT64, &[values.len()], bytes)
    }

    fn constant(&mut self, data_type: i32, shape: &[usize], raw_data: Vec<u8>) -> Value {
        let name = self.name("weight");
        let dims = shape.iter().map(|size| *size as i64).collect();
        self.graph.initializer.push(Tensor { dims, data_type, name: name.clone(), raw_data });
        Value(name)
    }

    /// A node with one output.
    pub fn node(&mut self, op: &str, inputs: &[&Value], settings: &[(&str, Setting<'_>)]) -> Value {
        let output = self.name(op);
        self.graph.node.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: op.to_owned(),
            attribute: settings.iter().map(|(name, setting)| attribute(name, *setting)).collect(),
        });
        Value(output)
    }

    /// The finished model, whose only output is `value` under `name`.
    pub fn finish(mut self, value: &Value, name: &str, sizes: &[Size]) -> Vec<u8> {
        self.graph.node.push(Node {
            input: vec![value.0.clone()],
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: "Identity".to_owned(),
            attribute: Vec::new(),
        });
        self.graph.output.push(info(name, sizes));
        self.graph.name = "voices".to_owned();
        let opset_import = vec![OperatorSet { domain: String::new(), version: OPSET }];
        let producer_name = "throughline".to_owned();
        Model { ir_version: IR_VERSION, producer_name, graph: Some(self.graph), opset_import }.encode_to_vec()
    }

    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }
}

fn info(name: &str, sizes: &[Size]) -> ValueInfo {
    let dim = sizes
        .iter()
        .map(|size| match size {
            Size::Fixed(size) => Dimension { dim_value: Some(*size), dim_param: None },
            Size::Free(name) => Dimension { dim_value: None, dim_param: Some((*name).to_owned()) },
        })
        .collect();
    let tensor_type = Some(TensorKind { elem_type: FLOAT, shape: Some(Shape { dim }) });
    ValueInfo { name: name.to_owned(), kind: Some(Kind { tensor_type }) }
}

fn attribute(name: &str, setting: Setting<'_>) -> Attribute {
    let mut attribute = Attribute { name: name.to_owned(), ..Attribute::default() };
    // The kinds are numbered by onnx.proto: FLOAT, INT, STRING, INTS.
    match setting {
        Setting::Float(value) => (attribute.f, attribute.kind) = (value, 1),
        Setting::Int(value) => (attribute.i, attribute.kind) = (value, 2),
        Setting::Text(value) => (attribute.s, attribute.kind) = (value.as_bytes().to_vec(), 3),
        Setting::Ints(values) => (attribute.ints, attribute.kind) = (values.to_vec(), 7),
    }
    attribute
}
