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
    /// The schemas that were read besides those where a statement finds a table by its name alone.
    pub schemas: Vec<String>,
    /// Whether the database ignores the case of the names of tables.
    pub ignores_case_of_tables: bool,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its schema in PostgreSQL, or its file in SQLite. In MySQL, and for a table of a model, `None` if a statement finds
    /// it by its name alone, unless its database was asked for by its name.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether a statement finds it by its name alone.
    pub is_visible: bool,
    /// What it is.
    pub kind: TableKind,
    /// Its columns, in order.
    pub columns: Vec<ColumnSchema>,
    /// The columns of its primary key, in the order of the key.
    pub primary_key: Vec<String>,
    /// Its indexes and unique constraints, without that of the primary key.
    pub indexes: Vec<Index>,
    /// Its references to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// The triggers that record the writes of others, for a model with `#[model(capture)]`.
    pub triggers: Vec<CaptureTrigger>,
    /// Why the database cannot describe it, such as a view of a table that no longer exists.
    pub problem: Option<String>,
    /// What a new definition of the table has to repeat. Only SQLite has this.
    pub(crate) kept: Kept,
}

/// A trigger that records the writes of others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureTrigger {
    /// Its name.
    pub name: String,
    /// The statements that create it.
    pub(crate) statements: Vec<String>,
    /// Texts that another definition of it has, unless it is another version. Of a trigger in a database, the source of
    /// its function.
    pub(crate) signs: Vec<String>,
}

impl CaptureTrigger {
    /// Returns whether a trigger of a database is of the version of this one.
    pub(crate) fn is_same(&self, found: &Self) -> bool {
        let has = |sign: &str| found.statements.iter().chain(&found.signs).any(|text| text.contains(sign));
        self.signs.iter().all(|sign| has(sign))
    }
}

/// The parts of a table of SQLite that a [`Table`] does not describe, as SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The clauses of columns, such as COLLATE, CHECK and GENERATED, by the name of the column.
    pub(crate) clauses: Vec<(String, String)>,
    /// The CHECK constraints of the table.
    pub(crate) checks: Vec<String>,
    /// The DEFERRABLE of references, by their columns.
    pub(crate) deferrals: Vec<(Vec<String>, String)>,
    /// What follows the columns, such as STRICT.
    pub(crate) tail: String,
    /// Whether the key is AUTOINCREMENT.
    pub(crate) never_reuses_keys: bool,
    pub(crate) triggers: Vec<String>,
    /// Why the table cannot be defined again.
    pub(crate) problem: Option<&'static str>,
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
pub struct ColumnSchema {
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
    /// What a new definition of the column has to repeat, as SQL. Only MySQL has this.
    pub(crate) kept: String,
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
    /// Some of its values. Only SQLite has this, whose types say little about them.
    pub(crate) samples: Vec<Sample>,
}

/// A value of a column of SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Its type: `integer`, `real`, `text` or `blob`.
    pub(crate) kind: String,
    /// Its first letters.
    pub(crate) text: String,
}

impl ColumnType {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), base: None, values: Vec::new(), is_json: false, samples: Vec::new() }
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
    /// Whether it belongs to a unique constraint. In MySQL every unique index does.
    pub is_constraint: bool,
    /// The statement that made it. Only SQLite has this.
    pub(crate) definition: Option<String>,
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

impl Schema {
    /// Returns the table of this name in a schema. Without a schema, it is the table that a statement finds by the name
    /// alone.
    pub fn table_in(&self, schema: Option<&str>, name: &str) -> Option<&Table> {
        let Some(schema) = schema else { return self.table(name) };
        let is_same =
            |one: &str, other: &str| one == other || self.ignores_case_of_tables && one.eq_ignore_ascii_case(other);
        let is_in = |table: &&Table| table.schema.as_ref().is_some_and(|own| is_same(own, schema));
        self.tables.iter().filter(is_in).find(|table| is_same(&table.name, name))
    }

    /// Returns the schema that a model of a table names, if it names one.
    pub(crate) fn named_schema<'a>(&self, table: &'a Table) -> Option<&'a str> {
        let own = table.schema.as_ref()?;
        self.schemas.contains(own).then_some(own)
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
            triggers: Vec::new(),
            kept: Kept::default(),
        }
    }

    /// Returns the column of exactly this name.
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|column| column.name == name)
    }
}
