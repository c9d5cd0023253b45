//! The description of columns, and the typed constants that name them.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::field_codec::{Bind, ColumnCodec};
use super::filled::Fill;
use super::{Entity, ForeignColumn, ModelMeta, OnDelete, Reference, ReferencedColumn, ReferencedValues};
use crate::backend::{Args, Backend, Row};
use crate::error::{Error, FieldName, Result};

/// Reads a value, and binds it again.
pub(super) type BindRead = fn(&Row<'_>, &str, &mut Args) -> Result<Result<()>, sqlx::Error>;

/// Reads a value into an `Option` of its type.
pub(crate) type ReadInto = fn(&Row<'_>, &str, &mut dyn Any) -> Result<(), sqlx::Error>;

/// Returns whether a value without its type is sent to the database as NULL.
pub(super) type IsNull = fn(&dyn Any, Backend) -> bool;

/// How the values of a column are bound and read that SQLite keeps in a form of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredCodec {
    /// Binds a value that is written.
    pub(crate) write: Bind,
    /// Binds a value that the column is compared with.
    pub(crate) compare: Bind,
    /// Reads a value.
    pub(crate) read: ReadInto,
}

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
    /// The name that it had in the table before, from `#[model(was = "..")]`.
    pub was: Option<&'static str>,
    /// The row of another model that it references by itself. References of several columns are those of the
    /// [model](ModelMeta::references).
    pub reference: Option<Reference>,
    declared_type: Option<&'static str>,
    codec: &'static ColumnCodec,
    /// Reads it into the field. Only columns that the database fills have this.
    pub(super) fill: Option<Fill>,
    /// What counts it. Only columns with `version` have this.
    pub(super) version: Option<Version>,
    /// Returns whether the field is `None`. Only columns with `db_default` have this.
    pub(super) is_unset: Option<fn(&dyn Any) -> bool>,
}

/// What depends on the type of a version.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// Sets the version of a new row.
    pub(super) begin: fn(&mut dyn Any),
    /// Binds that of a new row.
    pub(super) bind_first: fn(&mut Args) -> Result<()>,
    /// The greatest number.
    pub(super) greatest: i64,
}

