//! The description of a model.

use std::any::TypeId;
use std::fmt;

use super::{ColumnMeta, Entity, Reference};

/// The description of a model: its name, its table and its columns.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::model::Entity as _;
///
/// #[derive(Model)]
/// struct Album { id: i64 }
///
/// #[derive(Model)]
/// #[model(unique(album_id, place))]
/// struct Track { id: i64, #[model(references = Album, on_delete = cascade)] album_id: i64, place: i32 }
///
/// let meta = Track::meta();
/// assert_eq!((meta.name(), meta.table(), meta.primary_key().column), ("Track", "track", "id"));
/// assert_eq!(meta.unique_constraints(), [[1, 2]]);            // the indexes of `album_id` and `place`
/// let (column, reference) = meta.references().next().unwrap();
/// assert_eq!((meta.columns()[column].field, reference.target().name()), ("album_id", "Album"));
/// ```
pub struct ModelMeta {
    name: &'static str,
    path: &'static str,
    table: &'static str,
    primary_key: usize,
    columns: &'static [ColumnMeta],
    unique_together: &'static [&'static [usize]],
    indexes: &'static [&'static [usize]],
    managed: bool,
    type_id: TypeId,
}

/// Shows only the path and the table: in the text of a payload, the columns would hide everything else.
impl fmt::Debug for ModelMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, table, .. } = self;
        f.debug_struct("ModelMeta").field("path", path).field("table", table).finish_non_exhaustive()
    }
}

impl ModelMeta {
    /// Describes the model `M`.
    #[doc(hidden)]
    pub const fn new<M: Entity>(
        name: &'static str,
        path: &'static str,
        table: &'static str,
        primary_key: usize,
        columns: &'static [ColumnMeta],
    ) -> Self {
        Self {
            name,
            path,
            table,
            primary_key,
            columns,
            unique_together: &[],
            indexes: &[],
            managed: true,
            type_id: TypeId::of::<M>(),
        }
    }

    /// Makes each of these lists of columns unique together.
    #[doc(hidden)]
    #[must_use]
    pub const fn unique_together(mut self, constraints: &'static [&'static [usize]]) -> Self {
        self.unique_together = constraints;
        self
    }

    /// Gives each of these lists of columns an index, in this order.
    #[doc(hidden)]
    #[must_use]
    pub const fn indexes(mut self, indexes: &'static [&'static [usize]]) -> Self {
        self.indexes = indexes;
        self
    }

    /// Keeps `create_tables` from its table.
    #[doc(hidden)]
    #[must_use]
    pub const fn unmanaged(mut self) -> Self {
        self.managed = false;
        self
    }

    /// Returns the struct's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the struct's path, such as `app::users::User`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the table's name.
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// Returns whether `create_tables` creates its table and adds missing indexes: not with
    /// `#[model(managed = false)]`.
    pub fn is_managed(&self) -> bool {
        self.managed
    }

    /// Returns the columns, in the order of the fields.
    pub fn columns(&self) -> &'static [ColumnMeta] {
        self.columns
    }

    /// Returns the index of the primary key among the columns.
    pub fn primary_key_index(&self) -> usize {
        self.primary_key
    }

    /// Returns the primary key's column.
    pub fn primary_key(&self) -> &'static ColumnMeta {
        &self.columns[self.primary_key]
    }

    /// Returns the unique constraints over several columns: the indexes of the columns of each.
    pub fn unique_constraints(&self) -> &'static [&'static [usize]] {
        self.unique_together
    }

    /// Returns the indexes over several columns: the indexes of the columns of each, in order.
    pub fn indexes_together(&self) -> &'static [&'static [usize]] {
        self.indexes
    }

    /// Returns the columns that reference other models, with their indexes.
    pub fn references(&self) -> impl Iterator<Item = (usize, Reference)> {
        self.columns.iter().enumerate().filter_map(|(index, column)| Some((index, column.reference?)))
    }

    /// Returns the type of the struct.
    pub(crate) fn type_id(&self) -> TypeId {
        self.type_id
    }

    /// Returns whether this describes `M`.
    ///
    /// Names are not unique: two modules may each have a `User`. Compare models by this, or by `==`.
    pub fn is<M: Entity>(&self) -> bool {
        self.type_id == TypeId::of::<M>()
    }

    /// Returns the index of the field or column of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::Model;
    /// use signals::model::Entity as _;
    ///
    /// #[derive(Model)]
    /// #[model(table = "notes")]
    /// struct Note { id: i64, #[model(column = "body")] text: String }
    ///
    /// let meta = Note::meta();
    /// assert_eq!((meta.name(), meta.table()), ("Note", "notes"));
    /// assert_eq!(meta.column_named("text"), Some(1));             // the field
    /// assert_eq!(meta.column_named("body"), Some(1));             // its column
    /// assert_eq!(meta.columns()[1].column, "body");
    /// ```
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == name || column.column == name)
    }
}

impl PartialEq for ModelMeta {
    fn eq(&self, other: &Self) -> bool {
        self.type_id == other.type_id
    }
}

impl Eq for ModelMeta {}

impl std::hash::Hash for ModelMeta {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.type_id.hash(state);
    }
}
