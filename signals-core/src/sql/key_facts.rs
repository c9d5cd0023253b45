//! The question of what a table says of its key.

#[cfg(feature = "sqlite")]
use sqlx::Error as SqlxError;

use crate::db::KeyFacts;
use crate::error::Result;
use crate::field::{Args, Backend, Row};
use crate::model::ModelMeta;

/// Binds the names of the table and of the key's column, for [`key_facts`].
pub(crate) fn bind_key_facts(backend: Backend, meta: &ModelMeta) -> Result<Args> {
    let mut args = Args::new(backend, 3);
    args.add(&meta.table().to_owned())?;
    args.add(&meta.primary_key().column.to_owned())?;
    #[cfg(feature = "mysql")]
    if backend == Backend::Mysql {
        // Its server finds a table fast only by a bound name, and looks for it in two places.
        args.add(&meta.table().to_owned())?;
    }
    Ok(args)
}

/// The query of what a table says of its key. It finds no row if the table is not there.
pub(crate) fn key_facts(backend: Backend) -> &'static str {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => SQLITE,
        #[cfg(feature = "postgres")]
        Backend::Postgres => POSTGRES,
        #[cfg(feature = "mysql")]
        Backend::Mysql => MYSQL,
    }
}

/// Reads a row of [`key_facts`].
pub(crate) fn read_key_facts(row: &Row<'_>) -> Result<KeyFacts, sqlx::Error> {
    match row {
        #[cfg(feature = "sqlite")]
        Row::Sqlite(_) => read_sqlite(row),
        #[cfg(feature = "postgres")]
        Row::Postgres(_) => Ok(KeyFacts {
            unique: row.get::<i64>("is_unique")? > 0,
            unmade: None,
            compared_as: row.get::<Option<String>>("compared_as")?,
        }),
        #[cfg(feature = "mysql")]
        Row::Mysql(_) => Ok(KeyFacts { unique: row.get::<i64>("is_unique")? > 0, unmade: None, compared_as: None }),
    }
}

/// Whether it depends on the key's column that the database makes keys. In SQLite only the row's own number is made.
pub(crate) fn made_for_some_columns(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => true,
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        _ => false,
    }
}

/// A key is the row's own number if it alone is the primary key and no index was made for it.
#[cfg(feature = "sqlite")]
const SQLITE: &str = "WITH asked(tab, col) AS (SELECT ?, ?), \
     columns AS (SELECT info.name, info.type, info.pk FROM asked, pragma_table_info(asked.tab) AS info), \
     indexes AS (SELECT list.name, list.origin FROM asked, pragma_index_list(asked.tab) AS list WHERE list.\"unique\" = 1 AND list.partial = 0) \
     SELECT \
     (SELECT type FROM columns WHERE name = asked.col COLLATE NOCASE) AS declared, \
     (SELECT pk FROM columns WHERE name = asked.col COLLATE NOCASE) AS place, \
     (SELECT count(*) FROM columns WHERE pk > 0) AS parts, \
     EXISTS (SELECT 1 FROM indexes WHERE origin = 'pk') AS has_index, \
     EXISTS (SELECT 1 FROM indexes WHERE (SELECT group_concat(name, ', ') FROM pragma_index_info(indexes.name)) = asked.col COLLATE NOCASE) AS is_unique, \
     tables.type AS kind, tables.wr AS without_rowid \
     FROM asked, pragma_table_list(asked.tab) AS tables \
     ORDER BY CASE tables.schema WHEN 'temp' THEN 0 WHEN 'main' THEN 1 ELSE 2 END LIMIT 1";

#[cfg(feature = "sqlite")]
fn read_sqlite(row: &Row<'_>) -> Result<KeyFacts, SqlxError> {
    let declared: Option<String> = row.get("declared")?;
    let place: Option<i64> = row.get("place")?;
    let (parts, has_index): (i64, i64) = (row.get("parts")?, row.get("has_index")?);
    let kind: String = row.get("kind")?;
    let has_rowid = kind != "view" && row.get::<i64>("without_rowid")? == 0;
    let is_integer = declared.as_ref().is_some_and(|declared| declared.eq_ignore_ascii_case("INTEGER"));
    // A column that is not declared is the row's number by one of its own names.
    let is_number =
        has_rowid && (declared.is_none() || (is_integer && place == Some(1) && parts == 1 && has_index == 0));
    // Of a virtual table only its module knows.
    let unmade = (!is_number && kind != "virtual").then(|| match (kind.as_str(), has_rowid, place, parts) {
        ("view", ..) => "one of a view".into(),
        (_, false, ..) => "in a table WITHOUT ROWID".into(),
        (_, _, Some(0), _) => "no PRIMARY KEY".into(),
        (_, _, _, 2..) => "a part of the PRIMARY KEY".into(),
        _ if is_integer => "declared `INTEGER PRIMARY KEY DESC`".into(),
        _ => format!("declared `{}`", declared.unwrap_or_default()),
    });
    Ok(KeyFacts { unique: is_number || row.get::<i64>("is_unique")? > 0, unmade, compared_as: None })
}

/// An index that is checked at once holds for all rows, unless other tables inherit from this one.
#[cfg(feature = "postgres")]
const POSTGRES: &str = "SELECT \
     CAST(CAST((class.relkind = 'p' OR NOT class.relhassubclass) AND EXISTS (\
     SELECT 1 FROM pg_catalog.pg_index AS key WHERE key.indrelid = class.oid AND key.indisunique AND key.indisvalid AND key.indimmediate \
     AND key.indpred IS NULL AND key.indnkeyatts = 1 AND key.indkey[0] = col.attnum) AS INT) AS BIGINT) AS is_unique, \
     CASE WHEN type.typcategory = 'S' AND type.typname NOT IN ('text', 'varchar') \
     THEN pg_catalog.quote_ident(space.nspname) || '.' || pg_catalog.quote_ident(type.typname) END AS compared_as \
     FROM pg_catalog.pg_class AS class \
     JOIN pg_catalog.pg_attribute AS col ON col.attrelid = class.oid AND col.attname = CAST($2 AS name) \
     JOIN pg_catalog.pg_type AS type ON type.oid = col.atttypid \
     JOIN pg_catalog.pg_namespace AS space ON space.oid = type.typnamespace \
     WHERE class.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(CAST($1 AS text)))";

/// A view has no index.
#[cfg(feature = "mysql")]
const MYSQL: &str = "WITH indexes AS (SELECT MAX(COLUMN_NAME) AS col, COUNT(*) AS parts, MAX(NON_UNIQUE) AS many \
     FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? GROUP BY INDEX_NAME) \
     SELECT CAST(COALESCE((SELECT MAX(parts = 1 AND many = 0 AND col = ?) FROM indexes), 0) AS SIGNED) AS is_unique \
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
