//! The source code of the models.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::names::{Names, raw};
use super::plan::{Enum, Field, Plan, Planned};
use crate::description::{Schema, Table, TableKind};
use crate::rust_type::RustType;

/// The longest line of attributes.
const LONGEST: usize = 100;

/// Returns the source code of the chosen models.
pub(super) fn print(schema: &Schema, plan: &Plan<'_>, chosen: impl Fn(&Table) -> bool) -> String {
    let models: Vec<_> = plan.models.iter().filter(|model| model.made_by.is_none()).collect();
    let is_live = |model: &&&Planned<'_>| model.why_not.is_none();
    let types =
        || models.iter().filter(is_live).flat_map(|model| &model.fields).filter_map(|field| field.ty.as_ref().ok());
    let features: BTreeSet<_> = types().filter_map(RustType::feature).collect();
    let crates: BTreeSet<_> = types().filter_map(RustType::crate_name).collect();
    let enums: BTreeSet<_> = types()
        .filter_map(|ty| match ty {
            RustType::Enum(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let mut text = header(schema, &features, &crates, !enums.is_empty());
    if models.iter().any(|model| model.why_not.is_none()) {
        text.push_str("\nuse signals::Model;\n");
    }
    for model in models {
        text.push('\n');
        text.push_str(&print_model(model));
    }
    for (type_name, printed) in plan.enums.iter().filter(|(_, printed)| enums.contains(printed.name.as_str())) {
        let is_key = plan.models.iter().any(|model| model.why_not.is_none() && model.has_key_of(&printed.name));
        text.push('\n');
        text.push_str(&print_enum(type_name, printed, is_key));
    }
    let left_out: Vec<_> =
        schema.tables.iter().filter(|table| chosen(table)).filter_map(|table| left_out(schema, table)).collect();
    if !left_out.is_empty() {
        text.push('\n');
        text.extend(left_out);
    }
    text
}

fn header(schema: &Schema, features: &BTreeSet<&str>, crates: &BTreeSet<&str>, has_enums: bool) -> String {
    let mut text = format!("//! Models of the tables of a {} database, printed by `inspectdb`.\n", schema.backend);
    if !features.is_empty() {
        let (features, crates) = (named("feature", features), named("crate", crates));
        writeln_to(&mut text, &format!("//! They need the {features} of `signals-orm`, and the {crates}."));
    }
    if has_enums {
        text.push_str("//! The enums need the feature `derive` of `sqlx`.\n");
    }
    text
}

/// Returns the names after this word, which gets an `s` if there are several.
fn named(word: &str, names: &BTreeSet<&str>) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("{word}{} {}", if quoted.len() == 1 { "" } else { "s" }, quoted.join(", "))
}

fn writeln_to(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Returns the line for a table without a struct.
fn left_out(schema: &Schema, table: &Table) -> Option<String> {
    let named_schema = schema.named_schema(table);
    let schema = table.schema.as_ref().map(|schema| format!("{}.", one_line(schema))).unwrap_or_default();
    let why = match table {
        Table { problem: Some(problem), .. } => {
            format!("the database cannot describe it: {}", one_line(problem).trim_end_matches('.'))
        }
        Table { is_visible: false, .. } if named_schema.is_none() => {
            "a statement does not find it by its name alone; name its schema with `--schema`".to_owned()
        }
        Table { kind: TableKind::Partition, .. } => "it is a partition of another table".to_owned(),
        _ => return None,
    };
    Some(format!("// `{}{}` has no model: {why}.\n", schema, one_line(&table.name)))
}

/// Returns a text without line breaks, which would end a comment, and without the marks of text direction, which
/// the compiler refuses in comments.
fn one_line(text: &str) -> String {
    let is_refused =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if is_refused(letter) { ' ' } else { letter }).collect()
}

fn print_model(model: &Planned<'_>) -> String {
    let mut text = String::new();
    let kind = match model.table.kind {
        TableKind::View => "view",
        TableKind::Foreign => "foreign or virtual table",
        _ => "table",
    };
    writeln_to(&mut text, &format!("/// A row of the {kind} `{}`.", one_line(&model.table.name)));
    for note in &model.notes {
        writeln_to(&mut text, &format!("// {}", one_line(note)));
    }
    text.push_str("#[derive(Debug, Clone, PartialEq, Model)]\n");
    text.push_str(&print_attributes(&model.attributes, ""));
    writeln_to(&mut text, &format!("pub struct {} {{", model.name));
    for field in &model.fields {
        text.push_str(&print_field(field));
    }
    text.push_str("}\n");
    let Some(why_not) = &model.why_not else { return text };
    let lines = text.lines().map(|line| if line.is_empty() { "//\n".to_owned() } else { format!("// {line}\n") });
    let lines: String = lines.collect();
    format!("// `{}` is not a model: {}.\n{lines}", one_line(&model.table.name), one_line(why_not))
}

fn print_field(field: &Field<'_>) -> String {
    let mut text = String::new();
    for note in &field.notes {
        writeln_to(&mut text, &format!("    // {}", one_line(note)));
    }
    let ty = match &field.ty {
        Ok(ty) if field.is_nullable => format!("Option<{ty}>"),
        Ok(ty) => ty.to_string(),
        Err(why) => {
            // Without the column, an INSERT succeeds only if the database fills it.
            let is_filled = field.is_nullable || field.column.default.is_some() || field.column.generation.is_some();
            let failing = if is_filled { "" } else { "; an INSERT without it fails" };
            let column = one_line(&field.column.name);
            writeln_to(&mut text, &format!("    // The column `{column}` is left out: {}{failing}.", one_line(why)));
            return text;
        }
    };
    text.push_str(&print_attributes(&field.attributes, "    "));
    writeln_to(&mut text, &format!("    pub {}: {ty},", raw(&field.name)));
    text
}

/// Returns the attributes on one line, or one on each line if that is too long.
fn print_attributes(attributes: &[String], indent: &str) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let line = format!("{indent}#[model({})]\n", attributes.join(", "));
    if line.len() <= LONGEST {
        return line;
    }
    let mut lines = String::new();
    for attribute in attributes {
        writeln_to(&mut lines, &format!("{indent}#[model({attribute})]"));
    }
    lines
}

fn print_enum(type_name: &str, printed: &Enum, is_key: bool) -> String {
    let mut text = format!("/// A value of the type `{}`.\n", one_line(type_name));
    let key = if is_key { ", signals::model::PrimaryKey" } else { "" };
    writeln_to(&mut text, &format!("#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type{key})]"));
    writeln_to(&mut text, &format!("#[sqlx(type_name = {type_name:?})]"));
    writeln_to(&mut text, &format!("pub enum {} {{", printed.name));
    let mut names = Names::default();
    for value in &printed.values {
        let name = names.of_variant(value);
        // A text cannot fail to be written to.
        let _ = write!(text, "    #[sqlx(rename = {value:?})]\n    {name},\n");
    }
    text.push_str("}\n");
    text
}
