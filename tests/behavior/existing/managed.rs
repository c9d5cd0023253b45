//! Tables that the library never creates or changes.

use signals::{Db, Error, Model, ModelMeta, Result};
use signals_test_behavior::{Kind, execute, kind, texts, url};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "managed_note", managed = false)]
struct Note {
    id: i64,
    #[model(index)]
    title: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "managed_comment")]
struct Comment {
    id: i64,
    #[model(references = Note, on_delete = cascade)]
    note_id: i64,
}

const CREATE: &str = "CREATE TABLE managed_note (id BIGINT PRIMARY KEY, title VARCHAR(80) NOT NULL)";

#[tokio::test]
async fn create_tables_leaves_the_tables_of_unmanaged_models_alone() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    execute(&db, CREATE).await;
    // The table of a managed model references that of an unmanaged one.
    db.create_tables_of(|model| model.is::<Note>() || model.is::<Comment>()).await?;

    let note = Note { id: 7, title: "a".into() }.create(&db).await?;
    let comment = Comment { id: 0, note_id: 7 }.create(&db).await?;
    assert!(Comment { id: 0, note_id: 8 }.create(&db).await.unwrap_err().is_foreign_key_violation());
    let indexes = match kind() {
        Kind::Memory | Kind::File => "SELECT name FROM pragma_index_list('managed_note') WHERE origin = 'c'",
        Kind::Postgres => {
            "SELECT indexname::text FROM pg_indexes WHERE tablename = 'managed_note' AND indexname LIKE '%title%' AND schemaname = current_schema()"
        }
        Kind::Mysql => {
            "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'managed_note' AND INDEX_NAME <> 'PRIMARY'"
        }
    };
    assert_eq!(texts(&db, indexes).await, Vec::<String>::new());
    note.delete(&db).await?;
    assert!(matches!(Comment::get(&db, comment.id).await, Err(Error::DoesNotExist { .. })));
    Ok(())
}

#[tokio::test]
async fn the_table_of_an_unmanaged_model_is_not_created() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    let statements = db.table_definitions(ModelMeta::is::<Note>)?;
    assert_eq!(statements, Vec::<String>::new());
    db.create_tables_of(ModelMeta::is::<Note>).await?;
    assert!(matches!(Note::objects().count(&db).await, Err(Error::Database { .. })), "there is no table");
    Ok(())
}
