//! A schema as data: of a database, and of the models.

use std::fmt;

use signals_core::backend::Backend;
use signals_core::model::OnDelete;

/// The tables of a database, or those that the models need.
///
/// [`Schema::read`] reads the tables of a database. [`Schema::of_models`] describes those of the models.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The kind of the database.
    pub backend: Backend,
    /// Its tables and views.
    pub tables: Vec<Table>,
    /// Whether the database ignores the case of the names of tables.
    pub ignores_case_of_tables: bool,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its schema in PostgreSQL, or its file in SQLite. `None` in MySQL, and for a table of a model.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether a statement finds it by its name alone.
    pub is_visible: bool,
    /// What it is.
    pub kind: TableKind,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in the order of the key.
    pub primary_key: Vec<String>,
    /// Its indexes and unique constraints, without that of the primary key.
    pub indexes: Vec<Index>,
    /// Its references to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Why the database cannot describe it, such as a view of a table that no longer exists.
    pub problem: Option<String>,
}

/// The kind of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableKind {
    /// An ordinary table.
    Table,
    /// A table that is divided into partitions.
    Partitioned,
    /// A partition of another table.
    Partition,
    /// A view.
    View,
    /// A table whose rows are elsewhere: a foreign table of PostgreSQL, or a virtual table of SQLite.
    Foreign,
}

impl TableKind {
    /// Returns whether it has keys, constraints and indexes of its own.
    pub(crate) fn has_constraints(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned | Self::Partition)
    }
}

impl fmt::Display for TableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "a table",
            Self::Partitioned => "a partitioned table",
            Self::Partition => "a partition",
            Self::View => "a view",
            Self::Foreign => "a foreign or virtual table",
        })
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: ColumnType,
    /// Whether it may be NULL.
    pub is_nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// How the database makes its values, if it does.
    pub generation: Option<Generation>,
    /// Whether an INSERT of the model leaves it out while the field is `None`.
    pub omits_null: bool,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnType {
    /// The type as the database shows it, or as the model declares it.
    pub text: String,
    /// The type behind a domain of PostgreSQL.
    pub base: Option<String>,
    /// The values of an enum of PostgreSQL.
    pub values: Vec<String>,
    /// Whether the column holds JSON documents, also if its type is a text.
    pub is_json: bool,
}

impl ColumnType {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), base: None, values: Vec::new(), is_json: false }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How the database makes the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Generation {
    /// It counts them, if an INSERT gives none: an identity, a sequence, `AUTO_INCREMENT` or the rowid.
    Counted,
    /// It counts them, and refuses an INSERT that gives one.
    Always,
    /// It computes them from other columns, and refuses statements that set one.
    Computed,
}

/// An index, or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// Its name. `None` for one of a model.
    pub name: Option<String>,
    /// Its columns, in order. An expression has no name, and is left out.
    pub columns: Vec<String>,
    /// Whether no two rows have the same values.
    pub is_unique: bool,
    /// Whether it covers all rows and the whole values of its columns, in an order that finds them: no condition, no
    /// expression, no prefix, no full text.
    pub is_plain: bool,
}

/// A reference to another table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKey {
    /// Its name. `None` for one of a model.
    pub name: Option<String>,
    /// The columns that reference.
    pub columns: Vec<String>,
    /// The referenced table.
    pub table: String,
    /// The schema of the referenced table, if a statement does not find it by its name alone.
    pub schema: Option<String>,
    /// The referenced columns, each for one of `columns`.
    pub targets: Vec<String>,
    /// What a delete of the referenced row does in the database.
    pub on_delete: Action,
    /// What a change of the referenced columns does in the database.
    pub on_update: Action,
    /// The rule of the model.
    pub rule: Option<OnDelete>,
}

impl fmt::Display for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}({}) ON DELETE {}", self.table, self.targets.join(", "), self.on_delete)
    }
}

/// What the database does with referencing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It refuses the change, at the end of the statement or of the transaction.
    NoAction,
    /// It refuses the change at once.
    Restrict,
    /// It deletes or changes them too.
    Cascade,
    /// It sets their columns to NULL.
    SetNull,
    /// It sets their columns to their defaults.
    SetDefault,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        })
    }
}

impl Action {
    /// Returns the action of this name in SQL.
    pub(crate) fn of_sql(sql: &str) -> Self {
        match sql {
            "RESTRICT" => Self::Restrict,
            "CASCADE" => Self::Cascade,
            "SET NULL" => Self::SetNull,
            "SET DEFAULT" => Self::SetDefault,
            _ => Self::NoAction,
        }
    }
}

impl Schema {
    /// Returns the table that a statement finds by this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// use signals::schema::Schema;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// sqlx::query("CREATE TABLE note (id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL)").execute(db.sqlite()?).await?;
    ///
    /// let schema = Schema::read(&db).await?;
    /// let note = schema.table("note").unwrap();
    /// assert_eq!(note.primary_key, ["id"]);
    /// assert_eq!(note.column("title").unwrap().sql_type.to_string(), "VARCHAR(80)");
    /// # Ok(()) }
    /// ```
    pub fn table(&self, name: &str) -> Option<&Table> {
        let mut visible = self.tables.iter().filter(|table| table.is_visible);
        let exact = visible.clone().find(|table| table.name == name);
        exact.or_else(|| visible.find(|table| self.ignores_case_of_tables && table.name.eq_ignore_ascii_case(name)))
    }
}

impl Table {
    pub(crate) fn new(name: String, kind: TableKind) -> Self {
        Self {
            schema: None,
            name,
            is_visible: true,
            kind,
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            problem: None,
        }
    }

    /// Returns the column of exactly this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
