//! The calls that change a relation, with their options.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::change::{LinkChange, Replace, make};
use super::fill::LinkDefaults;
use super::side::{LinkOptions, Side};
use crate::db::Handle;
use crate::error::Result;
use crate::query::{Assigned, Assignment};
use crate::store::Model;
use crate::store::keys::AnyKeys;

/// The fields that all calls share.
pub(super) struct Call<'a> {
    side: Result<Side<'a>>,
    on: Handle<'a>,
    pub(super) options: LinkOptions,
}

impl<'a> Call<'a> {
    pub(super) fn new(side: Result<Side<'a>>, on: Handle<'a>) -> Self {
        Self { side, on, options: LinkOptions::default() }
    }

    fn make(self, asked: LinkChange) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { make(self.side?, asked, self.options, self.on).await })
    }
}

/// Links that are about to be added: `.await` it, or set options first.
///
/// [`ManyToMany::add`](super::ManyToMany::add) returns it.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// #[model(many_to_many(members: Person, through = Membership))]
/// struct Group {
///     id: i64,
/// }
///
/// #[derive(Debug, Model)]
/// struct Person {
///     id: i64,
/// }
///
/// #[derive(Debug, Model)]
/// #[model(unique(group_id, person_id))]
/// struct Membership {
///     id: i64,
///     #[model(references = Group, on_delete = cascade)]
///     group_id: i64,
///     #[model(references = Person, on_delete = cascade)]
///     person_id: i64,
///     role: String,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let band = Group { id: 0 }.create(&db).await?;
///     let (ann, bob) = (Person { id: 0 }.create(&db).await?, Person { id: 0 }.create(&db).await?);
///
///     band.members().add(&db, [&ann]).through_defaults([Membership::ROLE.set("bass")]).await?;
///     band.members().add(&db, [&bob]).through_defaults([Membership::ROLE.set("drums")]).quiet().await?;
///     assert_eq!(Membership::get(&db, 2).await?.role, "drums");
///     Ok(())
/// }
/// ```
#[must_use = "nothing is added until this is awaited"]
pub struct M2mAdd<'a, T> {
    pub(super) call: Call<'a>,
    pub(super) keys: Box<dyn AnyKeys>,
    pub(super) defaults: Vec<Assigned>,
    pub(super) through: PhantomData<fn() -> T>,
}

/// Links that are about to be removed: `.await` it, or set options first.
#[must_use = "nothing is removed until this is awaited"]
pub struct M2mRemove<'a> {
    pub(super) call: Call<'a>,
    pub(super) keys: Box<dyn AnyKeys>,
}

/// Links that are about to be replaced by others: `.await` it, or set options first.
///
/// An empty list has no type of keys, so it does not compile: write `[0_i64; 0]`, or call
/// [`clear`](super::ManyToMany::clear) instead.
#[must_use = "nothing is set until this is awaited"]
pub struct M2mSet<'a, T> {
    pub(super) call: Call<'a>,
    pub(super) keys: Box<dyn AnyKeys>,
    pub(super) defaults: Vec<Assigned>,
    pub(super) replace: Replace,
    pub(super) through: PhantomData<fn() -> T>,
}

/// The links of an instance that are all about to be removed: `.await` it, or set options first.
#[must_use = "nothing is removed until this is awaited"]
pub struct M2mClear<'a> {
    pub(super) call: Call<'a>,
}

impl<T> fmt::Debug for M2mAdd<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mAdd").field("keys", &self.keys).field("options", &self.call.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for M2mRemove<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mRemove")
            .field("keys", &self.keys)
            .field("options", &self.call.options)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for M2mSet<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mSet")
            .field("keys", &self.keys)
            .field("replace", &self.replace)
            .field("options", &self.call.options)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for M2mClear<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mClear").field("options", &self.call.options).finish_non_exhaustive()
    }
}

impl<T: Model> M2mAdd<'_, T> {
    /// Sets these values in the other columns of new links:
    /// `through_defaults([Membership::ROLE.set("bass")])`.
    pub fn through_defaults(mut self, defaults: impl IntoIterator<Item = Assignment<T>>) -> Self {
        self.defaults.extend(defaults.into_iter().map(|assignment| assignment.assigned().clone()));
        self
    }
}

impl<T: Model> M2mSet<'_, T> {
    /// Sets values in new links as [`M2mAdd::through_defaults`] does. Existing links keep their values.
    pub fn through_defaults(mut self, defaults: impl IntoIterator<Item = Assignment<T>>) -> Self {
        self.defaults.extend(defaults.into_iter().map(|assignment| assignment.assigned().clone()));
        self
    }

    /// Removes all links, then adds all rows of the call. Links in both lists are inserted again. Without
    /// this option, only the links that differ are removed and added.
    pub fn clear(mut self) -> Self {
        self.replace = Replace::All;
        self
    }
}

/// Generates the options and the future of each call.
macro_rules! calls {
    ($($call:ident $(<$through:ident>)?: |$of:ident| $asked:expr;)*) => {$(
        impl<'a $(, $through)?> $call<'a $(, $through)?> {
            /// Writes the way fixtures are loaded: only receivers of `m2m_changed` that are marked `raw` are
            /// called.
            ///
            /// A delete is never raw, so receivers of the deletes of removed links are called as usual.
            /// [`quiet`](Self::quiet) sends no signals.
            pub fn raw(mut self) -> Self {
                self.call.options.raw = true;
                self
            }

            /// Sends no signals.
            pub fn quiet(mut self) -> Self {
                self.call.options.quiet = true;
                self
            }
        }

        impl<'a $(, $through)?> IntoFuture for $call<'a $(, $through)?> {
            type Output = Result<()>;
            type IntoFuture = BoxFuture<'a, Result<()>>;

            fn into_future(self) -> Self::IntoFuture {
                let $of = self;
                $of.call.make($asked)
            }
        }
    )*};
}

calls! {
    M2mAdd<T>: |add| LinkChange::Add(add.keys, LinkDefaults::new(add.defaults));
    M2mRemove: |remove| LinkChange::Remove(remove.keys);
    M2mSet<T>: |set| LinkChange::Set(set.keys, LinkDefaults::new(set.defaults), set.replace);
    M2mClear: |clear| LinkChange::Clear;
}
