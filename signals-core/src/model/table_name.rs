//! The name of a table, which identifies it.

use std::fmt;

use sea_query::{Alias, IntoTableRef as _, TableRef};

/// The name of a table with its schema, if the model names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) schema: Option<&'static str>,
    pub(crate) table: &'static str,
}

impl TableName {
    /// Returns it in lower case. Databases fold the case of names, in part or whole.
    pub(crate) fn folded(self) -> (Option<String>, String) {
        (self.schema.map(str::to_lowercase), self.table.to_lowercase())
    }
}

impl From<TableName> for TableRef {
    fn from(TableName { schema, table }: TableName) -> Self {
        match schema {
            Some(schema) => (Alias::new(schema), Alias::new(table)).into_table_ref(),
            None => Alias::new(table).into_table_ref(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(self.table)
    }
}
