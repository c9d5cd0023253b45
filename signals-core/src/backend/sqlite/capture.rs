//! Triggers of SQLite.
//!
//! It has neither session variables nor the text of the running statement. So the mark is a row that a statement of this
//! library writes before its own, and that is deleted before the connection is lent or committed.

use crate::backend::capture::{
    Capture, CaptureColumn, CaptureRead, CaptureTable, Image, OPERATIONS, OwnWrite, Trigger, mark, path, sign, text,
};

pub(super) const CAPTURE: Capture = Capture {
    own_write: |table| OwnWrite { before: mark(table), after_verb: String::new() },
    triggers,
    drop: |name, _| format!("DROP TRIGGER IF EXISTS {name}"),
    read,
};

const NOW: &str = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

fn triggers(table: &CaptureTable) -> Vec<Trigger> {
    let name = text(&table.name);
    let each = OPERATIONS.iter().zip(&table.triggers).map(|((letter, verb, images), (trigger, quoted))| {
        let columns: Vec<_> = images.iter().map(|image| image.column()).collect();
        let values: Vec<_> = images.iter().map(|image| object(table, *image)).collect();
        let body = format!(
            "AFTER {verb} ON {on}\nWHEN NOT EXISTS (SELECT 1 FROM signals_capture WHERE id = 0 AND table_name = {name})\n\
             BEGIN\n  INSERT INTO signals_capture (table_name, operation, {columns}, captured_at)\n  \
             VALUES ({name}, '{letter}', {values}, {NOW});",
            on = table.quoted,
            columns = columns.join(", "),
            values = values.join(", "),
        );
        let sign = sign(&body);
        let create = format!("CREATE TRIGGER IF NOT EXISTS {quoted} {body} /* {sign} */\nEND");
        Trigger { name: trigger.clone(), before: None, create, signs: vec![sign] }
    });
    each.collect()
}

/// Returns a row as a JSON object. Numbers with a fraction keep all their digits. Bytes, and texts with NUL, are
/// hexadecimal.
fn object(table: &CaptureTable, image: Image) -> String {
    let row = if image == Image::Old { "OLD" } else { "NEW" };
    let column = |CaptureColumn { name, quoted, .. }: &CaptureColumn| {
        format!("SELECT {} AS name, {row}.{quoted} AS value", text(name))
    };
    let columns: Vec<_> = table.columns.iter().map(column).collect();
    format!(
        "(SELECT json_group_object(name, CASE WHEN typeof(value) = 'real' THEN json_object('real', printf('%!.17g', value)) \
         WHEN typeof(value) = 'blob' THEN json_object('blob', hex(value)) \
         WHEN instr(value, char(0)) THEN json_object('text', hex(value)) ELSE value END) FROM ({}))",
        columns.join(" UNION ALL "),
    )
}

fn read(table: &CaptureTable, image: Image) -> CaptureRead {
    let row = image.column();
    let value = |CaptureColumn { name, .. }: &CaptureColumn| {
        let at = |key: &str| format!("json_extract({row}, {})", text(&format!("{}.{key}", path(name))));
        let path = text(&path(name));
        let (real, blob, text) = (at("real"), at("blob"), at("text"));
        format!(
            "CASE WHEN json_type({row}, {path}) <> 'object' THEN json_extract({row}, {path}) \
             WHEN {blob} IS NOT NULL THEN unhex({blob}) WHEN {text} IS NOT NULL THEN CAST(unhex({text}) AS TEXT) \
             WHEN {real} = 'Inf' THEN 9e999 WHEN {real} = '-Inf' THEN -9e999 ELSE CAST({real} AS REAL) END"
        )
    };
    let is_there = |column: &CaptureColumn| format!("json_type({row}, {}) IS NOT NULL", text(&path(&column.name)));
    CaptureRead {
        from: "signals_capture".to_owned(),
        values: table.columns.iter().map(value).collect(),
        is_complete: table.columns.iter().map(is_there).collect::<Vec<_>>().join(" AND "),
    }
}
