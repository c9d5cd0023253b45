//! A value for a column of any type, behind one pointer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::backend::{Args, Backend, Field};
use crate::error::Result;

/// A value of any type that can be bound.
pub(crate) trait Bind: Send + Sync {
    /// Binds the value.
    fn bind(&self, args: &mut Args) -> Result<()>;

    /// Binds the value for a comparison with a column.
    fn bind_compared(&self, args: &mut Args) -> Result<()>;

    /// Returns whether the value is sent to the database as NULL.
    fn is_null(&self, backend: Backend) -> bool;
}

impl<T: Field> Bind for T {
    fn bind(&self, args: &mut Args) -> Result<()> {
        args.add(self)
    }

    fn bind_compared(&self, args: &mut Args) -> Result<()> {
        args.add_compared(self)
    }

    fn is_null(&self, backend: Backend) -> bool {
        Field::is_null(self, backend)
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
