//! Names that need care: keywords of Rust and of SQL, quotes, spaces, letters beyond ASCII.

use signals::{Entity as _, FieldSet, Model, Result, post_save, receiver};

use crate::support::{Log, db};

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
    #[model(table = "order")]
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
    let loaded: KeywordTable =
        sqlx::query_as("SELECT * FROM \"order\" WHERE \"group\" = 3").fetch_one(db.sqlite()?).await?;
    assert_eq!(loaded, row);
    assert_eq!(row.delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn quotes_spaces_and_unicode_are_parts_of_names() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "names \"quoted\" 'twice' `thrice` [four]; DROP TABLE x; -- ünïcödé 名前")]
    struct Quoted {
        #[model(primary_key, column = "the \"key\"")]
        id: i64,
        #[model(column = "naïve 'column' ?1 $1 :a", unique)]
        naive: String,
        #[model(column = "名\\前\"", index, default = "quote ' and \" and ; --")]
        name: String,
        名前: f64,
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
    db.create_tables().await?;
    assert_eq!(quoted.delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn the_table_is_named_for_the_struct_unless_it_says_otherwise() {
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
