//! Static types of a condition. The interpreter checks while it runs, and stops at the first branch; a linter must
//! see every branch.

use super::Fault;
use super::schema::{Names, Record};
use cel::Program;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators as op};

/// Type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Double,
    Text,
    Null,
    List,
    Map,
    Record(Record),
    /// Not known statically, or already reported.
    Any,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Double => "double",
            Type::Text => "string",
            Type::Null => "null",
            Type::List => "list",
            Type::Map => "map",
            Type::Record(_) => "record",
            Type::Any => "any",
        }
    }

    fn is(self, wanted: Type) -> bool {
        self == wanted || self == Type::Any
    }

    fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Double | Type::Any)
    }
}

/// Every fault of a condition, which must give a bool.
pub fn check(program: &Program, names: &Names<'_>) -> Vec<Fault> {
    let mut checker = Checker { program, names, bound: Vec::new(), is_in_loop: false, faults: Vec::new() };
    let found = checker.type_of(program.expression());
    if !found.is(Type::Bool) {
        checker.fault(program.expression().id, format!("must give true or false, but gives {}", found.name()));
    }
    checker.faults
}

struct Checker<'a> {
    program: &'a Program,
    names: &'a Names<'a>,
    bound: Vec<(String, Type)>,
    /// Inside a macro that goes through a list.
    is_in_loop: bool,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, id: u64, message: String) -> Type {
        let column = self.program.source_info().offset_for(id).map_or(1, |(start, _)| start + 1);
        self.faults.push(Fault { column, message });
        Type::Any
    }

    fn type_of(&mut self, expr: &IdedExpr) -> Type {
        match &expr.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.variable(expr.id, name),
            Expr::Select(select) => {
                let operand = self.type_of(&select.operand);
                let field = self.field(expr.id, operand, &select.field);
                if select.test { Type::Bool } else { field }
            }
            Expr::Call(call) => self.call(expr.id, call),
            Expr::List(list) => {
                list.elements.iter().for_each(|e| {
                    self.type_of(e);
                });
                Type::List
            }
            Expr::Map(_) => Type::Map,
            Expr::Comprehension(c) => self.comprehension(expr.id, c),
            Expr::Struct(_) => self.fault(expr.id, "messages can't be built here".to_owned()),
            Expr::Unspecified => Type::Any,
        }
    }

    fn variable(&mut self, id: u64, name: &str) -> Type {
        if let Some((_, bound)) = self.bound.iter().rev().find(|(n, _)| n == name) {
            return *bound;
        }
        match self.names.variable(name) {
            Some(found) => found,
            None => self.fault(id, format!("`{name}` is not known here")),
        }
    }

    fn field(&mut self, id: u64, operand: Type, field: &str) -> Type {
        match operand {
            Type::Any | Type::Map => Type::Any,
            Type::Record(record) => match self.names.field(record, field) {
                Some(found) => found,
                None => self.fault(id, format!("there is no `{field}` here")),
            },
            other => self.fault(id, format!("a {} has no fields", other.name())),
        }
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Type {
        let target = call.target.as_ref().map(|t| self.type_of(t));
        let args: Vec<Type> = call.args.iter().map(|a| self.type_of(a)).collect();
        let name = call.func_name.as_str();
        match (name, target, args.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, None, [a, b]) => self.all_bool(id, name, &[*a, *b]),
            (op::LOGICAL_NOT, None, [a]) => self.all_bool(id, name, &[*a]),
            (op::NOT_STRICTLY_FALSE, None, [_]) => Type::Bool,
            (op::EQUALS | op::NOT_EQUALS, None, [a, b]) => self.comparable(id, *a, *b, true),
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, None, [a, b]) => {
                self.comparable(id, *a, *b, false)
            }
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, None, [a, b]) => {
                self.arithmetic(id, name, *a, *b)
            }
            (op::NEGATE, None, [a]) if a.is_number() => *a,
            (op::CONDITIONAL, None, [c, a, b]) => {
                self.all_bool(id, name, &[*c]);
                if a.is(*b) {
                    *b
                } else {
                    self.fault(id, format!("both branches must be of one type, not {} and {}", a.name(), b.name()))
                }
            }
            (op::IN, None, [_, Type::List | Type::Map | Type::Any]) => Type::Bool,
            (op::INDEX, None, [Type::List | Type::Map | Type::Any, _]) => Type::Any,
            ("size", None, [Type::Text | Type::List | Type::Map | Type::Any])
            | ("size", Some(Type::Text | Type::List | Type::Map | Type::Any), []) => Type::Int,
            ("contains" | "startsWith" | "endsWith" | "matches", Some(t), [a])
                if t.is(Type::Text) && a.is(Type::Text) =>
            {
                Type::Bool
            }
            ("matches", None, [t, a]) if t.is(Type::Text) && a.is(Type::Text) => Type::Bool,
            ("string", None, [_]) => Type::Text,
            ("int", None, [a]) if a.is_number() || a.is(Type::Text) => Type::Int,
            ("double", None, [a]) if a.is_number() || a.is(Type::Text) => Type::Double,
            _ => {
                let given: Vec<_> = target.iter().chain(&args).map(|t| t.name()).collect();
                self.fault(id, format!("`{}` can't be applied to ({})", plain(name), given.join(", ")))
            }
        }
    }

    fn all_bool(&mut self, id: u64, name: &str, types: &[Type]) -> Type {
        if let Some(wrong) = types.iter().find(|t| !t.is(Type::Bool)) {
            self.fault(id, format!("`{}` needs true or false, not {}", plain(name), wrong.name()));
        }
        Type::Bool
    }

    fn comparable(&mut self, id: u64, a: Type, b: Type, equality: bool) -> Type {
        let fits = a.is(b)
            || b.is(a)
            || (a.is_number() && b.is_number())
            || (equality && (a == Type::Null || b == Type::Null));
        if !fits {
            self.fault(id, format!("{} can't be compared with {}", a.name(), b.name()));
        } else if !equality && [a, b].iter().any(|t| matches!(t, Type::List | Type::Map | Type::Record(_) | Type::Null))
        {
            self.fault(id, format!("{} has no order", a.name()));
        }
        Type::Bool
    }

    fn arithmetic(&mut self, id: u64, name: &str, a: Type, b: Type) -> Type {
        let same = a.is(b) || b.is(a);
        let joined = name == op::ADD && a.is(Type::Text) && b.is(Type::Text);
        if joined {
            return Type::Text;
        }
        if same && a.is_number() && b.is_number() {
            return if a == Type::Any { b } else { a };
        }
        self.fault(id, format!("`{}` can't be applied to ({}, {})", plain(name), a.name(), b.name()))
    }

    /// One list is gone through once: lists in lists, and what a loop has made again, would let a short condition take
    /// time or memory without bounds.
    fn comprehension(&mut self, id: u64, c: &ComprehensionExpr) -> Type {
        if std::mem::replace(&mut self.is_in_loop, true) {
            return self.fault(id, "a list can't be gone through inside another, nor what came of one".to_owned());
        }
        self.type_of(&c.iter_range);
        let accumulated = self.type_of(&c.accu_init);
        let before = self.bound.len();
        self.bound.push((c.iter_var.clone(), Type::Any));
        if let Some(second) = &c.iter_var2 {
            self.bound.push((second.clone(), Type::Any));
        }
        self.bound.push((c.accu_var.clone(), accumulated));
        self.type_of(&c.loop_cond);
        self.type_of(&c.loop_step);
        let result = self.type_of(&c.result);
        self.bound.truncate(before);
        self.is_in_loop = false;
        result
    }
}

fn literal_type(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Type::Int,
        LiteralValue::Null => Type::Null,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::Bytes(_) => Type::Any,
    }
}

/// `_&&_` → `&&`.
fn plain(name: &str) -> &str {
    name.trim_matches(|c| c == '_' || c == '@')
}
