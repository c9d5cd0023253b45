//! The tree of an expression without its model's type, and its SQL.

use sea_query::{BinOper, Expr, ExprTrait as _, Func};

use super::arithmetic_field::Kind;
use super::node::{ColumnRef, DEEPEST, column, json};
use super::slots::Slots;
use super::value::BoundValue;
use crate::error::{Error, Result};

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Column(ColumnRef),
    Value(BoundValue),
    Arithmetic(Operator, Kind, Box<[Self; 2]>),
    /// Two texts, one after the other.
    Concat(Box<[Self; 2]>),
    /// The first of the two that is not NULL.
    Coalesce(Box<[Self; 2]>),
    /// Nested deeper than the limit. Its use returns an error.
    TooDeep,
}

/// An operator between two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Term {
    pub(super) fn arithmetic(operator: Operator, kind: Kind, parts: [Self; 2]) -> Self {
        Self::limited(parts, |parts| Self::Arithmetic(operator, kind, parts))
    }

    pub(super) fn concat(parts: [Self; 2]) -> Self {
        Self::limited(parts, Self::Concat)
    }

    pub(super) fn coalesce(parts: [Self; 2]) -> Self {
        Self::limited(parts, Self::Coalesce)
    }

    fn limited(parts: [Self; 2], make: impl FnOnce(Box<[Self; 2]>) -> Self) -> Self {
        if parts.iter().any(|part| part.depth() >= DEEPEST) { Self::TooDeep } else { make(Box::new(parts)) }
    }

    fn parts(&self) -> &[Self] {
        match self {
            Self::Arithmetic(_, _, parts) | Self::Concat(parts) | Self::Coalesce(parts) => &**parts,
            Self::Column(_) | Self::Value(_) | Self::TooDeep => &[],
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::TooDeep => DEEPEST,
            term => term.parts().iter().map(|part| part.depth() + 1).max().unwrap_or(0),
        }
    }

    /// Returns whether it reads the column of this name.
    pub(super) fn reads(&self, name: &str) -> bool {
        match self {
            Self::Column(place) => place.column == name,
            term => term.parts().iter().any(|part| part.reads(name)),
        }
    }

    /// Returns the kind of number that it computes, if it computes one.
    fn computes(&self) -> Option<Kind> {
        match self {
            Self::Arithmetic(_, kind, _) => Some(*kind),
            term => term.parts().iter().find_map(Self::computes),
        }
    }
}

impl Slots {
    /// Returns the SQL of an expression that a column is set to.
    pub(super) fn computed(&mut self, place: ColumnRef, term: &Term) -> Result<Expr> {
        plain(place)?;
        let expr = self.term(term)?;
        Ok(match term.computes() {
            Some(Kind::Integer { least, greatest }) => {
                (self.backend.capabilities().computing.check_integer)(expr, least, greatest)
            }
            Some(Kind::Fraction) | None => expr,
        })
    }

    fn term(&mut self, term: &Term) -> Result<Expr> {
        let computing = &self.backend.capabilities().computing;
        Ok(match term {
            Term::Column(place) => {
                plain(*place)?;
                column(*place)
            }
            Term::Value(value) => self.add(value.clone()),
            Term::Arithmetic(computed, kind, parts) => {
                let operator = match (computed, kind) {
                    (Operator::Add, _) => BinOper::Add,
                    (Operator::Subtract, _) => BinOper::Sub,
                    (Operator::Multiply, _) => BinOper::Mul,
                    (Operator::Divide, Kind::Integer { .. }) => computing.divide_integers,
                    (Operator::Divide, Kind::Fraction) => BinOper::Div,
                };
                let [left, right] = self.both(parts)?;
                let right = if matches!(computed, Operator::Divide) { (computing.divisor)(right) } else { right };
                left.binary(operator, right)
            }
            Term::Concat(parts) => (computing.concat)(self.both(parts)?),
            Term::Coalesce(parts) => Func::coalesce(self.both(parts)?).into(),
            Term::TooDeep => return Err(Error::ConditionTooDeep { model: self.meta.name(), most: DEEPEST }),
        })
    }

    fn both(&mut self, parts: &[Term; 2]) -> Result<[Expr; 2]> {
        let [left, right] = parts;
        Ok([self.term(left)?, self.term(right)?])
    }
}

/// Fails for a column whose values the database cannot compute with.
fn plain(place: ColumnRef) -> Result<()> {
    if place.json {
        return Err(json(place));
    }
    if place.stored.is_some() {
        let problem = format!(
            "`{}` has `sqlite = ..`, so it cannot be in an expression on any database; set it to a value",
            place.field
        );
        return Err(Error::QueryOptions { model: place.model, problem });
    }
    Ok(())
}
