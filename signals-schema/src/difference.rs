//! The differences between a model and its table.

use std::fmt;

use signals_core::model::ModelMeta;

use crate::description::ForeignKey;

/// A difference between a model and its table.
///
/// Its `Display` is a line for a log. [`columns`](Self::columns), [`expected`](Self::expected) and
/// [`found`](Self::found) are the cells of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The model.
    pub model: &'static ModelMeta,
    /// What differs.
    pub kind: DifferenceKind,
}

/// The kinds of differences. `expected` is what the model needs, and `found` what the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The database has no such table.
    TableMissing,
    /// The database cannot describe the table, such as a view of a table that no longer exists.
    TableBroken {
        /// The error of the database.
        problem: String,
    },
    /// The table has no such column.
    ColumnMissing {
        /// The column.
        column: String,
        /// Its type.
        expected: String,
    },
    /// The table has a column that is NOT NULL and has no default, and the model does not have it. Every INSERT of the
    /// model fails.
    ColumnRequired {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// The column has another type.
    Type {
        /// The column.
        column: String,
        /// The type of the model.
        expected: String,
        /// The type in the database.
        found: String,
    },
    /// The column has the type of the model with another length, or another number of digits.
    Length {
        /// The column.
        column: String,
        /// The type of the model.
        expected: String,
        /// The type in the database.
        found: String,
    },
    /// The column may be NULL and the field is not an `Option`, or the reverse.
    Null {
        /// The column.
        column: String,
        /// Whether the field is an `Option`.
        expected: bool,
        /// Whether the column may be NULL.
        found: bool,
    },
    /// The column has a value that the field does not read, or that the model writes in another form, so that a
    /// condition does not find it. Only values of SQLite are compared: see `#[model(sqlite = ..)]`.
    Value {
        /// The column.
        column: String,
        /// The value as the model writes it.
        expected: String,
        /// The value in the database.
        found: String,
    },
    /// The model has a default for the column, and the table has none.
    DefaultMissing {
        /// The column.
        column: String,
        /// The default, as SQL.
        expected: String,
    },
    /// The table has another primary key, and no unique key of the model's key columns.
    PrimaryKey {
        /// The columns of the model's key.
        expected: Vec<String>,
        /// The columns of the table's key.
        found: Vec<String>,
    },
    /// The database generates no keys for the column. The first save of an instance without a key fails.
    KeyNotGenerated {
        /// The column.
        column: String,
        /// Its type in the database.
        found: String,
    },
    /// The database computes the column, and the model writes it. Every save fails that does.
    NotWritable {
        /// The column.
        column: String,
        /// Its type in the database.
        found: String,
    },
    /// The model leaves the column to the database, which does not fill it. Every INSERT of the model fails.
    NotFilled {
        /// The column.
        column: String,
        /// Its type in the database.
        found: String,
    },
    /// The table allows rows with the same values in these columns, which are unique in the model, or which another
    /// model references.
    UniqueMissing {
        /// The columns.
        columns: Vec<String>,
    },
    /// The table refuses rows with the same values in these columns, and the model does not say so.
    UniqueUnknown {
        /// The columns.
        columns: Vec<String>,
    },
    /// No index begins with these columns.
    IndexMissing {
        /// The columns.
        columns: Vec<String>,
    },
    /// The table does not have the reference of the model.
    ReferenceMissing {
        /// The reference.
        expected: ForeignKey,
    },
    /// The table has a reference that the model does not have.
    ReferenceUnknown {
        /// The reference.
        found: ForeignKey,
    },
    /// The ON DELETE of the table contradicts the `on_delete` of the model.
    OnDelete {
        /// The reference of the model.
        expected: ForeignKey,
        /// The reference of the table.
        found: ForeignKey,
    },
    /// The table has no such trigger, and so writes of others are not captured.
    TriggerMissing {
        /// The name of the trigger.
        trigger: String,
    },
    /// The trigger that captures writes is of another version, such as before a column was added.
    TriggerChanged {
        /// The name of the trigger.
        trigger: String,
    },
    /// The table has a trigger that captures writes, and the model does not have `capture`.
    TriggerUnknown {
        /// The name of the trigger.
        trigger: String,
    },
}

use DifferenceKind as Kind;

impl DifferenceKind {
    /// Returns its name, such as `type` or `index missing`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TableMissing => "table missing",
            Self::TableBroken { .. } => "table broken",
            Self::ColumnMissing { .. } => "column missing",
            Self::ColumnRequired { .. } => "column required",
            Self::Type { .. } => "type",
            Self::Length { .. } => "length",
            Self::Null { .. } => "null",
            Self::Value { .. } => "value",
            Self::DefaultMissing { .. } => "default missing",
            Self::PrimaryKey { .. } => "primary key",
            Self::KeyNotGenerated { .. } => "key not generated",
            Self::NotWritable { .. } => "not writable",
            Self::NotFilled { .. } => "not filled",
            Self::UniqueMissing { .. } => "unique missing",
            Self::UniqueUnknown { .. } => "unique unknown",
            Self::IndexMissing { .. } => "index missing",
            Self::ReferenceMissing { .. } => "reference missing",
            Self::ReferenceUnknown { .. } => "reference unknown",
            Self::OnDelete { .. } => "on delete",
            Self::TriggerMissing { .. } => "trigger missing",
            Self::TriggerChanged { .. } => "trigger changed",
            Self::TriggerUnknown { .. } => "trigger unknown",
        }
    }
}

