//! Names of Rust for tables and columns.

use std::collections::HashSet;

/// The keywords that are raw identifiers: `r#type`.
const KEYWORDS: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// The keywords that cannot be identifiers at all.
const RESERVED: [&str; 4] = ["crate", "self", "super", "yield"];

/// The types that the printed code names without a path.
const TYPES: [&str; 16] = [
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Err",
    "Model",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Self",
    "Some",
    "String",
    "Vec",
];

/// Names that are given once each.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Returns the name of a struct for a table.
    pub(super) fn of_struct(&mut self, table: &str) -> String {
        let words = words(table);
        let mut name: String = words.iter().map(|word| capitalized(word)).collect();
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert_str(0, "Table");
        }
        if name.is_empty() {
            "Table".clone_into(&mut name);
        }
        if TYPES.contains(&name.as_str()) {
            name.push_str("Row");
        }
        self.once(&name, "")
    }

    /// Returns the name of a variant for a value of an enum.
    pub(super) fn of_variant(&mut self, value: &str) -> String {
        let mut name: String = words(value).iter().map(|word| capitalized(word)).collect();
        if name.is_empty() || name == "Self" || name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert_str(0, "Value");
        }
        self.once(&name, "")
    }

    /// Returns the name of a field for a column, without `r#`.
    pub(super) fn of_field(&mut self, column: &str) -> String {
        let mut name = words(column).join("_");
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert_str(0, "column_");
        }
        if name.is_empty() {
            "column".clone_into(&mut name);
        }
        if RESERVED.contains(&name.as_str()) {
            name.push('_');
        }
        self.once(&name, "_")
    }

    /// Returns this name, with a number if it was given before.
    fn once(&mut self, name: &str, before_number: &str) -> String {
        // Databases that ignore the case of names would see one name.
        let mut unique = name.to_owned();
        let mut number = 2;
        while !self.0.insert(unique.to_lowercase()) {
            unique = format!("{name}{before_number}{number}");
            number += 1;
        }
        unique
    }
}

/// Returns a name as source code has it.
pub(super) fn raw(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// Returns the words of a name in lower case: `CustomerID`, `customer_id` and `Customer ID` have the same.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut is_new = true;
    for (i, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            is_new = true;
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        // The last capital of `HTTPS` in `HTTPServer` belongs to the next word.
        let next_is_small = letters.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let starts =
            letter.is_ascii_uppercase() && before.is_some_and(|before| !before.is_ascii_uppercase() || next_is_small);
        if is_new || starts {
            words.push(String::new());
        }
        is_new = false;
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Returns whether the derive takes this table from the name of the struct.
pub(super) fn is_default_table(table: &str, name: &str) -> bool {
    // Digits and capitals are left out, so that this does not depend on how the derive splits words.
    // A word of one letter would be the end of the one before: `AB` is the table `ab`.
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase());
    table.split('_').all(is_word) && table.split('_').map(capitalized).collect::<String>() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_unique() {
        let mut names = Names::default();
        let fields = ["id", "CustomerID", "customer id", "type", "self", "1st", "größe", "", "ID"];
        let given = fields.map(|column| raw(&names.of_field(column)));
        let expected =
            ["id", "customer_id", "customer_id_2", "r#type", "self_", "column_1st", "gr_e", "column", "id_2"];
        assert_eq!(given, expected);
    }

    #[test]
    fn structs_do_not_hide_the_types_of_fields() {
        let mut names = Names::default();
        let tables = ["auth_user", "Order Details", "option", "HTTPServer", "2fa", "model", "auth user"];
        let given = tables.map(|table| names.of_struct(table));
        let expected = ["AuthUser", "OrderDetails", "OptionRow", "HttpServer", "Table2fa", "ModelRow", "AuthUser2"];
        assert_eq!(given, expected);
    }

    #[test]
    fn a_table_is_named_if_the_derive_would_name_another() {
        assert!(is_default_table("auth_user", "AuthUser"));
        assert!(!is_default_table("AuthUser", "AuthUser"));
        assert!(!is_default_table("a_b", "AB"));
        assert!(!is_default_table("point_x_y", "PointXY"));
        assert!(!is_default_table("step_2", "Step2"));
        assert!(!is_default_table("option", "OptionRow"));
    }
}
