//! A change of a schema.

use std::fmt;

use crate::description::{CaptureTrigger, ColumnSchema, ForeignKey, Index, Table};

/// One change of a schema.
///
/// Its `Display` is a line such as "add the column `email` to `user`".
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A new table, with its indexes and references.
    CreateTable(Table),
    /// A table that is removed, with its rows.
    DropTable(Table),
    /// Another name for a table.
    RenameTable {
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
    /// Another name for a column.
    RenameColumn {
        /// The table.
        table: String,
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
    /// A new column.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: ColumnSchema,
    },
    /// A column that is removed, with its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column.
        column: ColumnSchema,
    },
    /// Another type, another default, NULL or NOT NULL, or generated keys.
    ChangeColumn {
        /// The table.
        table: String,
        /// The column before.
        from: ColumnSchema,
        /// The column after.
        to: ColumnSchema,
    },
    /// A new index or unique key.
    AddIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// An index or unique key that is removed.
    DropIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// A new reference.
    AddForeignKey {
        /// The table.
        table: String,
        /// The reference.
        key: ForeignKey,
    },
    /// A reference that is removed.
    DropForeignKey {
        /// The table.
        table: String,
        /// The reference.
        key: ForeignKey,
    },
    /// A new trigger that records the writes of others.
    CreateTrigger {
        /// The table.
        table: String,
        /// The trigger.
        trigger: CaptureTrigger,
    },
    /// Such a trigger that is removed.
    DropTrigger {
        /// The table.
        table: String,
        /// The trigger.
        trigger: CaptureTrigger,
    },
}

impl Change {
    /// Returns the change that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        match self.clone() {
            Self::CreateTable(table) => Self::DropTable(table),
            Self::DropTable(table) => Self::CreateTable(table),
            Self::RenameTable { from, to } => Self::RenameTable { from: to, to: from },
            Self::RenameColumn { table, from, to } => Self::RenameColumn { table, from: to, to: from },
            Self::AddColumn { table, column } => Self::DropColumn { table, column },
            Self::DropColumn { table, column } => Self::AddColumn { table, column },
            Self::ChangeColumn { table, from, to } => Self::ChangeColumn { table, from: to, to: from },
            Self::AddIndex { table, index } => Self::DropIndex { table, index },
            Self::DropIndex { table, index } => Self::AddIndex { table, index },
            Self::AddForeignKey { table, key } => Self::DropForeignKey { table, key },
            Self::DropForeignKey { table, key } => Self::AddForeignKey { table, key },
            Self::CreateTrigger { table, trigger } => Self::DropTrigger { table, trigger },
            Self::DropTrigger { table, trigger } => Self::CreateTrigger { table, trigger },
        }
    }

    /// Returns the name of its table: before the change, if the table gets another one.
    pub fn table(&self) -> &str {
        match self {
            Self::CreateTable(table) | Self::DropTable(table) => &table.name,
            Self::RenameTable { from: table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::ChangeColumn { table, .. }
            | Self::AddIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. }
            | Self::CreateTrigger { table, .. }
            | Self::DropTrigger { table, .. } => table,
        }
    }

    pub(super) fn is_trigger(&self) -> bool {
        matches!(self, Self::CreateTrigger { .. } | Self::DropTrigger { .. })
    }

    pub(super) fn is_rename(&self) -> bool {
        matches!(self, Self::RenameTable { .. } | Self::RenameColumn { .. })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable(table) => write!(f, "create the table `{}`", table.name),
            Self::DropTable(table) => write!(f, "drop the table `{}`", table.name),
            Self::RenameTable { from, to } => write!(f, "rename the table `{from}` to `{to}`"),
            Self::RenameColumn { table, from, to } => write!(f, "rename the column `{from}` of `{table}` to `{to}`"),
            Self::AddColumn { table, column } => write!(f, "add the column `{}` to `{table}`", column.name),
            Self::DropColumn { table, column } => write!(f, "drop the column `{}` of `{table}`", column.name),
            Self::ChangeColumn { table, from, to } => {
                write!(f, "change the column `{}` of `{table}` {}", from.name, differences(from, to))
            }
            Self::AddIndex { table, index } => write!(f, "add {} to `{table}`", described(index)),
            Self::DropIndex { table, index } => write!(f, "drop {} of `{table}`", described(index)),
            Self::AddForeignKey { table, key } => write!(f, "add the reference {} of `{table}`", reference(key)),
            Self::DropForeignKey { table, key } => write!(f, "drop the reference {} of `{table}`", reference(key)),
            Self::CreateTrigger { table, trigger } => write!(f, "create the trigger `{}` of `{table}`", trigger.name),
            Self::DropTrigger { table, trigger } => write!(f, "drop the trigger `{}` of `{table}`", trigger.name),
        }
    }
}

/// Returns what is changed, such as "from INTEGER NULL to BIGINT NOT NULL".
fn differences(from: &ColumnSchema, to: &ColumnSchema) -> String {
    let shown = |column: &ColumnSchema| {
        let null = if column.is_nullable { "NULL" } else { "NOT NULL" };
        let default = column.default.as_ref().map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
        let generated = if column.generation.is_some() { " with generated values" } else { "" };
        format!("{} {null}{default}{generated}", column.sql_type)
    };
    format!("from {} to {}", shown(from), shown(to))
}

fn described(index: &Index) -> String {
    let what = if index.is_unique { "the unique key" } else { "the index" };
    format!("{what} ({})", index.columns.join(", "))
}

fn reference(key: &ForeignKey) -> String {
    format!("({}) to {key}", key.columns.join(", "))
}
