//! The tree of a condition without its model's type.

use sea_query::{Alias, Expr};

use super::value::BoundValue;
use crate::backend::Match;
use crate::error::Error;
use crate::model::ModelMeta;

/// A condition. It is either true or false for each row. A comparison with NULL is false, and its negation is
/// true.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// All conditions are true. Without conditions it matches every row.
    All(Junction),
    /// At least one condition is true. Without conditions it matches no row.
    Any(Junction),
    /// A test of one column.
    Test(ColumnRef, Sense, Test),
    /// Nested deeper than the limit. Its use returns an error.
    TooDeep,
}

/// The maximum depth of alternating AND and OR. Databases have a limit, and so does the stack.
pub(crate) const DEEPEST: usize = 200;

/// Conditions that are joined by AND, or by OR.
#[derive(Debug, Clone, Default)]
pub(crate) struct Junction {
    nodes: Vec<Node>,
    /// The depth of their nesting.
    depth: usize,
}

/// A column and its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnRef {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// The names of its model and its field, for an error.
    pub(crate) model: &'static str,
    pub(crate) field: &'static str,
    /// Whether it may hold NULL.
    pub(crate) nullable: bool,
    /// Whether it holds JSON, which no plain value equals.
    pub(crate) json: bool,
}

/// Whether a test must be true or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    Holds,
    Fails,
}

/// The test of a column.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Null,
    Compare(Comparison, BoundValue),
    Between(BoundValue, BoundValue),
    In(Vec<BoundValue>),
    Text(Match, String),
    Within(Box<Subquery>),
}

impl Test {
    fn values(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Compare(..) | Self::Text(..) => 1,
            Self::Between(..) => 2,
            Self::In(values) => values.len(),
            Self::Within(subquery) => subquery.filter.values(),
        }
    }
}

/// A comparison. The other operators are negations of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The values of one column in some rows: `SELECT column FROM table WHERE ..`.
#[derive(Debug, Clone)]
pub(crate) struct Subquery {
    pub(crate) column: ColumnRef,
    /// A condition on the columns of the same table.
    pub(crate) filter: Node,
}

impl ColumnRef {
    /// Returns a reference to a column of a model.
    pub(crate) fn of(meta: &ModelMeta, column: usize) -> Self {
        let described = &meta.columns()[column];
        Self {
            table: meta.table(),
            column: described.column,
            model: meta.name(),
            field: described.field,
            nullable: described.nullable,
            json: described.json,
        }
    }

    /// Returns references to the columns of a model's primary key.
    pub(crate) fn key_of(meta: &'static ModelMeta) -> impl Iterator<Item = Self> {
        meta.primary_key_columns().iter().map(|column| Self::of(meta, *column))
    }
}

impl Node {
    /// Makes a test that must be true.
    pub(crate) fn test(place: ColumnRef, test: Test) -> Self {
        Self::Test(place, Sense::Holds, test)
    }

    /// Makes `place = value`, or `place IS NULL` if the value is NULL.
    pub(crate) fn equal(place: ColumnRef, value: BoundValue) -> Self {
        Self::test(place, Test::Compare(Comparison::Equal, value))
    }

    /// Makes `place IN (SELECT ..)`.
    pub(crate) fn within(place: ColumnRef, subquery: Subquery) -> Self {
        Self::test(place, Test::Within(Box::new(subquery)))
    }

    pub(crate) fn and(self, other: Self) -> Self {
        let mut junction = Junction::default();
        for node in [self, other] {
            match node {
                Self::All(all) => junction.extend(all),
                one => junction.push(one),
            }
        }
        junction.make(Self::All)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        let mut junction = Junction::default();
        for node in [self, other] {
            match node {
                Self::Any(any) => junction.extend(any),
                one => junction.push(one),
            }
        }
        junction.make(Self::Any)
    }

    /// Returns the negation. It is moved down to the tests, so that none becomes unknown by a NULL.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::All(all) => Self::Any(all.not()),
            Self::Any(any) => Self::All(any.not()),
            Self::Test(place, Sense::Holds, test) => Self::Test(place, Sense::Fails, test),
            Self::Test(place, Sense::Fails, test) => Self::Test(place, Sense::Holds, test),
            Self::TooDeep => Self::TooDeep,
        }
    }

    /// Returns the number of values that it binds, including NULL.
    pub(crate) fn values(&self) -> usize {
        match self {
            Self::All(junction) | Self::Any(junction) => junction.nodes.iter().map(Self::values).sum(),
            Self::Test(_, _, test) => test.values(),
            Self::TooDeep => 0,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::All(junction) | Self::Any(junction) => junction.depth,
            Self::Test(..) | Self::TooDeep => 0,
        }
    }
}

impl Junction {
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn push(&mut self, node: Node) {
        self.depth = self.depth.max(node.depth() + 1);
        self.nodes.push(node);
    }

    fn extend(&mut self, junction: Self) {
        self.depth = self.depth.max(junction.depth);
        if self.nodes.is_empty() {
            self.nodes = junction.nodes;
        } else {
            self.nodes.extend(junction.nodes);
        }
    }

    fn not(self) -> Self {
        Self { nodes: self.nodes.into_iter().map(Node::not).collect(), depth: self.depth }
    }

    fn make(self, node: impl FnOnce(Self) -> Node) -> Node {
        if self.depth > DEEPEST { Node::TooDeep } else { node(self) }
    }
}

/// What other sessions may do with the selected rows until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Read and write them.
    None,
    /// Read and lock them for sharing.
    Shared,
    /// Read them without a lock.
    Exclusive,
}

/// Returns a column with its table's name, so that it is not confused with another column in a subquery.
pub(super) fn column(place: ColumnRef) -> Expr {
    // An `Alias` is always quoted correctly. sea-query does not escape the quotes in some other kinds of
    // names.
    Expr::col((Alias::new(place.table), Alias::new(place.column)))
}

/// Returns the error of a plain value for a column of JSON.
pub(super) fn json(place: ColumnRef) -> Error {
    Error::JsonValue { model: place.model, field: place.field }
}
