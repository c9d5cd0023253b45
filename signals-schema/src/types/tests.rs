use super::{Agreement, canonical, compare};
use crate::description::ColumnType;
use crate::dialect::Dialect::{self, Mysql, Postgres, Sqlite};

fn agreement(dialect: Dialect, expected: &str, found: &str) -> Agreement {
    compare(dialect, &ColumnType::new(expected), &ColumnType::new(found))
}

#[test]
fn names_of_one_type_are_the_same() {
    for (dialect, expected, found) in [
        (Postgres, "INT8", "bigint"),
        (Postgres, "TIMESTAMPTZ", "timestamp with time zone"),
        (Postgres, "TIMESTAMPTZ(3)", "timestamp(3) with time zone"),
        (Postgres, "VARCHAR(20) DEFAULT 'a (b'", "character varying(20)"),
        (Postgres, "VARCHAR", "character varying"),
        (Postgres, "CHAR", "character(1)"),
        (Postgres, "NUMERIC(8)", "numeric(8,0)"),
        (Postgres, "INTEGER CHECK (stars BETWEEN 0 AND 5)", "integer"),
        (Postgres, "INT4[]", "integer[]"),
        (Postgres, "FLOAT", "double precision"),
        (Postgres, "billing.mood", "mood"),
        (Postgres, "\"Mood\"", "billing.\"Mood\""),
        (Mysql, "BIGINT", "bigint(20)"),
        (Mysql, "BOOLEAN", "tinyint(1)"),
        (Mysql, "VARCHAR(20) CHARACTER SET utf8mb4", "varchar(20)"),
        (Mysql, "DATETIME(6)", "datetime(6)"),
        (Mysql, "DECIMAL(65, 28)", "decimal(65,28)"),
        (Mysql, "BIGINT UNSIGNED", "bigint(20) unsigned"),
        (Mysql, "ENUM('a', 'b (c)')", "enum('a','b (c)')"),
        (Sqlite, "INTEGER", "INT"),
        (Sqlite, "VARCHAR(80)", "nvarchar(40)"),
        (Sqlite, "DATETIME", "timestamp"),
        (Sqlite, "REAL", "DOUBLE PRECISION"),
    ] {
        assert_eq!(agreement(dialect, expected, found), Agreement::Same, "{expected} and {found}");
    }
}

#[test]
fn other_lengths_and_other_types_are_told_apart() {
    for (dialect, expected, found, agreed) in [
        (Postgres, "VARCHAR(20)", "character varying(30)", Agreement::OtherLength),
        (Postgres, "TEXT", "character varying(30)", Agreement::OtherType),
        (Postgres, "INT4", "bigint", Agreement::OtherType),
        (Postgres, "INT4", "integer[]", Agreement::OtherType),
        (Postgres, "\"char\"", "character(1)", Agreement::OtherType),
        (Postgres, "TIMESTAMP", "timestamp with time zone", Agreement::OtherType),
        (Mysql, "BOOLEAN", "tinyint(4)", Agreement::OtherType),
        (Mysql, "BIGINT", "bigint(20) unsigned", Agreement::OtherType),
        (Mysql, "DATETIME(6)", "datetime", Agreement::OtherLength),
        (Mysql, "ENUM('a','b')", "enum('a','c')", Agreement::OtherLength),
        (Mysql, "JSON", "longtext", Agreement::OtherType),
        (Sqlite, "INTEGER", "TEXT", Agreement::OtherType),
        (Sqlite, "BOOLEAN", "INTEGER", Agreement::OtherType),
    ] {
        assert_eq!(agreement(dialect, expected, found), agreed, "{expected} and {found}");
    }
}

#[test]
fn a_domain_agrees_with_its_name_and_with_the_type_behind_it() {
    let mut found = ColumnType::new("email_address");
    found.base = Some("character varying(80)".to_owned());
    assert_eq!(compare(Postgres, &ColumnType::new("email_address"), &found), Agreement::Same);
    assert_eq!(compare(Postgres, &ColumnType::new("VARCHAR(80)"), &found), Agreement::Same);
    assert_eq!(compare(Postgres, &ColumnType::new("INT8"), &found), Agreement::OtherType);
}

#[test]
fn json_documents_of_mariadb_are_texts_with_a_check() {
    let mut found = ColumnType::new("longtext");
    found.is_json = true;
    assert_eq!(compare(Mysql, &ColumnType::new("JSON"), &found), Agreement::Same);
    assert_eq!(compare(Mysql, &ColumnType::new("LONGTEXT"), &found), Agreement::Same);
}

#[test]
fn what_follows_a_type_is_not_part_of_it() {
    let canonical = canonical(Postgres, "  numeric ( 10 , 2 )  COLLATE \"C\" NOT NULL");
    assert_eq!((canonical.name.as_str(), canonical.arguments), ("numeric", vec!["10".to_owned(), "2".to_owned()]));
}
