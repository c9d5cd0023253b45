//! A value for a column of any type, behind one pointer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use sqlx::error::BoxDynError;

use crate::backend::{Args, Backend, Elements, Field};
use crate::error::Result;

/// A value of any type that can be bound.
pub(crate) trait Bind: Send + Sync {
    /// Returns the value with its type.
    fn as_any(&self) -> &dyn Any;

    /// Binds the value.
    fn bind(&self, args: &mut Args) -> Result<()>;

    /// Binds the value for a comparison with a column.
    fn bind_compared(&self, args: &mut Args) -> Result<()>;

    /// Returns whether the value is sent to the database as NULL.
    fn is_null(&self, backend: Backend) -> bool;

    /// Adds the value to the elements of an array, unless it is NULL. Returns whether the database has arrays of its
    /// type.
    fn add_to_elements(&self, backend: Backend, elements: &mut Elements) -> Result<bool, BoxDynError>;
}

impl<T: Field> Bind for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn bind(&self, args: &mut Args) -> Result<()> {
        args.add(self)
    }

    fn bind_compared(&self, args: &mut Args) -> Result<()> {
        args.add_compared(self)
    }

    fn is_null(&self, backend: Backend) -> bool {
        Field::is_null(self, backend)
    }

    fn add_to_elements(&self, backend: Backend, elements: &mut Elements) -> Result<bool, BoxDynError> {
        Field::add_to_elements(self, backend, elements)
    }
}

impl fmt::Debug for dyn Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The type need not be `Debug`, and a value may be a secret.
        f.write_str("?")
    }
}

/// A value in a condition. Conditions made from it share it.
pub(crate) type BoundValue = Arc<dyn Bind>;

/// Makes a value of a condition.
pub(crate) fn value<T: Field>(value: T) -> BoundValue {
    Arc::new(value)
}

/// Values of one type that are bound as one array.
struct Array {
    values: Vec<BoundValue>,
    backend: Backend,
}

impl Array {
    fn elements(&self) -> Result<Elements, BoxDynError> {
        let mut elements = Elements::default();
        for value in &self.values {
            value.add_to_elements(self.backend, &mut elements)?;
        }
        Ok(elements)
    }
}

impl Bind for Array {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn bind(&self, args: &mut Args) -> Result<()> {
        args.add_array(self.elements())
    }

    fn bind_compared(&self, args: &mut Args) -> Result<()> {
        self.bind(args)
    }

    fn is_null(&self, _: Backend) -> bool {
        false
    }

    fn add_to_elements(&self, _: Backend, _: &mut Elements) -> Result<bool, BoxDynError> {
        Ok(false)
    }
}

/// Returns whether the database has arrays of the type of this value.
pub(crate) fn is_element(value: &BoundValue, backend: Backend) -> bool {
    value.add_to_elements(backend, &mut Elements::default()).unwrap_or(false)
}

/// Makes one value of values of one type, of which the database has arrays.
pub(crate) fn array(values: Vec<BoundValue>, backend: Backend) -> BoundValue {
    Arc::new(Array { values, backend })
}

/// A value that can also be put into an instance.
pub(crate) trait Assign: Bind {
    /// Puts the value into a field. Returns whether the field has its type.
    fn assign(&self, field: &mut dyn Any) -> bool;
}

impl<T: Field + Clone> Assign for T {
    fn assign(&self, field: &mut dyn Any) -> bool {
        let Some(field) = field.downcast_mut::<T>() else { return false };
        field.clone_from(self);
        true
    }
}
