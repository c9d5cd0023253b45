//! The description of a model.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::LazyLock;

use super::{ColumnMeta, Entity, Reference, TableName};

/// The index of each of the first columns.
static FIRST: [usize; 128] = {
    let mut indexes = [0; 128];
    let mut index = 0;
    while index < indexes.len() {
        indexes[index] = index;
        index += 1;
    }
    indexes
};

/// The index of each column of a model with more columns. No database has tables of more than 4,096.
static ALL: LazyLock<Vec<usize>> = LazyLock::new(|| (0..=4_096).collect());

/// Returns a list of this index alone.
fn only(index: usize) -> &'static [usize] {
    FIRST.get(index..=index).or_else(|| ALL.get(index..=index)).unwrap_or_default()
}

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
/// assert_eq!((meta.name(), meta.table(), meta.primary_key_columns()), ("Track", "track", &[0][..]));
/// assert_eq!(meta.unique_constraints(), [[1, 2]]);            // the indexes of `album_id` and `place`
/// let (columns, reference) = meta.references().next().unwrap();
/// assert_eq!((meta.columns()[columns[0]].field, reference.target().name()), ("album_id", "Album"));
/// ```
pub struct ModelMeta {
    name: &'static str,
    path: &'static str,
    table: &'static str,
    schema: Option<&'static str>,
    was: Option<&'static str>,
    primary_key: &'static [usize],
    /// The columns of a composite key, for errors.
    primary_key_name: Option<&'static str>,
    columns: &'static [ColumnMeta],
    composite_references: &'static [(&'static [usize], Reference)],
    unique_together: &'static [&'static [usize]],
    indexes: &'static [&'static [usize]],
    managed: bool,
    is_reread: bool,
    /// What the store knows about captured writes.
    captured: Option<&'static (dyn Any + Send + Sync)>,
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
        primary_key: &'static [usize],
        columns: &'static [ColumnMeta],
    ) -> Self {
        Self {
            name,
            path,
            table,
            schema: None,
            was: None,
            primary_key,
            primary_key_name: None,
            columns,
            composite_references: &[],
            unique_together: &[],
            indexes: &[],
            managed: true,
            is_reread: false,
            captured: None,
            type_id: TypeId::of::<M>(),
        }
    }

    /// Names the schema of the table.
    #[doc(hidden)]
    #[must_use]
    pub const fn schema_named(mut self, schema: &'static str) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Names the columns of a composite key, for errors.
    #[doc(hidden)]
    #[must_use]
    pub const fn composite_key(mut self, columns: &'static str) -> Self {
        self.primary_key_name = Some(columns);
        self
    }

    /// Adds the references to composite keys, each with its columns in the order of the key.
    #[doc(hidden)]
    #[must_use]
    pub const fn composite_references(mut self, references: &'static [(&'static [usize], Reference)]) -> Self {
        self.composite_references = references;
        self
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

    /// Gives the name that its table had before.
    #[doc(hidden)]
    #[must_use]
    pub const fn renamed_from(mut self, table: &'static str) -> Self {
        self.was = Some(table);
        self
    }

    /// Keeps `create_tables` from its table.
    #[doc(hidden)]
    #[must_use]
    pub const fn unmanaged(mut self) -> Self {
        self.managed = false;
        self
    }

    /// Reads what the database filled by a SELECT after each write.
    #[doc(hidden)]
    #[must_use]
    pub const fn reread(mut self) -> Self {
        self.is_reread = true;
        self
    }

    /// Lets triggers record the writes of others. The store reads this value.
    #[doc(hidden)]
    #[must_use]
    pub const fn captured(mut self, store: &'static (dyn Any + Send + Sync)) -> Self {
        self.captured = Some(store);
        self
    }

    /// Returns whether triggers record the writes of others: with `#[model(capture)]`.
    pub fn is_captured(&self) -> bool {
        self.captured.is_some()
    }

    /// Returns what the store knows about captured writes, if its type is `T`.
    pub(crate) fn capture_store<T: Any>(&self) -> Option<&'static T> {
        self.captured?.downcast_ref()
    }

    /// Returns whether a SELECT after each write reads what the database filled.
    pub(crate) fn is_reread(&self) -> bool {
        self.is_reread
    }

    /// Returns the struct's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the struct's path, such as `app::users::User`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the table's name, without its schema.
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// Returns the schema of the table: a database in MySQL, an attached file in SQLite. `None` if statements name only
    /// the table.
    pub fn schema(&self) -> Option<&'static str> {
        self.schema
    }

    /// Returns the name that its table had before, from `#[model(was = "..")]`.
    pub fn was(&self) -> Option<&'static str> {
        self.was
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

    /// Returns the indexes of the columns of the primary key. There is one, or 2 to 5 of a composite key.
    pub fn primary_key_columns(&self) -> &'static [usize] {
        self.primary_key
    }

    /// Returns the columns of the primary key. There is one, or 2 to 5 of a composite key.
    pub fn primary_key(&self) -> impl ExactSizeIterator<Item = &'static ColumnMeta> + Clone + use<> {
        let columns = self.columns;
        self.primary_key.iter().map(move |index| &columns[*index])
    }

    /// Returns the index of a key that is one column.
    pub(crate) fn single_key(&self) -> Option<usize> {
        if let [index] = self.primary_key { Some(*index) } else { None }
    }

    /// Returns the name of the table with its schema.
    pub(crate) fn table_name(&self) -> TableName {
        TableName { schema: self.schema, table: self.table }
    }

    /// Returns the name of the key's column, or the names of its columns.
    pub(crate) fn primary_key_name(&self) -> &'static str {
        self.primary_key_name.or_else(|| self.primary_key().next().map(|column| column.column)).unwrap_or_default()
    }

    /// Returns the name of the column of a part of a key that these columns hold.
    pub(crate) fn key_column(&self, columns: &[usize], part: usize) -> Option<&'static str> {
        Some(self.columns.get(*columns.get(part)?)?.column)
    }

    /// Returns the name of the field of a part of the key.
    pub(crate) fn key_field(&self, part: usize) -> &'static str {
        self.primary_key().nth(part).map_or("", |column| column.field)
    }

    /// Returns the unique constraints over several columns: the indexes of the columns of each.
    pub fn unique_constraints(&self) -> &'static [&'static [usize]] {
        self.unique_together
    }

    /// Returns the indexes over several columns: the indexes of the columns of each, in order.
    pub fn indexes_together(&self) -> &'static [&'static [usize]] {
        self.indexes
    }

    /// Returns the references to other models, each with the indexes of its columns. A reference to a composite
    /// key has several, in the order of the key. [`Reference::target_columns`] has the other ends.
    pub fn references(&self) -> impl Iterator<Item = (&'static [usize], Reference)> + use<> {
        let columns = self.columns.iter().enumerate();
        let single = columns.filter_map(|(index, column)| Some((only(index), column.reference?)));
        single.chain(self.composite_references.iter().copied())
    }

    /// Returns a list of only this index.
    pub(crate) fn only(index: usize) -> &'static [usize] {
        only(index)
    }

    /// Returns the name of the field of a reference, or the names of its fields.
    pub(crate) fn fields_of(&self, columns: &[usize], reference: Reference) -> &'static str {
        let only = || columns.first().map_or("", |column| self.columns[*column].field);
        reference.fields().unwrap_or_else(only)
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
