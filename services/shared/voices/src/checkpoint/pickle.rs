//! As much of Python's pickle as `torch.save` uses for a dictionary of tensors. Nothing is ever called: what would be a
//! call in Python is either the making of a tensor, an ordered dictionary, or nothing.

/// Deepest nesting and largest memo of the files this is for, with room.
const MAX_ITEMS: usize = 200_000;

/// What a pickle holds, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Int(i64),
    Text(String),
    /// A tuple or list.
    Sequence(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A class or function, by its name without the module.
    Global(String),
    Storage {
        kind: String,
        key: String,
    },
    Tensor(Stored),
}

/// Where a tensor lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub kind: String,
    pub storage: String,
    /// First element in the storage.
    pub offset: usize,
    pub shape: Vec<usize>,
}

impl Value {
    /// The value under `key`, if this is a dictionary that has it.
    pub fn entry(&self, key: &str) -> Option<&Value> {
        self.entries().iter().find(|(name, _)| matches!(name, Value::Text(name) if name == key)).map(|(_, value)| value)
    }

    /// The entries of a dictionary; none of anything else.
    pub fn entries(&self) -> &[(Value, Value)] {
        match self {
            Self::Dict(entries) => entries,
            _ => &[],
        }
    }
}

/// Reads a pickle. Errors are sentences.
pub fn read(bytes: &[u8]) -> Result<Value, String> {
    let mut machine = Machine { input: bytes, stack: Vec::new(), marks: Vec::new(), memo: Vec::new() };
    loop {
        if machine.stack.len() > MAX_ITEMS {
            return Err("its index is too large".to_owned());
        }
        let op = machine.byte()?;
        if op == b'.' {
            return machine.pop();
        }
        machine.step(op)?;
    }
}

struct Machine<'a> {
    input: &'a [u8],
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Value>,
}

impl Machine<'_> {
    fn step(&mut self, op: u8) -> Result<(), String> {
        match op {
            0x80 => _ = self.byte()?,
            b'}' => self.stack.push(Value::Dict(Vec::new())),
            b')' | b']' => self.stack.push(Value::Sequence(Vec::new())),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.stack.push(Value::Nothing),
            0x88 => self.stack.push(Value::Int(1)),
            0x89 => self.stack.push(Value::Int(0)),
            b'K' | b'M' | b'J' | b'G' | 0x8a => self.number(op)?,
            b'X' => {
                let length = self.size()?;
                let text = String::from_utf8(self.take(length)?.to_vec()).map_err(|e| e.to_string())?;
                self.stack.push(Value::Text(text));
            }
            b'c' => {
                self.line()?;
                let name = self.line()?;
                self.stack.push(Value::Global(name));
            }
            b'q' | b'r' | b'h' | b'j' => self.memorise(op)?,
            b't' => {
                let items = self.since_mark()?;
                self.stack.push(Value::Sequence(items));
            }
            0x85..=0x87 => {
                let at = self.stack.len().checked_sub(usize::from(op) - 0x84).ok_or("its index ends early")?;
                let items = self.stack.split_off(at);
                self.stack.push(Value::Sequence(items));
            }
            b'Q' => self.storage()?,
            b'R' | 0x81 => self.call()?,
            // State of objects that are none of ours.
            b'b' => _ = self.pop()?,
            b's' | b'u' | b'a' | b'e' => self.fill(op)?,
            other => {
                return Err(format!("its index has the operation {other:#x}, which no dictionary of tensors needs"));
            }
        }
        Ok(())
    }

    fn number(&mut self, op: u8) -> Result<(), String> {
        let value = match op {
            b'K' => i64::from(self.byte()?),
            b'M' => i64::from(u16::from_le_bytes(self.array()?)),
            b'J' => i64::from(i32::from_le_bytes(self.array()?)),
            // Floats stand in hyperparameters only; their value is of no use here.
            b'G' => self.array::<8>().map(|_| 0)?,
            _ => {
                let length = usize::from(self.byte()?);
                let mut wide = [0; 8];
                for (to, from) in wide.iter_mut().zip(self.take(length)?) {
                    *to = *from;
                }
                i64::from_le_bytes(wide)
            }
        };
        self.stack.push(Value::Int(value));
        Ok(())
    }

    fn memorise(&mut self, op: u8) -> Result<(), String> {
        let index = if matches!(op, b'q' | b'h') { usize::from(self.byte()?) } else { self.size()? };
        if matches!(op, b'h' | b'j') {
            let value = self.memo.get(index).cloned().ok_or("its index names what it has not said")?;
            self.stack.push(value);
            return Ok(());
        }
        if index > MAX_ITEMS {
            return Err("its index is too large".to_owned());
        }
        let value = self.stack.last().cloned().ok_or("its index ends early")?;
        if self.memo.len() <= index {
            self.memo.resize(index + 1, Value::Nothing);
        }
        if let Some(place) = self.memo.get_mut(index) {
            *place = value;
        }
        Ok(())
    }

    /// `("storage", class, key, device, length)`.
    fn storage(&mut self) -> Result<(), String> {
        let Value::Sequence(id) = self.pop()? else { return Err("a storage has no name".to_owned()) };
        let value = match id.as_slice() {
            [_, Value::Global(kind), Value::Text(key), ..] => Value::Storage { kind: kind.clone(), key: key.clone() },
            _ => return Err("a storage has no name".to_owned()),
        };
        self.stack.push(value);
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Global(function) = function else { return Err("its index calls what is no function".to_owned()) };
        let value = match (function.as_str(), arguments) {
            ("OrderedDict", _) => Value::Dict(Vec::new()),
            ("_rebuild_tensor_v2", Value::Sequence(arguments)) => Value::Tensor(tensor(&arguments)?),
            _ => Value::Nothing,
        };
        self.stack.push(value);
        Ok(())
    }

    /// Adds to the dictionary or list below.
    fn fill(&mut self, op: u8) -> Result<(), String> {
        let items = match op {
            b's' | b'a' => {
                let at = self.stack.len().checked_sub(if op == b's' { 2 } else { 1 }).ok_or("its index ends early")?;
                self.stack.split_off(at)
            }
            _ => self.since_mark()?,
        };
        match self.stack.last_mut() {
            Some(Value::Dict(entries)) => {
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    entries.push((key, value));
                }
            }
            Some(Value::Sequence(list)) => list.extend(items),
            // An object of no use here.
            Some(_) => {}
            None => return Err("its index ends early".to_owned()),
        }
        Ok(())
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len()).ok_or("its index has no beginning")?;
        Ok(self.stack.split_off(mark))
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack.pop().ok_or_else(|| "its index ends early".to_owned())
    }

    fn take(&mut self, length: usize) -> Result<&[u8], String> {
        let (taken, rest) = self.input.split_at_checked(length).ok_or("its index is cut off")?;
        self.input = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "its index is cut off".to_owned())
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn size(&mut self) -> Result<usize, String> {
        usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|e| e.to_string())
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.input.iter().position(|byte| *byte == b'\n').ok_or("its index is cut off")?;
        let text = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.byte()?;
        Ok(text)
    }
}

