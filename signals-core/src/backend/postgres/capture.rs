//! Triggers of PostgreSQL: one for each kind of statement, with all rows that the statement wrote.

use crate::backend::capture::{Capture, CaptureRead, CaptureTable, Image, OPERATIONS, OwnWrite, Trigger, sign, text};

pub(super) const CAPTURE: Capture = Capture {
    // A trigger reads the text of the statement that the client sent.
    own_write: |table| OwnWrite { before: mark(table), after_verb: String::new() },
    triggers,
    drop: |name, table| format!("DROP TRIGGER IF EXISTS {name} ON {table}"),
    read,
};

/// What a statement that also inserts attached rows has before its mark.
const ATTACHED: &str = "WITH written(signals_written_key) AS (";

/// Returns the beginning of this library's statements on a table. It names the table, since a statement may call a function
/// that writes another one.
fn mark(table: &str) -> String {
    format!("/*{}*/ ", sign(table))
}

/// The function of all triggers. Only its owner may use it in a trigger, so that other roles cannot record rows. It runs
/// with the rights of its owner, so that other users need none on `signals_capture`, and with the settings that make texts
/// exact. `%1$I` is the schema of that table. Temporary tables come last, since those of another user must not take its
/// place. After several statements of few rows, the session keeps their plan for one of many rows, so it must not be one
/// that compares each row with each.
const FUNCTION: &str = "SECURITY DEFINER
SET search_path = %1$I, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO' SET intervalstyle = 'iso_8601'
SET enable_nestloop = off
AS $signals$
DECLARE
  signals_actor text := coalesce(nullif(current_setting('signals.actor', true), ''), session_user);
  signals_now bigint := extract(epoch FROM clock_timestamp()) * 1000;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO signals_capture (table_name, operation, actor, new_row, captured_at)
    SELECT TG_ARGV[0], 'I', signals_actor, row_to_json(signals_new.*)::text, signals_now FROM new_rows AS signals_new;
  ELSIF TG_OP = 'UPDATE' THEN
    -- Both lists have the rows in the order of the UPDATE.
    INSERT INTO signals_capture (table_name, operation, actor, old_row, new_row, captured_at)
    SELECT TG_ARGV[0], 'U', signals_actor, signals_old.image, signals_new.image, signals_now
    FROM (SELECT row_number() OVER () AS place, row_to_json(o.*)::text AS image FROM old_rows AS o) AS signals_old
    JOIN (SELECT row_number() OVER () AS place, row_to_json(n.*)::text AS image FROM new_rows AS n) AS signals_new
    USING (place) ORDER BY place;
  ELSE
    INSERT INTO signals_capture (table_name, operation, actor, old_row, captured_at)
    SELECT TG_ARGV[0], 'D', signals_actor, row_to_json(signals_old.*)::text, signals_now FROM old_rows AS signals_old;
  END IF;
  RETURN NULL;
END";

fn triggers(table: &CaptureTable) -> Vec<Trigger> {
    let of_function = sign(FUNCTION);
    let function = format!(
        "DO $do$ DECLARE signals_schema text := (SELECT nspname FROM pg_class JOIN pg_namespace \
         ON pg_namespace.oid = relnamespace WHERE pg_class.oid = to_regclass('signals_capture')); BEGIN \
         EXECUTE format($text$CREATE OR REPLACE FUNCTION %1$I.signals_capture_write() RETURNS trigger \
         LANGUAGE plpgsql {FUNCTION} -- {of_function}\n$signals$$text$, signals_schema); \
         EXECUTE format('REVOKE ALL ON FUNCTION %1$I.signals_capture_write() FROM PUBLIC', signals_schema); END $do$"
    );
    // The statement itself, or the one that also inserts attached rows.
    let mark = mark(&table.name);
    let (alone, attached) = (text(&mark), text(&format!("{ATTACHED}{mark}")));
    let each = OPERATIONS.iter().zip(&table.triggers).map(|((_, verb, images), (name, quoted))| {
        let rows = images.iter().map(|image| match image {
            Image::Old => "OLD TABLE AS old_rows",
            Image::New => "NEW TABLE AS new_rows",
        });
        let body = format!(
            "AFTER {verb} ON {on} REFERENCING {rows} FOR EACH STATEMENT \
             WHEN (pg_trigger_depth() > 0 OR current_query() IS NULL \
             OR NOT (starts_with(current_query(), {alone}) OR starts_with(current_query(), {attached}))) \
             EXECUTE FUNCTION signals_capture_write({table}",
            on = table.quoted,
            rows = rows.collect::<Vec<_>>().join(" "),
            table = text(&table.name),
        );
        let sign = sign(&body);
        let there = format!(
            "SELECT FROM pg_trigger WHERE tgrelid = {}::regclass AND tgname = {}",
            text(&table.quoted),
            text(name),
        );
        let create = format!("CREATE TRIGGER {quoted} {body}, '{sign}')");
        let create = format!("DO $signals$ BEGIN IF NOT EXISTS ({there}) THEN {create}; END IF; END $signals$");
        Trigger { name: name.clone(), before: Some(function.clone()), create, signs: vec![of_function.clone(), sign] }
    });
    each.collect()
}

fn read(table: &CaptureTable, image: Image) -> CaptureRead {
    let columns = table.columns.iter().map(|column| {
        let value = format!("signals_row.{}", column.quoted);
        // The JSON of a row has `null` for the document too.
        match &*column.sql_type.to_ascii_lowercase() {
            json @ ("json" | "jsonb") if !column.is_nullable => format!("COALESCE({value}, 'null'::{json})"),
            _ => value,
        }
    });
    let names: Vec<_> = table.columns.iter().map(|column| text(&column.name)).collect();
    let (row, names, quoted) = (image.column(), names.join(", "), &table.quoted);
    CaptureRead {
        from: format!(
            "signals_capture CROSS JOIN LATERAL json_populate_record(NULL::{quoted}, {row}::json) AS signals_row"
        ),
        values: columns.collect(),
        is_complete: format!("{row}::jsonb ?& ARRAY[{names}]"),
    }
}
