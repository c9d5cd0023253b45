//! Tables that fit the terminal.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets};

/// The kinds of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text, which is broken into lines if the table is too wide.
    Text,
    /// A text that is never broken, such as an id.
    Whole,
    /// A number.
    Number,
}

/// Returns a table of this width, without lines around the cells.
pub(crate) fn table(width: u16, columns: &[(&str, Kind)], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(columns.iter().map(|(name, _)| name.to_uppercase()));
    table.add_rows(rows);
    for (column, (_, kind)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        if *kind != Kind::Text {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if *kind == Kind::Number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_its_width_and_keeps_ids_whole() {
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        let row = vec![id.to_owned(), "7".to_owned(), "a long error ".repeat(10)];
        let shown = table(60, &[("id", Kind::Whole), ("runs", Kind::Number), ("error", Kind::Text)], [row]);
        assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
        assert!(shown.lines().count() > 2 && shown.contains(id), "{shown}");
        assert!(shown.starts_with("ID"), "{shown}");
    }
}
