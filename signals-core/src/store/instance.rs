//! An instance without its type, for what is compiled once and not for each model.

use std::any::Any;
use std::sync::Arc;

use super::Model;
use super::erased::Erased;
use crate::backend::Args;
use crate::error::Result;
use crate::model::{AnyModel, Entity};

/// An instance of a model whose type only it knows.
pub(super) trait Instance: AnyModel {
    /// What the store can do with its model.
    fn store(&self) -> &'static dyn Erased;
    /// A copy, if its type is `Clone`.
    fn duplicate(&self) -> Option<Arc<dyn Instance>>;
    /// The value of one column, to be set.
    fn column_mut(&mut self, column: usize) -> Option<&mut dyn Any>;
    /// Binds the key, to be compared with a column.
    fn bind_key(&self, args: &mut Args) -> Result<()>;
}

impl<M: Model> Instance for M {
    fn store(&self) -> &'static dyn Erased {
        M::state()
    }

    fn duplicate(&self) -> Option<Arc<dyn Instance>> {
        Some(Arc::new(Entity::duplicate(self)?))
    }

    fn column_mut(&mut self, column: usize) -> Option<&mut dyn Any> {
        self.field_mut(column)
    }

    fn bind_key(&self, args: &mut Args) -> Result<()> {
        args.add_compared(self.key())
    }
}
