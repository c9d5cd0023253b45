//! Calls that find a row or create it, with their options.

use std::fmt;

use super::options::option_method;
use super::save::SaveOptions;
use crate::db::Handle;
use crate::model::Entity;
use crate::query::Select;

/// A row that is about to be found or created: `.await` it, or set options first.
///
/// [`Objects::get_or_create`](crate::store::Objects::get_or_create) returns it. Its output is the row, and
/// whether the row was created.
#[must_use = "nothing is found or created until it is awaited"]
pub struct GetOrCreate<'a, M> {
    pub(in crate::store) select: Select,
    pub(in crate::store) create: Box<dyn FnOnce() -> M + Send + 'a>,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: SaveOptions,
}

/// A row that is about to be found and updated, or created: `.await` it, or set options first.
///
/// [`Objects::update_or_create`](crate::store::Objects::update_or_create) returns it. Its output is the row,
/// and whether the row was created.
#[must_use = "nothing is updated or created until it is awaited"]
pub struct UpdateOrCreate<'a, M> {
    pub(in crate::store) select: Select,
    pub(in crate::store) edit: Box<dyn FnOnce(&mut M) + Send + 'a>,
    pub(in crate::store) create: Box<dyn FnOnce() -> M + Send + 'a>,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: SaveOptions,
}

macro_rules! or_create {
    ($($call:ident),*) => {$(
        impl<M: Entity> fmt::Debug for $call<'_, M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($call))
                    .field("model", &M::meta().name())
                    .field("select", &self.select)
                    .field("options", &self.options)
                    .finish_non_exhaustive()
            }
        }

        impl<M: Entity> $call<'_, M> {
            option_method! { raw: options.raw }
            option_method! { quiet: options.quiet }
        }
    )*};
}

or_create!(GetOrCreate, UpdateOrCreate);
