//! Conditions as SQL, with a slot for each bound value.

use sea_query::{BinOper, Expr, ExprTrait as _, Query};

use super::dialect;
use super::node::{ColumnRef, Comparison, DEEPEST, Junction, Node, Sense, Subquery, Test, column, json};
use super::slots::{Slots, too_many};
use super::value::BoundValue;
use crate::backend::Match;
use crate::db::{MOST_PADDED, padded};
use crate::error::{Error, Result};

impl Slots {
    /// Returns the SQL of a condition, or `None` if it matches every row.
    pub(super) fn filter(&mut self, node: &Node) -> Result<Option<Expr>> {
        self.pads &= node.values() <= MOST_PADDED;
        match node {
            Node::All(all) if all.nodes().is_empty() => Ok(None),
            node => self.node(node).map(Some),
        }
    }

    fn node(&mut self, node: &Node) -> Result<Expr> {
        let mut each =
            |junction: &Junction| junction.nodes().iter().map(|node| self.node(node)).collect::<Result<Vec<_>>>();
        Ok(match node {
            Node::All(junction) => join(each(junction)?, BinOper::And).unwrap_or_else(everything),
            Node::Any(junction) => join(each(junction)?, BinOper::Or).unwrap_or_else(nothing),
            Node::Test(place, sense, test) => self.test(*place, *sense, test)?,
            Node::OneOf(columns, values) => self.one_of_tuples(columns, values),
            Node::OneWithin(columns, subquery) => {
                self.within(Expr::tuple(columns.iter().copied().map(column)), subquery)?
            }
            Node::Refused(refusal) => return Err(refusal.error()),
            Node::TooDeep => {
                return Err(Error::ConditionTooDeep { model: self.meta.name(), most: DEEPEST });
            }
        })
    }

    fn test(&mut self, place: ColumnRef, sense: Sense, test: &Test) -> Result<Expr> {
        if place.json && !matches!(test, Test::Null) {
            return Err(json(place));
        }
        let column = column(place);
        let known = match test {
            Test::Null => Known::Always(column.is_null()),
            Test::Compare(Comparison::Equal, value) if value.is_null(self.backend) => Known::Always(column.is_null()),
            Test::Compare(_, value) if value.is_null(self.backend) => Known::Always(nothing()),
            Test::Compare(Comparison::Equal, value) => {
                Known::UnlessNull(column.binary(BinOper::Equal, self.equal(place, value)))
            }
            Test::Compare(comparison, value) => {
                Known::UnlessNull(column.binary(operator(*comparison), self.compare(place, value)))
            }
            Test::Between(low, high) if low.is_null(self.backend) || high.is_null(self.backend) => {
                Known::Always(nothing())
            }
            Test::Between(low, high) => {
                Known::UnlessNull(column.between(self.compare(place, low), self.compare(place, high)))
            }
            Test::In(values) if values.len() > self.backend.capabilities().most_values => {
                return Err(too_many(place.model, Some(place.field), values.len(), self.backend));
            }
            Test::In(values) => self.one_of(place, column, values),
            Test::InArray(values) => {
                Known::UnlessNull(Expr::cust_with_exprs("$1 = ANY($2)", [column, self.add(values.clone())]))
            }
            Test::Text(how, sought) => Known::UnlessNull(self.matches(column, *how, sought)),
            Test::Within(subquery) => Known::UnlessNull(self.within(column, subquery)?),
        };
        Ok(known.in_sense(place, sense))
    }

    fn one_of(&mut self, place: ColumnRef, column: Expr, values: &[BoundValue]) -> Known {
        let backend = self.backend;
        let mut slots: Vec<Expr> =
            values.iter().filter(|value| !value.is_null(backend)).map(|value| self.equal(place, value)).collect();
        let null = slots.len() < values.len();
        // Lists of similar lengths share a statement, which the database prepares once. A repeated value
        // changes nothing.
        if let Some(last) = slots.last().filter(|_| self.pads).cloned() {
            slots.resize(padded(slots.len()), last);
        }
        match (slots.is_empty(), null) {
            (true, true) => Known::Always(column.is_null()),
            (true, false) => Known::Always(nothing()),
            (false, true) => Known::Always(column.clone().is_in(slots).or(column.is_null())),
            (false, false) => Known::UnlessNull(column.is_in(slots)),
        }
    }

