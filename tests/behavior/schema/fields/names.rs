//! Unusual names: keywords of Rust and of SQL, quotes, spaces, letters beyond ASCII.

use signals::model::Entity as _;
use signals::{FieldSet, Model, Result, post_save, receiver};

use signals_test_behavior::{Kind, Log, db, kind, quoted, read, texts};

#[tokio::test]
async fn rust_keywords_are_names_without_their_prefix() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names_raw")]
    struct r#Loop {
        id: i64,
        r#type: String,
        r#match: Option<i32>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = r#Loop)]
    fn after(update_fields: Option<&FieldSet>) {
        LOG.note(format!("{:?}", update_fields.map(|fields| fields.names().collect::<Vec<_>>())));
    }
    let db = db().await;
    let mut raw = r#Loop { id: 0, r#type: "a".into(), r#match: Some(1) };
    raw.save(&db).await?;
    raw.r#type = "b".into();
    raw.save(&db).update_fields([r#Loop::TYPE, r#Loop::MATCH]).await?;
    let columns: Vec<_> = r#Loop::meta().columns().iter().map(|column| (column.field, column.column)).collect();
    assert_eq!(columns, [("id", "id"), ("type", "type"), ("match", "match")]);
    assert_eq!(r#Loop::get(&db, 1).await?, raw);
    assert_eq!(LOG.take(), ["None", r#"Some(["type", "match"])"#]);
    Ok(())
}

#[tokio::test]
async fn sql_keywords_are_names_of_tables_and_columns() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "table")]
    struct KeywordTable {
        #[model(primary_key)]
        select: i64,
        #[model(unique)]
        from: String,
        #[model(index)]
        group: i32,
        #[model(column = "values")]
        content: bool,
    }
    let db = db().await;
    let mut row = KeywordTable { select: 0, from: "here".into(), group: 2, content: true };
    row.save(&db).await?;
    row.group = 3;
    row.save(&db).await?;
    row.content = false;
    row.save(&db).update_fields([KeywordTable::CONTENT]).await?;
    assert_eq!(KeywordTable::get(&db, 1).await?, row);
    let sql = format!("SELECT * FROM {} WHERE {} = 3", quoted("table"), quoted("group"));
    assert_eq!(read::<KeywordTable>(&db, sql).await?, std::slice::from_ref(&row));
    assert_eq!(row.delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn quotes_spaces_and_unicode_are_parts_of_names() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names \"quoted\" 'twice' `thrice` [four]; DROP x;-- ünïc 名前")]
    struct Quoted {
        #[model(primary_key, column = "the \"key\"")]
        id: i64,
        #[model(column = "naïve 'column' ?1 $1 :a", unique)]
        naive: String,
        #[model(column = "名\\前\"", index, default = "quote ' and \" and ; --")]
        name: String,
        名前: f64,
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "parts of \"names\" and `others`")]
    struct Part {
        id: i64,
        #[model(references = Quoted, on_delete = cascade, column = "of \"one\" `name`")]
        of: i64,
    }
    let db = db().await;
    let mut quoted = Quoted { id: 0, naive: "a".into(), name: "b".into(), 名前: 1.5 };
    quoted.save(&db).await?;
    quoted.name = "'; DROP TABLE x; --".into();
    quoted.save(&db).await?;
    quoted.名前 = 2.5;
    quoted.save(&db).update_fields([Quoted::名前]).await?;
    assert_eq!(Quoted::get(&db, 1).await?, quoted);
    assert_eq!(
        <Quoted as signals::AnyModel>::field(&quoted, "名前").and_then(|value| value.downcast_ref()),
        Some(&2.5)
    );
    let mut part = Part { id: 0, of: quoted.id };
    part.save(&db).await?;
    // Nothing is created again, and existing tables are not an error.
    db.create_tables_of(|model| model.path().starts_with(module_path!())).await?;
    assert_eq!(quoted.delete(&db).await?.rows(), 2);
    Ok(())
}