impl ColumnMeta {
    /// Describes a column whose values this codec binds and reads.
    pub(super) const fn new(
        codec: &'static ColumnCodec,
        field: &'static str,
        column: &'static str,
        nullable: bool,
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
            was: None,
            reference: None,
            declared_type: None,
            codec,
            fill: None,
            version: None,
            is_unset: None,
        }
    }

    /// Describes a column that holds a `T` as a JSON document, and `None` as NULL.
    #[doc(hidden)]
    #[cfg(feature = "json")]
    pub const fn json<T: serde::Serialize + 'static>(
        field: &'static str,
        column: &'static str,
        nullable: bool,
    ) -> Self {
        let document = const { &json::<T>(|value, args| bind(value, args, Args::add_json::<T>)) };
        let document_or_null = const { &json::<T>(|value, args| bind(value, args, Args::add_json_or_null::<T>)) };
        let mut described = Self::new(if nullable { document_or_null } else { document }, field, column, nullable);
        described.json = true;
        described
    }

    /// Returns whether it is set to the present time in every new row.
    pub(crate) fn is_stamped(&self) -> bool {
        self.auto_now || self.auto_now_add
    }

    /// Binds a value of its type.
    pub(crate) fn bind(&self, value: &dyn Any, args: &mut Args) -> Result<()> {
        (self.codec.bind)(value, args)
    }

    /// Binds a value of its type that the column is compared with.
    pub(crate) fn bind_compared(&self, value: &dyn Any, args: &mut Args) -> Result<()> {
        self.codec.compare.unwrap_or(self.codec.bind)(value, args)
    }

    /// Returns whether a value of its type is sent to the database as NULL. In JSON, none is.
    pub(crate) fn is_null(&self, value: &dyn Any, backend: Backend) -> bool {
        (self.codec.is_null)(value, backend)
    }

    /// Returns how values are bound and read, if SQLite keeps them in a form of its own.
    pub(crate) fn stored(&self) -> Option<StoredCodec> {
        let ColumnCodec { bind, compare, read_stored, .. } = self.codec;
        Some(StoredCodec { write: *bind, compare: (*compare)?, read: (*read_stored)? })
    }

    /// Binds a value of its type, to find the rows that were saved with it.
    pub(crate) fn bind_sought(&self, value: &dyn Any, args: &mut Args) -> Result<()> {
        // Digits that a form does not keep would find nothing.
        if self.codec.read_stored.is_some() { self.bind(value, args) } else { self.bind_compared(value, args) }
    }

    /// Reads the column from a row, and binds the value as a save binds it. Returns `None` for a column of JSON.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value is not one of the field's type.
    #[doc(hidden)]
    pub fn bind_read(&self, row: &Row<'_>, column: &str, args: &mut Args) -> Option<Result<Result<()>, sqlx::Error>> {
        self.codec.bind_read.map(|bind_read| bind_read(row, column, args))
    }

    /// Binds the present time for a row that is written without an instance. Returns `None` if only an
    /// instance can make the value.
    pub(crate) fn bind_now(&self, args: &mut Args) -> Option<Result<()>> {
        (self.codec.now)(args)
    }

    /// Swaps the values of two fields of its type.
    pub(crate) fn swap(&self, one: &mut dyn Any, other: &mut dyn Any) {
        (self.codec.swap)(one, other);
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
        self.declared_type.map_or_else(|| (self.codec.sql_type)(backend), Cow::Borrowed)
    }

    /// Returns whether its type is declared. Such a type is taken as it is.
    pub(crate) fn is_type_declared(&self) -> bool {
        self.declared_type.is_some()
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

    /// Makes it a reference to another model's unique column.
    #[doc(hidden)]
    #[must_use]
    pub const fn references_column(
        mut self,
        target: fn() -> &'static ModelMeta,
        on_delete: OnDelete,
        column: ReferencedColumn,
    ) -> Self {
        self.reference = Some(Reference::to_column(target, on_delete, column));
        self
    }

    /// Declares its SQL type.
    #[doc(hidden)]
    #[must_use]
    pub const fn sql_type(mut self, sql: &'static str) -> Self {
        self.declared_type = Some(sql);
        self
    }

    /// Gives the name that it had in the table before.
    #[doc(hidden)]
    #[must_use]
    pub const fn renamed_from(mut self, name: &'static str) -> Self {
        self.was = Some(name);
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

/// Returns the codec of a column of JSON.
#[cfg(feature = "json")]
const fn json<T: 'static>(bind: Bind) -> ColumnCodec {
    ColumnCodec {
        bind,
        compare: None,
        is_null: |_, _| false,
        read_stored: None,
        sql_type: |backend| backend.capabilities().schema.json_type.into(),
        now: |_| None,
        swap: swap::<T>,
        bind_read: None,
    }
}

/// A column of model `M` with values of type `T`: what `User::EMAIL` is.
///
/// `#[derive(Model)]` declares a constant for each field that is a column. It has the field's name in
/// capitals, and the field's visibility. The SQL uses the name in the table, [`ColumnMeta::column`].
///
/// | expression | is | for |
/// |---|---|---|
/// | [`eq`](Self::eq), [`ge`](Self::ge), [`in_`](Self::in_), [`like`](Self::like) and the others | a [`Condition`](crate::query::Condition) | [`Objects::filter`](crate::store::Objects::filter) and `exclude` |
/// | [`asc`](Self::asc), [`desc`](Self::desc) | an [`Order`](crate::query::Order) | [`Objects::order_by`](crate::store::Objects::order_by) |
/// | [`set`](Self::set) | an [`Assignment`](crate::query::Assignment) | [`Objects::update`](crate::store::Objects::update), [`Upsert::update_with`](crate::store::Upsert::update_with), [`M2mAdd::through_defaults`](crate::store::M2mAdd::through_defaults) |
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

    /// Returns the reference of a field of type `F` to this column. It is a method, so that a misspelled column is one
    /// error of the compiler.
    #[doc(hidden)]
    pub const fn referenced_by<F: ForeignColumn<T>>(&self, values: &ReferencedValues<T>) -> ReferencedColumn {
        ReferencedColumn::new(self.index, values.values)
    }
}

impl<M, T> FieldName for &Column<M, T> {
    fn field_name(self) -> Cow<'static, str> {
        self.name.into()
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
