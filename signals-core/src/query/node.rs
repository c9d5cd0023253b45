//! The tree of a condition, without its model's type.

use sea_query::{Alias, Expr};

use super::value::BoundValue;
use crate::backend::Match;
use crate::error::Error;
use crate::model::ModelMeta;

/// A condition. Of each row it either holds or does not: a comparison with NULL does not hold, and its negation then does.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Every one holds; of no condition, that is all rows.
    All(Junction),
    /// Some hold; of no condition, that is no row.
    Any(Junction),
    /// A test of one column.
    Test(ColumnRef, Sense, Test),
    /// More than may be asked; it is an error where it is used.
    TooDeep,
}

/// How deep AND and OR may alternate; databases have a limit, and so has the stack.
pub(crate) const DEEPEST: usize = 200;

/// Conditions that are joined by AND, or by OR.
#[derive(Debug, Clone, Default)]
pub(crate) struct Junction {
    nodes: Vec<Node>,
    /// How deep they nest.
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

/// Whether a test has to hold, or has to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    Holds,
    Fails,
}

/// What a column is tested for.
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

/// How a value is compared; what is missing is the failure of another.
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
    /// A column of a model.
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

    /// The primary key of a model.
    pub(crate) fn key_of(meta: &ModelMeta) -> Self {
        Self::of(meta, meta.primary_key_index())
    }
}

impl Node {
    /// A test that has to hold.
    pub(crate) fn test(place: ColumnRef, test: Test) -> Self {
        Self::Test(place, Sense::Holds, test)
    }

    /// `place = value`; for a value that is NULL, `place IS NULL`.
    pub(crate) fn equal(place: ColumnRef, value: BoundValue) -> Self {
        Self::test(place, Test::Compare(Comparison::Equal, value))
    }

    /// `place IN (SELECT ..)`.
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

    /// Holds where this does not. The tests below take the negation up, so that none is lost in a NULL.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::All(all) => Self::Any(all.not()),
            Self::Any(any) => Self::All(any.not()),
            Self::Test(place, Sense::Holds, test) => Self::Test(place, Sense::Fails, test),
            Self::Test(place, Sense::Fails, test) => Self::Test(place, Sense::Holds, test),
            Self::TooDeep => Self::TooDeep,
        }
    }

    /// How many values it binds, those that are NULL included.
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

/// What others may do with selected rows until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Everything.
    None,
    /// Look at them.
    Shared,
    /// Nothing but a plain look.
    Exclusive,
}

/// A column with its table's name, so that it is no other's in a subquery.
pub(super) fn column(place: ColumnRef) -> Expr {
    // An `Alias` is quoted whatever it holds; sea-query leaves the quotes in some other kinds of names as they are.
    Expr::col((Alias::new(place.table), Alias::new(place.column)))
}

/// The refusal of a plain value for a column of JSON.
pub(super) fn json(place: ColumnRef) -> Error {
    Error::JsonValue { model: place.model, field: place.field }
}
