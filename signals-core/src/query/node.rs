//! The tree of a condition without its model's type.

use sea_query::{Alias, Expr};

use super::value::BoundValue;
use crate::backend::Match;
use crate::error::Error;
use crate::model::{ModelMeta, StoredCodec, TableName};

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
    /// Several columns hold one of some keys, whose values follow each other. It is never negated.
    OneOf(Vec<ColumnRef>, Vec<BoundValue>),
    /// Several columns hold a tuple of a subquery. It is never negated.
    OneWithin(Vec<ColumnRef>, Box<Subquery>),
    /// Nested deeper than the limit. Its use returns an error.
    TooDeep,
    /// A set of rows that cannot be determined. Its use returns an error.
    Refused(Refusal),
}

/// Why a set of rows cannot be determined.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// The instance that they belong to has no key.
    KeyMissing {
        model: &'static str,
        operation: &'static str,
        fix: &'static str,
    },
    /// It is not clear which fields of a through model are meant.
    ThroughFields {
        through: &'static str,
        problem: String,
    },
    Other(String),
}

impl Refusal {
    /// Keeps an error until the set is used.
    pub(crate) fn new(error: Error) -> Self {
        match error {
            Error::KeyMissing { model, operation, fix } => Self::KeyMissing { model, operation, fix },
            Error::ThroughFields { through, problem } => Self::ThroughFields { through, problem },
            other => Self::Other(other.to_string()),
        }
    }

    pub(crate) fn error(&self) -> Error {
        match self.clone() {
            Self::KeyMissing { model, operation, fix } => Error::KeyMissing { model, operation, fix },
            Self::ThroughFields { through, problem } => Error::ThroughFields { through, problem },
            Self::Other(text) => Error::Internal(text),
        }
    }
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
    pub(crate) table: TableName,
    pub(crate) column: &'static str,
    /// The names of its model and its field, for an error.
    pub(crate) model: &'static str,
    pub(crate) field: &'static str,
    /// Whether it may hold NULL.
    pub(crate) nullable: bool,
    /// Whether it holds JSON, which no plain value equals.
    pub(crate) json: bool,
    /// How its values are bound, if SQLite keeps them in a form of its own.
    pub(crate) stored: Option<StoredCodec>,
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
    /// The column is one of an array, which is one value.
    InArray(BoundValue),
    Text(Match, String),
    Within(Box<Subquery>),
}

impl Test {
    fn values(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Compare(..) | Self::Text(..) | Self::InArray(_) => 1,
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
    /// Equal, and not NULL: a reference that is NULL references nothing.
    References,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The values of columns of one table in some rows: `SELECT columns FROM table WHERE ..`.
#[derive(Debug, Clone)]
pub(crate) struct Subquery {
    pub(crate) model: &'static ModelMeta,
    pub(crate) columns: Vec<ColumnRef>,
    /// A condition on the columns of the same table.
    pub(crate) filter: Node,
}

impl ColumnRef {
    /// Returns a reference to a column of a model.
    pub(crate) fn of(meta: &ModelMeta, column: usize) -> Self {
        let described = &meta.columns()[column];
        Self {
            table: meta.table_name(),
            column: described.column,
            model: meta.name(),
            field: described.field,
            nullable: described.nullable,
            json: described.json,
            stored: described.stored(),
        }
    }

    /// Returns references to columns of a model.
    pub(crate) fn all_of(meta: &'static ModelMeta, columns: &[usize]) -> impl Iterator<Item = Self> {
        columns.iter().map(|column| Self::of(meta, *column))
    }

    /// Returns references to the columns of a model's primary key.
    pub(crate) fn key_of(meta: &'static ModelMeta) -> impl Iterator<Item = Self> {
        Self::all_of(meta, meta.primary_key_columns())
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

    /// Makes `place = value`, which is false if the value is NULL.
    pub(crate) fn references(place: ColumnRef, value: BoundValue) -> Self {
        Self::test(place, Test::Compare(Comparison::References, value))
    }

    /// Makes a test whether the columns hold one of some keys, whose values follow each other.
    pub(crate) fn one_of(columns: Vec<ColumnRef>, values: Vec<BoundValue>) -> Self {
        match columns.as_slice() {
            [column] => Self::test(*column, Test::In(values)),
            _ => Self::OneOf(columns, values),
        }
    }

    /// Makes a test whether the columns are equal to these values. There is at least one.
    pub(crate) fn all_equal(columns: impl IntoIterator<Item = ColumnRef>, values: &[BoundValue]) -> Self {
        let tests = columns.into_iter().zip(values).map(|(column, value)| Self::equal(column, value.clone()));
        tests.reduce(Self::and).unwrap_or_else(|| Self::Any(Junction::default()))
    }

    /// Makes `(columns) IN (SELECT ..)`.
    pub(crate) fn within(columns: Vec<ColumnRef>, subquery: Subquery) -> Self {
        let subquery = Box::new(subquery);
        match columns.as_slice() {
            [column] => Self::test(*column, Test::Within(subquery)),
            _ => Self::OneWithin(columns, subquery),
        }
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
            Self::OneOf(..) | Self::OneWithin(..) | Self::TooDeep | Self::Refused(_) => self,
        }
    }

    /// Returns the number of values that it binds, including NULL.
    pub(crate) fn values(&self) -> usize {
        match self {
            Self::All(junction) | Self::Any(junction) => junction.nodes.iter().map(Self::values).sum(),
            Self::Test(_, _, test) => test.values(),
            Self::OneOf(_, values) => values.len(),
            Self::OneWithin(_, subquery) => subquery.filter.values(),
            Self::TooDeep | Self::Refused(_) => 0,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::All(junction) | Self::Any(junction) => junction.depth,
            Self::Test(..) | Self::OneOf(..) | Self::OneWithin(..) | Self::TooDeep | Self::Refused(_) => 0,
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
    Exclusive(LockWait),
}

/// What a SELECT does with rows that other sessions have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockWait {
    Wait,
    Skip,
    Fail,
}

/// Returns a column with its table's name, so that it is not confused with another column in a subquery.
pub(super) fn column(place: ColumnRef) -> Expr {
    // An `Alias` is always quoted correctly. sea-query does not escape the quotes in some other kinds of
    // names.
    Expr::col((Alias::new(place.table.table), Alias::new(place.column)))
}

/// Returns the error of a plain value for a column of JSON.
pub(super) fn json(place: ColumnRef) -> Error {
    Error::JsonValue { model: place.model, field: place.field }
}
