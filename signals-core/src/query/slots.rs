//! The values of a statement, and the numbers that represent them until they are bound.

use std::iter;

use sea_query::{Expr, QueryStatementWriter, Value as Slot};

use super::node::ColumnRef;
use super::value::BoundValue;
use crate::backend::{Args, Backend};
use crate::db::Statement;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::sql::select_all;

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) statement: Statement,
    pub(crate) args: Args,
}

/// The values of a statement, by the number that represents each in sea-query's tree.
///
/// sea-query supports few types, but determines the order of the parameters. So it is given numbers, and the
/// values are bound by these.
pub(super) struct Slots {
    /// The model whose rows the statement selects.
    pub(super) meta: &'static ModelMeta,
    /// The other models whose columns it returns or compares with values.
    others: Vec<&'static ModelMeta>,
    pub(super) backend: Backend,
    values: Vec<Slotted>,
    /// Whether lists are padded.
    pub(super) pads: bool,
}

/// A value and its role.
struct Slotted {
    value: BoundValue,
    role: Role,
}

/// The role of a value.
enum Role {
    /// A column is compared with the value.
    Compared(ColumnRef),
    /// A column equals the value, as it would be stored.
    Equal(ColumnRef),
    /// A column is set to the value.
    Assigned(ColumnRef),
    /// The value is a part of an expression.
    Part,
}

impl Slotted {
    fn bind(&self, args: &mut Args) -> Result<()> {
        let value = &self.value;
        let (bound, place) = match self.role {
            Role::Compared(place @ ColumnRef { stored: Some(stored), .. }) => {
                ((stored.compare)(value.as_any(), args), place)
            }
            Role::Equal(place @ ColumnRef { stored: Some(stored), .. })
            | Role::Assigned(place @ ColumnRef { stored: Some(stored), .. }) => {
                ((stored.write)(value.as_any(), args), place)
            }
            Role::Compared(place) | Role::Equal(place) => (value.bind_compared(args), place),
            Role::Assigned(place) => (value.bind(args), place),
            Role::Part => return value.bind(args),
        };
        bound.map_err(|error| error.of_field(place.model, place.field))
    }
}

impl Slots {
    pub(super) fn new(meta: &'static ModelMeta, backend: Backend) -> Self {
        Self { meta, others: Vec::new(), backend, values: Vec::new(), pads: true }
    }

    /// Notes another model whose columns the statement returns or compares with values.
    pub(super) fn also_of(&mut self, meta: &'static ModelMeta) {
        self.others.push(meta);
    }

    /// Adds a value within an expression and returns its slot.
    pub(super) fn add(&mut self, value: BoundValue) -> Expr {
        self.push(value, Role::Part)
    }

    /// Adds a value that a column is set to and returns its slot.
    pub(super) fn assign(&mut self, place: ColumnRef, value: BoundValue) -> Expr {
        self.push(value, Role::Assigned(place))
    }

    /// Adds a value that a column is compared with and returns its slot.
    pub(super) fn compare(&mut self, place: ColumnRef, value: &BoundValue) -> Expr {
        self.push(value.clone(), Role::Compared(place))
    }

    /// Adds a value that a column equals and returns its slot. Digits that the column does not keep do not count, so that
    /// a row is found by the value with which it was saved.
    pub(super) fn equal(&mut self, place: ColumnRef, value: &BoundValue) -> Expr {
        self.push(value.clone(), Role::Equal(place))
    }

    fn push(&mut self, value: BoundValue, role: Role) -> Expr {
        // A statement has far fewer parameters. If it had more, the number would be refused below.
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(Slotted { value, role });
        Expr::Value(Slot::Unsigned(Some(number)))
    }

    /// Builds a statement and binds the values in the order of its parameters.
    pub(super) fn build(self, statement: &impl QueryStatementWriter) -> Result<Built> {
        self.build_as(statement, |text| text)
    }

    /// Returns a statement with its values. `change` may add to its text.
    pub(super) fn build_as(
        self,
        statement: &impl QueryStatementWriter,
        change: impl FnOnce(String) -> String,
    ) -> Result<Built> {
        let (text, places) = self.backend.build(statement, 0);
        let values = places.len();
        if values > self.backend.capabilities().most_values {
            return Err(too_many(self.meta.name(), None, values, self.backend));
        }
        let mut args = Args::new(self.backend, values);
        self.bind(&places, &mut args)?;
        let models = iter::once(&self.meta).chain(&self.others);
        let types = models.map(|meta| select_all(meta, self.backend));
        Ok(Built { statement: Statement::of_values(change(text), values).with_types_of(types), args })
    }

    /// Binds the values in the order of the parameters of a built statement.
    pub(super) fn bind(&self, places: &[Slot], args: &mut Args) -> Result<()> {
        for place in places {
            match place {
                Slot::Unsigned(Some(number)) => match self.values.get(*number as usize) {
                    Some(value) => value.bind(args)?,
                    None => return Err(Error::Internal("the query has too many values".into())),
                },
                // A limit or an offset.
                Slot::BigUnsigned(Some(number)) => args.add(&i64::try_from(*number).unwrap_or(i64::MAX))?,
                other => return Err(Error::Internal(format!("the query holds {other:?}, which is not a slot"))),
            }
        }
        Ok(())
    }
}

/// Returns the error of more values than the database accepts.
pub(super) fn too_many(model: &'static str, field: Option<&'static str>, values: usize, backend: Backend) -> Error {
    let most = backend.capabilities().most_values;
    Error::TooManyValues { model, field, values, backend: backend.name(), most }
}
