//! A value of any column's type, behind one pointer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::backend::{Args, Backend, Field};
use crate::error::Result;

/// A value that can be bound, whatever its type.
pub(crate) trait Bind: Send + Sync {
    /// Binds it.
    fn bind(&self, args: &mut Args) -> Result<()>;

    /// Binds it to be compared with a column.
    fn bind_compared(&self, args: &mut Args) -> Result<()>;

    /// Whether the database gets NULL for it.
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

/// A value in a condition, shared by the conditions that are made of it.
pub(crate) type BoundValue = Arc<dyn Bind>;

/// Makes a value of a condition.
pub(crate) fn value<T: Field>(value: T) -> BoundValue {
    Arc::new(value)
}

/// A value that can also be put into an instance.
pub(crate) trait Assign: Bind {
    /// Puts it into a field, if that is of its type.
    fn assign(&self, field: &mut dyn Any) -> bool;
}

impl<T: Field + Clone> Assign for T {
    fn assign(&self, field: &mut dyn Any) -> bool {
        let Some(field) = field.downcast_mut::<T>() else { return false };
        field.clone_from(self);
        true
    }
}