    /// Returns the SQL of columns that hold one of some tuples of values, as `sql::one_of` writes it.
    fn one_of_tuples(&mut self, columns: &[ColumnRef], values: &[BoundValue]) -> Expr {
        let mut tuples: Vec<Vec<Expr>> = values
            .chunks_exact(columns.len().max(1))
            .map(|tuple| columns.iter().zip(tuple).map(|(place, value)| self.equal(*place, value)).collect())
            .collect();
        if let Some(last) = tuples.last().filter(|_| self.pads).cloned() {
            tuples.resize(padded(tuples.len()), last);
        }
        if self.backend.capabilities().row_in_uses_indexes {
            let columns = Expr::tuple(columns.iter().copied().map(column));
            return if tuples.is_empty() { nothing() } else { columns.is_in(tuples.into_iter().map(Expr::tuple)) };
        }
        let equal = |tuple: Vec<Expr>| {
            let equals = columns.iter().zip(tuple).map(|(place, value)| column(*place).binary(BinOper::Equal, value));
            join(equals.collect(), BinOper::And)
        };
        join(tuples.into_iter().filter_map(equal).collect(), BinOper::Or).unwrap_or_else(nothing)
    }

    fn matches(&mut self, column: Expr, how: Match, text: &str) -> Expr {
        dialect::matches(self.backend, column, how, text, self)
    }

    fn within(&mut self, sought: Expr, subquery: &Subquery) -> Result<Expr> {
        let Subquery { model, columns, filter } = subquery;
        self.also_of(model);
        let mut select = Query::select();
        select.exprs(columns.iter().copied().map(column));
        if let Some(first) = columns.first() {
            select.from(first.table);
        }
        if let Some(filter) = self.filter(filter)? {
            select.and_where(filter);
        }
        for nullable in columns.iter().filter(|column| column.nullable) {
            // One NULL among the values would make every negation unknown.
            select.and_where(column(*nullable).is_not_null());
        }
        Ok(sought.in_subquery(select))
    }
}

/// An expression, and whether NULL makes it unknown.
///
/// A condition of this library is true or false. In SQL it may also be unknown. The negation of an unknown
/// test is unknown too, so it would leave out rows that the condition already leaves out.
enum Known {
    /// The expression is never unknown.
    Always(Expr),
    /// The expression is unknown if the column is NULL, so its negation tests for NULL too.
    UnlessNull(Expr),
}

impl Known {
    fn in_sense(self, place: ColumnRef, sense: Sense) -> Expr {
        match (self, sense) {
            (Self::Always(expr) | Self::UnlessNull(expr), Sense::Holds) => expr,
            (Self::UnlessNull(expr), Sense::Fails) if place.nullable => negated(expr).or(column(place).is_null()),
            (Self::Always(expr) | Self::UnlessNull(expr), Sense::Fails) => negated(expr),
        }
    }
}

fn operator(comparison: Comparison) -> BinOper {
    match comparison {
        Comparison::Equal | Comparison::References => BinOper::Equal,
        Comparison::Less => BinOper::SmallerThan,
        Comparison::LessOrEqual => BinOper::SmallerThanOrEqual,
        Comparison::Greater => BinOper::GreaterThan,
        Comparison::GreaterOrEqual => BinOper::GreaterThanOrEqual,
    }
}

/// Returns the negation. A single operator is negated to its opposite, because databases can use an index for
/// that.
fn negated(expr: Expr) -> Expr {
    let Expr::Binary(left, operator, right) = expr else { return expr.not() };
    let inverse = match operator {
        BinOper::Equal => BinOper::NotEqual,
        BinOper::SmallerThan => BinOper::GreaterThanOrEqual,
        BinOper::SmallerThanOrEqual => BinOper::GreaterThan,
        BinOper::GreaterThan => BinOper::SmallerThanOrEqual,
        BinOper::GreaterThanOrEqual => BinOper::SmallerThan,
        BinOper::In => BinOper::NotIn,
        BinOper::Between => BinOper::NotBetween,
        BinOper::Is => BinOper::IsNot,
        other => return Expr::Binary(left, other, right).not(),
    };
    Expr::Binary(left, inverse, right)
}

/// Joins the expressions in halves, so that a long list does not make a deep tree, which databases limit.
pub(super) fn join(mut exprs: Vec<Expr>, operator: BinOper) -> Option<Expr> {
    if exprs.len() < 2 {
        return exprs.pop();
    }
    let right = exprs.split_off(exprs.len().div_ceil(2));
    match (join(exprs, operator), join(right, operator)) {
        (Some(left), Some(right)) => Some(left.binary(operator, right)),
        (one, other) => one.or(other),
    }
}

fn everything() -> Expr {
    Expr::cust("1 = 1")
}

fn nothing() -> Expr {
    Expr::cust("1 = 0")
}
