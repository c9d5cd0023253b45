//! The types of MySQL and MariaDB.

use super::Canonical;
use super::parse::Parsed;

pub(super) fn canonical(parsed: Parsed) -> Canonical {
    let Parsed { name, mut arguments, is_unsigned, .. } = parsed;
    let name = match name.as_str() {
        "bool" | "boolean" => "boolean",
        "tinyint" | "int1" if arguments == ["1"] && !is_unsigned => "boolean",
        "tinyint" | "int1" => "tinyint",
        "smallint" | "int2" => "smallint",
        "mediumint" | "int3" | "middleint" => "mediumint",
        "int" | "integer" | "int4" => "int",
        "bigint" | "int8" => "bigint",
        "dec" | "decimal" | "numeric" | "fixed" => "decimal",
        "float" | "float4" => "float",
        "double" | "double precision" | "float8" | "real" => "double",
        "varchar" | "character varying" | "char varying" => "varchar",
        "char" | "character" => "char",
        name => name,
    }
    .to_owned();
    match name.as_str() {
        // The number is the width in a terminal, which newer versions leave out.
        "boolean" | "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => arguments.clear(),
        "decimal" if arguments.is_empty() => arguments = vec!["10".to_owned(), "0".to_owned()],
        "decimal" if arguments.len() == 1 => arguments.push("0".to_owned()),
        "char" | "binary" | "bit" if arguments.is_empty() => arguments.push("1".to_owned()),
        "datetime" | "timestamp" | "time" if arguments == ["0"] => arguments.clear(),
        _ => {}
    }
    Canonical { name, arguments, is_unsigned, dimensions: 0 }
}
