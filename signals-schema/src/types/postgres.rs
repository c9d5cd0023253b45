//! The types of PostgreSQL.

use super::Canonical;
use super::parse::Parsed;

pub(super) fn canonical(parsed: Parsed) -> Canonical {
    let Parsed { name, is_quoted, mut arguments, dimensions, .. } = parsed;
    let name = match name.as_str() {
        // One byte, and not a text of one letter.
        "char" if is_quoted => "\"char\"".to_owned(),
        _ if is_quoted => name,
        "int2" | "smallserial" | "serial2" => "smallint".to_owned(),
        "int" | "int4" | "serial" | "serial4" => "integer".to_owned(),
        "int8" | "bigserial" | "serial8" => "bigint".to_owned(),
        "float4" => "real".to_owned(),
        "float8" => "double precision".to_owned(),
        "float" => {
            let is_short = arguments.first().and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|it| it < 25);
            arguments.clear();
            if is_short { "real" } else { "double precision" }.to_owned()
        }
        "bool" => "boolean".to_owned(),
        "character varying" | "char varying" => "varchar".to_owned(),
        "char" | "character" => {
            arguments.extend(arguments.is_empty().then(|| "1".to_owned()));
            "bpchar".to_owned()
        }
        "decimal" | "dec" | "numeric" => {
            // `NUMERIC(8)` has no digits after the point.
            arguments.extend((arguments.len() == 1).then(|| "0".to_owned()));
            "numeric".to_owned()
        }
        "timestamp without time zone" => "timestamp".to_owned(),
        "timestamp with time zone" => "timestamptz".to_owned(),
        "time without time zone" => "time".to_owned(),
        "time with time zone" => "timetz".to_owned(),
        "bit varying" => "varbit".to_owned(),
        _ => name,
    };
    Canonical { name, arguments, is_unsigned: false, dimensions }
}
