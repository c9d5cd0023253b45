//! Conditions as SQL, with a slot where each value is bound.

use sea_query::{Alias, BinOper, Expr, ExprTrait as _, Query, QueryStatementWriter, Value as Slot};

use super::node::{Comparison, DEEPEST, Group, Sense, Subquery, Test};
use super::{ColumnRef, Node, Value, dialect};
use crate::backend::{Args, Backend, Match};
use crate::db::{MOST_PADDED, Statement, padded};
use crate::error::{Error, Result};

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) statement: Statement,
    pub(crate) args: Args,
}

/// The values of a statement, by the number that stands for each in sea-query's tree.
///
/// sea-query knows a handful of types, and says in which order the parameters come; so it is given numbers, and the values are bound by them.
pub(super) struct Slots {
    backend: Backend,
    values: Vec<Slotted>,
    /// Whether lists are padded.
    pads: bool,
}

/// A value, and what it is bound for.
struct Slotted {
    value: Value,
    role: Role,
}

/// What a value is bound for.
enum Role {
    /// A column is compared with it.
    Compared(ColumnRef),
    /// A column is set to it.
    Assigned(ColumnRef),
    /// A part of an expression.
    Part,
}

impl Slotted {
    fn bind(&self, args: &mut Args) -> Result<()> {
        let (bound, place) = match self.role {
            Role::Compared(place) => (self.value.bind_compared(args), place),
            Role::Assigned(place) => (self.value.bind(args), place),
            Role::Part => return self.value.bind(args),
        };
        bound.map_err(|error| error.of_field(place.model, place.field))
    }
}

impl Slots {
    pub(super) fn new(backend: Backend) -> Self {
        Self { backend, values: Vec::new(), pads: true }
    }

    /// Stands for a value within an expression.
    pub(super) fn add(&mut self, value: Value) -> Expr {
        self.push(value, Role::Part)
    }

    /// Stands for a value that a column is set to.
    pub(super) fn assign(&mut self, place: ColumnRef, value: Value) -> Expr {
        self.push(value, Role::Assigned(place))
    }

    /// Stands for a value that a column is compared with.
    fn compare(&mut self, place: ColumnRef, value: &Value) -> Expr {
        self.push(value.clone(), Role::Compared(place))
    }

    fn push(&mut self, value: Value, role: Role) -> Expr {
        // A statement has not nearly as many parameters; if it had, the number would be refused below.
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(Slotted { value, role });
        Expr::Value(Slot::Unsigned(Some(number)))
    }

    /// Builds a statement, and binds the values in the order of its parameters.
    pub(super) fn build(self, statement: &impl QueryStatementWriter) -> Result<Built> {
        let (text, slots) = self.backend.build(statement);
        let values = slots.0.len();
        if values > self.backend.capabilities().most_values {
            return Err(too_many("the statement", values, self.backend));
        }
        let mut args = Args::new(self.backend, slots.0.len());
        for slot in &slots.0 {
            match slot {
                Slot::Unsigned(Some(number)) => match self.values.get(*number as usize) {
                    Some(value) => value.bind(&mut args)?,
                    None => return Err(Error::Schema("the query has too many values".into())),
                },
                // A limit or an offset.
                Slot::BigUnsigned(Some(number)) => args.add(&i64::try_from(*number).unwrap_or(i64::MAX))?,
                other => return Err(Error::Schema(format!("the query holds {other:?}, which is no slot"))),
            }
        }
        Ok(Built { statement: Statement::of_values(text, values), args })
    }

    /// A condition, or `None` if it holds of every row.
    pub(super) fn filter(&mut self, node: &Node) -> Result<Option<Expr>> {
        self.pads &= node.values() <= MOST_PADDED;
        match node {
            Node::All(all) if all.nodes().is_empty() => Ok(None),
            node => self.node(node).map(Some),
        }
    }

    fn node(&mut self, node: &Node) -> Result<Expr> {
        let mut each = |group: &Group| group.nodes().iter().map(|node| self.node(node)).collect::<Result<Vec<_>>>();
        Ok(match node {
            Node::All(group) => join(each(group)?, BinOper::And).unwrap_or_else(everything),
            Node::Any(group) => join(each(group)?, BinOper::Or).unwrap_or_else(nothing),
            Node::Test(place, sense, test) => self.test(*place, *sense, test)?,
            Node::TooDeep => {
                return Err(Error::Schema(format!("the condition nests deeper than {DEEPEST} levels of AND and OR")));
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
                let list = format!("the list for `{}` of `{}`", place.column, place.table);
                return Err(too_many(&list, values.len(), self.backend));
            }
            Test::In(values) => self.one_of(place, column, values),
            Test::Text(how, sought) => Known::UnlessNull(self.matches(column, *how, sought)),
            Test::Within(subquery) => Known::UnlessNull(self.within(column, subquery)?),
        };
        Ok(known.in_sense(place, sense))
    }

    fn one_of(&mut self, place: ColumnRef, column: Expr, values: &[Value]) -> Known {
        let backend = self.backend;
        let mut slots: Vec<Expr> =
            values.iter().filter(|value| !value.is_null(backend)).map(|value| self.compare(place, value)).collect();
        let null = slots.len() < values.len();
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

    fn matches(&mut self, column: Expr, how: Match, text: &str) -> Expr {
        dialect::matches(self.backend, column, how, text, self)
    }

    fn within(&mut self, column_: Expr, subquery: &Subquery) -> Result<Expr> {
        let inner = column(subquery.column);
        let mut select = Query::select();
        select.expr(inner.clone()).from(Alias::new(subquery.column.table));
        if let Some(filter) = self.filter(&subquery.filter)? {
            select.and_where(filter);
        }
        if subquery.column.nullable {
            // One NULL among the values would make every negation unknown.
            select.and_where(inner.is_not_null());
        }
        Ok(column_.in_subquery(select))
    }
}

/// When a test is known to hold or to fail.
enum Known {
    Always(Expr),
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
        Comparison::Equal => BinOper::Equal,
        Comparison::Less => BinOper::SmallerThan,
        Comparison::LessOrEqual => BinOper::SmallerThanOrEqual,
        Comparison::Greater => BinOper::GreaterThan,
        Comparison::GreaterOrEqual => BinOper::GreaterThanOrEqual,
    }
}

/// The negation, of which a database can use an index if it is an operator of its own.
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

/// A column with its table's name, so that it is no other's in a subquery.
pub(super) fn column(place: ColumnRef) -> Expr {
    // An `Alias` is quoted whatever it holds; sea-query leaves the quotes in some other kinds of names as they are.
    Expr::col((Alias::new(place.table), Alias::new(place.column)))
}

/// Joins halves, so that a long list is no deep tree, of which databases allow less.
fn join(mut exprs: Vec<Expr>, operator: BinOper) -> Option<Expr> {
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

/// The refusal of more values than the database takes.
fn too_many(what: &str, values: usize, backend: Backend) -> Error {
    let most = backend.capabilities().most_values;
    Error::Schema(format!(
        "{what} has {values} values, and {backend} takes at most {most} in one statement; split the list given to `in_` or `not_in`"
    ))
}

/// The refusal of a plain value for a column of JSON.
pub(super) fn json(place: ColumnRef) -> Error {
    let ColumnRef { table, column, .. } = place;
    Error::Schema(format!(
        "the column `{column}` of `{table}` holds JSON, which a plain value is never equal to; only `is_null` can be asked of it"
    ))
}