impl Difference {
    /// Returns the name of the table, after its schema if the model names one.
    pub fn table(&self) -> String {
        let schema = self.model.schema().map(|schema| format!("{schema}.")).unwrap_or_default();
        schema + self.model.table()
    }

    /// Returns the columns that it is about.
    pub fn columns(&self) -> &[String] {
        match &self.kind {
            Kind::TableMissing
            | Kind::TableBroken { .. }
            | Kind::TriggerMissing { .. }
            | Kind::TriggerChanged { .. }
            | Kind::TriggerUnknown { .. } => &[],
            Kind::ColumnMissing { column, .. }
            | Kind::ColumnRequired { column, .. }
            | Kind::Type { column, .. }
            | Kind::Length { column, .. }
            | Kind::Null { column, .. }
            | Kind::Value { column, .. }
            | Kind::DefaultMissing { column, .. }
            | Kind::KeyNotGenerated { column, .. }
            | Kind::NotWritable { column, .. }
            | Kind::NotFilled { column, .. } => std::slice::from_ref(column),
            Kind::PrimaryKey { expected: columns, .. }
            | Kind::UniqueMissing { columns }
            | Kind::UniqueUnknown { columns }
            | Kind::IndexMissing { columns } => columns,
            Kind::ReferenceMissing { expected: key }
            | Kind::ReferenceUnknown { found: key }
            | Kind::OnDelete { expected: key, .. } => &key.columns,
        }
    }

    /// Returns what the model needs.
    pub fn expected(&self) -> String {
        match &self.kind {
            Kind::TableMissing | Kind::TableBroken { .. } => "a table".to_owned(),
            Kind::ColumnMissing { expected, .. }
            | Kind::Type { expected, .. }
            | Kind::Length { expected, .. }
            | Kind::Value { expected, .. }
            | Kind::DefaultMissing { expected, .. } => expected.clone(),
            Kind::ColumnRequired { .. } => "no column".to_owned(),
            Kind::Null { expected, .. } => null(*expected).to_owned(),
            Kind::PrimaryKey { expected, .. } => list(expected),
            Kind::KeyNotGenerated { .. } => "generated keys".to_owned(),
            Kind::NotWritable { .. } => "a column that it writes".to_owned(),
            Kind::NotFilled { .. } => "a column that the database fills".to_owned(),
            Kind::UniqueMissing { .. } => "unique".to_owned(),
            Kind::UniqueUnknown { .. } => "not unique".to_owned(),
            Kind::IndexMissing { .. } => "an index".to_owned(),
            Kind::ReferenceMissing { expected } => expected.to_string(),
            Kind::ReferenceUnknown { .. } => "no reference".to_owned(),
            Kind::OnDelete { expected, .. } => rule(expected),
            Kind::TriggerMissing { trigger } => format!("the trigger {trigger}"),
            Kind::TriggerChanged { trigger } => format!("the trigger {trigger} for these columns"),
            Kind::TriggerUnknown { .. } => "no `capture`".to_owned(),
        }
    }

    /// Returns what the database has.
    pub fn found(&self) -> String {
        match &self.kind {
            Kind::TableMissing | Kind::TriggerMissing { .. } => "none".to_owned(),
            Kind::TableBroken { problem } => problem.clone(),
            Kind::ColumnMissing { .. } => "no column".to_owned(),
            Kind::NotWritable { found, .. } => format!("{found} that it computes"),
            Kind::ColumnRequired { found, .. } | Kind::NotFilled { found, .. } => {
                format!("{found} NOT NULL without a default")
            }
            Kind::Type { found, .. } | Kind::Length { found, .. } | Kind::Value { found, .. } => found.clone(),
            Kind::Null { found, .. } => null(*found).to_owned(),
            Kind::DefaultMissing { .. } => "no default".to_owned(),
            Kind::PrimaryKey { found, .. } if found.is_empty() => "none".to_owned(),
            Kind::PrimaryKey { found, .. } => list(found),
            Kind::KeyNotGenerated { found, .. } => format!("{found} without a generator"),
            Kind::UniqueMissing { .. } => "not unique".to_owned(),
            Kind::UniqueUnknown { .. } => "unique".to_owned(),
            Kind::IndexMissing { .. } => "no index".to_owned(),
            Kind::ReferenceMissing { .. } => "no reference".to_owned(),
            Kind::ReferenceUnknown { found } | Kind::OnDelete { found, .. } => found.to_string(),
            Kind::TriggerChanged { .. } => "another version".to_owned(),
            Kind::TriggerUnknown { trigger } => format!("the trigger {trigger}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, kind } = self;
        write!(f, "`{}`", self.table())?;
        match self.columns() {
            [] => {}
            columns => write!(f, " ({})", columns.join(", "))?,
        }
        write!(f, ": {}: ", kind.name())?;
        write!(f, "the model `{}` has {}, the database has {}", model.name(), self.expected(), self.found())
    }
}

fn list(columns: &[String]) -> String {
    columns.join(", ")
}

fn null(is_nullable: bool) -> &'static str {
    if is_nullable { "NULL" } else { "NOT NULL" }
}

/// Returns the rule of a model as the attribute has it.
fn rule(key: &ForeignKey) -> String {
    let mut word = String::new();
    for letter in key.rule.map(|rule| format!("{rule:?}")).unwrap_or_default().chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    format!("{}({}) on_delete = {word}", key.table, key.targets.join(", "))
}