/// `(storage, offset, shape, stride, …)`; only tensors in C order are met.
fn tensor(arguments: &[Value]) -> Result<Stored, String> {
    let [Value::Storage { kind, key }, Value::Int(offset), Value::Sequence(shape), Value::Sequence(stride), ..] =
        arguments
    else {
        return Err("a tensor of its index has no storage".to_owned());
    };
    let (shape, stride) = (sizes(shape)?, sizes(stride)?);
    let mut expected = 1;
    for (size, step) in shape.iter().zip(&stride).rev() {
        if *size > 1 && *step != expected {
            return Err("a tensor of its index is not in order".to_owned());
        }
        expected *= size;
    }
    let offset = usize::try_from(*offset).map_err(|e| e.to_string())?;
    Ok(Stored { kind: kind.clone(), storage: key.clone(), offset, shape })
}

fn sizes(values: &[Value]) -> Result<Vec<usize>, String> {
    values
        .iter()
        .map(|value| match value {
            Value::Int(size) => usize::try_from(*size).map_err(|e| e.to_string()),
            _ => Err("a tensor of its index has no shape".to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"a": _rebuild_tensor_v2(storage "0", 2, (3, 2), (2, 1))}` as `torch.save` writes it, by hand.
    fn sample() -> Vec<u8> {
        let text = |text: &str| [&[b'X'][..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        [
            b"\x80\x02}q\x00(".to_vec(),
            text("a"),
            b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
            text("storage"),
            b"ctorch\nFloatStorage\n".to_vec(),
            text("0"),
            text("cpu"),
            b"K\x10tQK\x02K\x03K\x02\x86K\x02K\x01\x86\x89ccollections\nOrderedDict\n)RtRu.".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn a_dictionary_of_tensors_is_read() {
        let expected = Stored { kind: "FloatStorage".into(), storage: "0".into(), offset: 2, shape: vec![3, 2] };
        assert_eq!(read(&sample()).unwrap().entry("a"), Some(&Value::Tensor(expected)));
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused_at_every_byte() {
        let sample = sample();
        for length in 0..sample.len() {
            read(&sample[..length]).unwrap_err();
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_does_no_harm(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }
    }
}