#[tokio::test]
async fn a_backslash_in_a_name_is_a_letter() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names/with\\slashes.and dots")]
    struct Slashed {
        #[model(primary_key, column = "\\")]
        id: i64,
        #[model(index, column = "a.b\\`c`")]
        text: String,
    }
    let db = db().await;
    let mut slashed = Slashed { id: 0, text: "a\\b".into() };
    slashed.save(&db).await?;
    assert_eq!(Slashed::objects().filter(Slashed::TEXT.eq("a\\b")).all(&db).await?, [slashed]);
    Ok(())
}

#[tokio::test]
async fn long_names_of_indexes_are_distinct() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names_that_begin_alike_and_are_as_long_as_they_may_be__one")]
    struct Long {
        id: i64,
        #[model(index, column = "names_that_begin_alike_and_are_as_long_as_they_may_be__c1")]
        first: i32,
        #[model(index, column = "names_that_begin_alike_and_are_as_long_as_they_may_be__c2")]
        second: i32,
        #[model(references = Long, on_delete = set_null, column = "names_that_begin_alike_and_are_as_long_as_they_may_be__r1")]
        one: Option<i64>,
        #[model(references = Long, on_delete = set_null, column = "names_that_begin_alike_and_are_as_long_as_they_may_be__r2")]
        two: Option<i64>,
    }
    let db = db().await;
    let mut long = Long { id: 0, first: 1, second: 2, one: None, two: None };
    long.save(&db).await?;
    (long.one, long.two) = (Some(1), Some(1));
    long.save(&db).await?;
    assert_eq!(Long::get(&db, 1).await?, long);
    long.two = Some(99);
    assert!(long.save(&db).await.is_err(), "the constraint is there");

    let table = Long::meta().table();
    let sql = match kind() {
        Kind::Memory | Kind::File => format!(
            "SELECT info.name FROM pragma_index_list('{table}') list, pragma_index_info(list.name) info ORDER BY info.name"
        ),
        Kind::Postgres => format!(
            "SELECT attname::TEXT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) \
             WHERE indrelid = '{table}'::regclass AND NOT indisprimary ORDER BY attname"
        ),
        Kind::Mysql => format!(
            "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() \
             AND table_name = '{table}' AND index_name <> 'PRIMARY' ORDER BY column_name"
        ),
    };
    let expected: Vec<_> = Long::meta().columns()[1..].iter().map(|column| column.column).collect();
    assert_eq!(texts(&db, sql).await, expected);
    Ok(())
}

#[tokio::test]
async fn the_table_is_named_for_the_struct_by_default() {
    #[derive(Model)]
    struct NamesHTTPServer2Log {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "Names_As_Written")]
    struct Written {
        id: i64,
    }
    let meta = NamesHTTPServer2Log::meta();
    assert_eq!((meta.name(), meta.table()), ("NamesHTTPServer2Log", "names_http_server2_log"));
    assert_eq!(meta.path(), concat!(module_path!(), "::NamesHTTPServer2Log"));
    assert_eq!(Written::meta().table(), "Names_As_Written");
    assert_ne!(meta, Written::meta());
    let db = db().await;
    Written { id: 0 }.save(&db).await.unwrap();
    NamesHTTPServer2Log { id: 0 }.save(&db).await.unwrap();
}

#[tokio::test]
async fn fields_may_have_the_names_that_generated_code_uses() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names_of_generated_code")]
    struct Careful {
        id: i64,
        row: String,
        column: i64,
        args: bool,
        event: Option<String>,
        meta: i32,
        self_: i32,
        __signals: i32,
        signals: i32,
    }
    let db = db().await;
    let mut careful = Careful {
        id: 0,
        row: "r".into(),
        column: 1,
        args: true,
        event: None,
        meta: 2,
        self_: 3,
        __signals: 4,
        signals: 5,
    };
    careful.save(&db).await?;
    assert_eq!(Careful::get(&db, 1).await?, careful);
    Ok(())
}
