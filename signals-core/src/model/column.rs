//! The description of columns, and the typed constants that name them.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::filled::Fill;
use super::{Entity, FieldCodec, ModelMeta, OnDelete, Reference};
use crate::backend::{Args, Backend};
use crate::error::{Error, Result};

/// The description of one column.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::model::Entity as _;
///
/// #[derive(Model)]
/// struct Note { id: i64, #[model(column = "body", default = "")] text: Option<String> }
///
/// let [id, text] = Note::meta().columns() else { unreachable!() };
/// assert!(id.primary_key && !id.nullable);
/// assert_eq!((text.field, text.column, text.default), ("text", "body", Some("''")));
/// assert!(text.nullable);
/// ```
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent word of the attribute")]
pub struct ColumnMeta {
    /// The field's name in the struct.
    pub field: &'static str,
    /// The column's name in the table.
    pub column: &'static str,
    /// Whether it is the primary key, or a part of it.
    pub primary_key: bool,
    /// Whether its values are unique.
    pub unique: bool,
    /// Whether it has an index of its own.
    pub index: bool,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether every write sets it to the present time.
    pub auto_now: bool,
    /// Whether the INSERT sets it to the present time.
    pub auto_now_add: bool,
    /// Whether it holds its values as JSON documents.
    pub json: bool,
    /// Whether the database computes it.
    pub generated: bool,
    /// Whether this program only reads it.
    pub read_only: bool,
    /// Whether the database's default fills it in an INSERT while the field is `None`.
    pub db_default: bool,
    /// Whether only the INSERT writes it.
    pub insert_only: bool,
    /// Its default, as SQL.
    pub default: Option<&'static str>,
    /// The row of another model that it references by itself. References of several columns are those of the
    /// [model](ModelMeta::references).
    pub reference: Option<Reference>,
    declared_type: Option<&'static str>,
    bind: fn(&dyn Any, &mut Args) -> Result<()>,
    native_type: fn(Backend) -> Cow<'static, str>,
    now: fn(&mut Args) -> Option<Result<()>>,
    swap: fn(&mut dyn Any, &mut dyn Any),
    /// Reads it into the field. Only columns that the database fills have this.
    pub(super) fill: Option<Fill>,
    /// Returns whether the field is `None`. Only columns with `db_default` have this.
    pub(super) is_unset: Option<fn(&dyn Any) -> bool>,
}

impl ColumnMeta {
    /// Describes a column whose values this codec binds and reads.
    pub(super) const fn new<T>(
        codec: &FieldCodec<T>,
        field: &'static str,
        column: &'static str,
        nullable: bool,
    ) -> Self {
        let mut described = Self::of(field, column, nullable, codec.bind, codec.sql_type, codec.swap);
        described.now = codec.now;
        described
    }

    /// Describes a column that holds a `T` as a JSON document.
    #[doc(hidden)]
    #[cfg(feature = "json")]
    pub const fn json<T: serde::Serialize + 'static>(
        field: &'static str,
        column: &'static str,
        nullable: bool,
    ) -> Self {
        let mut described = Self::of(
            field,
            column,
            nullable,
            |value, args| bind(value, args, Args::add_json::<T>),
            |backend| backend.capabilities().schema.json_type.into(),
            swap::<T>,
        );
        described.json = true;
        described
    }

    const fn of(
        field: &'static str,
        column: &'static str,
        nullable: bool,
        bind: fn(&dyn Any, &mut Args) -> Result<()>,
        native_type: fn(Backend) -> Cow<'static, str>,
        swap: fn(&mut dyn Any, &mut dyn Any),
    ) -> Self {
        Self {
            field,
            column,
            primary_key: false,
            unique: false,
            index: false,
            nullable,
            auto_now: false,
            auto_now_add: false,
            json: false,
            generated: false,
            read_only: false,
            db_default: false,
            insert_only: false,
            default: None,
            reference: None,
            declared_type: None,
            bind,
            native_type,
            now: |_| None,
            swap,
            fill: None,
            is_unset: None,
        }
    }

    /// Returns whether it is set to the present time in every new row.
    pub(crate) fn is_stamped(&self) -> bool {
        self.auto_now || self.auto_now_add
    }

    /// Binds a value of its type.
    pub(super) fn bind(&self, value: &dyn Any, args: &mut Args) -> Result<()> {
        (self.bind)(value, args)
    }

    /// Binds the present time for a row that is written without an instance. Returns `None` if only an
    /// instance can make the value.
    pub(crate) fn bind_now(&self, args: &mut Args) -> Option<Result<()>> {
        (self.now)(args)
    }

    /// Swaps the values of two fields of its type.
    pub(crate) fn swap(&self, one: &mut dyn Any, other: &mut dyn Any) {
        (self.swap)(one, other);
    }

    /// Returns its type on `backend`: the declared type, otherwise sqlx's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::Model;
    /// use signals::db::Backend;
    /// use signals::model::Entity as _;
    ///
    /// #[derive(Model)]
    /// struct Note { id: i64, #[model(sql_type = "VARCHAR(80)")] title: String, text: String }
    ///
    /// let types = Note::meta().columns().iter().map(|column| column.sql_type_on(Backend::Sqlite).into_owned());
    /// assert_eq!(types.collect::<Vec<_>>(), ["INTEGER", "VARCHAR(80)", "TEXT"]);
    /// ```
    pub fn sql_type_on(&self, backend: Backend) -> Cow<'static, str> {
        self.declared_type.map_or_else(|| (self.native_type)(backend), Cow::Borrowed)
    }

    /// Marks it as the primary key, which is never NULL.
    #[doc(hidden)]
    #[must_use]
    pub const fn primary_key(mut self) -> Self {
        self.primary_key = true;
        self.nullable = false;
        self
    }

    /// Marks it as unique.
    #[doc(hidden)]
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Gives it an index.
    #[doc(hidden)]
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Sets it to the present time at every write.
    #[doc(hidden)]
    #[must_use]
    pub const fn auto_now(mut self) -> Self {
        self.auto_now = true;
        self
    }

    /// Sets it to the present time at the INSERT.
    #[doc(hidden)]
    #[must_use]
    pub const fn auto_now_add(mut self) -> Self {
        self.auto_now_add = true;
        self
    }

    /// Makes it a reference to another model's primary key.
    #[doc(hidden)]
    #[must_use]
    pub const fn references(mut self, target: fn() -> &'static ModelMeta, on_delete: OnDelete) -> Self {
        self.reference = Some(Reference::new(target, on_delete));
        self
    }

    /// Declares its SQL type.
    #[doc(hidden)]
    #[must_use]
    pub const fn sql_type(mut self, sql: &'static str) -> Self {
        self.declared_type = Some(sql);
        self
    }

    /// Declares its default, as SQL.
    #[doc(hidden)]
    #[must_use]
    pub const fn default_sql(mut self, sql: &'static str) -> Self {
        self.default = Some(sql);
        self
    }
}

