//! Conditions over account, deal, call and what was found in the talk, written in CEL. Checked for type when a playbook
//! is linted, so that a condition can't fail on a call.

mod check;
mod environment;
mod schema;

pub use environment::{Environment, Found};
pub use schema::{Names, Scope};

use cel::{ExecutionError, Program, Value};

/// Longest condition, bytes.
const MAX_BYTES: usize = 2_000;

/// A condition that has been checked.
#[derive(Debug)]
pub struct Condition {
    program: Program,
}

/// What a condition says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    True,
    False,
    /// It asks for something that isn't known; the text names it.
    Unknown(String),
}

/// A fault of a condition, with the column in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub column: u32,
    pub message: String,
}

impl Condition {
    /// Compiles and type-checks against what may be named in this scope.
    pub fn compile(text: &str, names: &Names<'_>) -> Result<Self, Vec<Fault>> {
        if text.len() > MAX_BYTES {
            return Err(vec![Fault { column: 1, message: format!("longer than {MAX_BYTES} bytes") }]);
        }
        let program = Program::compile(text).map_err(|errors| {
            let faults = errors
                .errors
                .iter()
                .map(|e| Fault { column: u32::try_from(e.pos.1).unwrap_or(0), message: one_line(&e.msg) });
            faults.collect::<Vec<_>>()
        })?;
        let faults = check::check(&program, names);
        if faults.is_empty() { Ok(Self { program }) } else { Err(faults) }
    }

    /// Evaluates on a call.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Verdict {
        match self.program.execute(&environment.context()) {
            Ok(Value::Bool(true)) => Verdict::True,
            Ok(Value::Bool(false)) => Verdict::False,
            Ok(_) => Verdict::Unknown("the condition gave neither true nor false".to_owned()),
            Err(ExecutionError::NoSuchKey(key)) => Verdict::Unknown(format!("`{key}` is not known of this call")),
            Err(error) => Verdict::Unknown(one_line(&error.to_string())),
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or("").trim().chars().take(200).collect()
}

#[cfg(test)]
mod tests;
