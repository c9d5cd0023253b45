//! The text of a statement of sea-query, whose parameters are numbered from a given one.

use std::fmt::{self, Write};

use sea_query::{QueryBuilder, SqlWriter, Value};

/// Collects the text and the values of a statement.
pub(super) struct NumberedAfter {
    text: String,
    values: Vec<Value>,
    /// The number of parameters before its own.
    bound: usize,
}

impl NumberedAfter {
    pub(super) fn new(bound: usize) -> Self {
        Self { text: String::with_capacity(256), values: Vec::new(), bound }
    }

    pub(super) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

impl Write for NumberedAfter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

impl fmt::Display for NumberedAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SqlWriter for NumberedAfter {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        self.values.push(value);
        let (mark, is_numbered) = builder.placeholder();
        self.text.push_str(mark);
        if is_numbered {
            self.text.push_str(&(self.bound + self.values.len()).to_string());
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}