/// Decides whether a column of type `T` may be NULL, from the type itself and not from its spelling.
///
/// The inherent constant of `Nullable<Option<T>>` wins over the one that [`NotNull`] gives every type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Nullable<T>(PhantomData<T>);

impl<T> Nullable<Option<T>> {
    /// Whether the column may be NULL: true for an `Option`.
    pub const IS: bool = true;
}

/// The fallback of [`Nullable`] for all other types.
#[doc(hidden)]
pub trait NotNull {
    /// Whether the column may be NULL: false for every other type.
    const IS: bool = false;
}

impl<T> NotNull for Nullable<T> {}

/// A column of model `M` with values of type `T`: what `User::EMAIL` is.
///
/// `#[derive(Model)]` declares a constant for each field that is a column. It has the field's name in
/// capitals, and the field's visibility. The SQL uses the name in the table, [`ColumnMeta::column`].
///
/// | expression | is | for |
/// |---|---|---|
/// | [`eq`](Self::eq), [`ge`](Self::ge), [`in_`](Self::in_), [`like`](Self::like) and the others | a [`Condition`](crate::query::Condition) | [`Objects::filter`](crate::store::Objects::filter) and `exclude` |
/// | [`asc`](Self::asc), [`desc`](Self::desc) | an [`Order`](crate::query::Order) | [`Objects::order_by`](crate::store::Objects::order_by) |
/// | [`set`](Self::set) | an [`Assignment`](crate::query::Assignment) | [`Objects::update`](crate::store::Objects::update), [`M2mAdd::through_defaults`](crate::store::M2mAdd::through_defaults) |
/// | `[User::EMAIL, User::AGE]` | a list of [`&dyn ColumnOf`](ColumnOf) | [`Save::update_fields`](crate::store::Save::update_fields), [`bulk_update`](crate::store::Model::bulk_update) |
///
/// A value has the type of the column, or is a reference to it: see [`Operand`](crate::query::Operand).
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Clone, Model)]
/// struct User {
///     id: i64,
///     email: String,
///     age: Option<i32>,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     for (email, age) in [("ann@b.c", Some(30)), ("bob@b.c", None)] {
///         User { id: 0, email: email.into(), age }.create(&db).await?;
///     }
///
///     let adults = User::objects().filter(User::AGE.ge(18)).order_by(User::EMAIL.asc());
///     let mut ann = adults.get(&db).await?;
///     ann.email = "anna@b.c".into();
///     ann.save(&db).update_fields([User::EMAIL]).await?;
///
///     User::objects().filter(User::AGE.is_null()).update(&db, [User::AGE.set(18)]).await?;
///     assert_eq!(adults.count(&db).await?, 2);
///     Ok(())
/// }
/// ```
pub struct Column<M, T> {
    index: usize,
    name: &'static str,
    types: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    /// Returns the column of this number and field name.
    #[doc(hidden)]
    pub const fn new(index: usize, name: &'static str) -> Self {
        Self { index, name, types: PhantomData }
    }

    /// Returns the field's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns its index among the model's columns.
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

// The columns of one model differ only by their index.
impl<M, T> PartialEq for Column<M, T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl<M, T> Eq for Column<M, T> {}

impl<M, T> Hash for Column<M, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index.hash(state);
    }
}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A column of model `M` with values of any type.
///
/// A list of columns of several types is a list of `&dyn ColumnOf<M>`. A list such as
/// `[User::EMAIL, User::AGE]` is converted to one automatically.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column of `{M}`",
    label = "not a constant of `{M}`",
    note = "`#[derive(Model)]` makes a constant of each field; name them by the model that is saved, such as `{M}::ID`"
)]
pub trait ColumnOf<M>: Send + Sync {
    /// Returns its index among the model's columns.
    fn index(&self) -> usize;
}

impl<M: Entity, T> ColumnOf<M> for Column<M, T> {
    fn index(&self) -> usize {
        self.index
    }
}

/// Binds a value of type `T` as `add` does.
pub(super) fn bind<T: 'static>(value: &dyn Any, args: &mut Args, add: fn(&mut Args, &T) -> Result<()>) -> Result<()> {
    match value.downcast_ref() {
        Some(value) => add(args, value),
        None => Err(Error::Internal("a value does not have the type of its column".into())),
    }
}

pub(super) fn swap<T: 'static>(one: &mut dyn Any, other: &mut dyn Any) {
    if let (Some(one), Some(other)) = (one.downcast_mut::<T>(), other.downcast_mut::<T>()) {
        std::mem::swap(one, other);
    }
}
