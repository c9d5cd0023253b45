//! The keys of saves that insert their runs in their own statement: given ones, ones that do not fit, and ones that the
//! database makes in another way.

use behavior::{Kind, count, execute, kind};
use signals::tasks::Task;
use signals::{Db, Error, Model, Result, post_save, receiver};
use signals_test_tasks::db;

/// Returns the number of the runs of a receiver.
async fn runs(db: &Db, name: &str) -> Result<u64> {
    Task::objects().filter(Task::NAME.eq(name)).count(db).await
}

#[derive(Debug, Clone, Model)]
#[model(table = "attached_parcel")]
struct Parcel {
    #[model(primary_key)]
    code: String,
    weight: i64,
}

#[receiver(post_save, sender = Parcel, durable, uid = "attached.parcel")]
fn weigh(instance: Option<&Parcel>) {
    assert!(instance.is_none_or(|parcel| parcel.weight > 0));
}

#[tokio::test]
async fn a_row_that_a_trigger_puts_into_another_table_has_its_run() -> Result<()> {
    let db = db().await;
    let redirect = match kind() {
        Kind::Memory | Kind::File => {
            "DROP TABLE attached_parcel; CREATE TABLE attached_store (code TEXT PRIMARY KEY, weight INTEGER);
             CREATE VIEW attached_parcel AS SELECT * FROM attached_store;
             CREATE TRIGGER redirect INSTEAD OF INSERT ON attached_parcel
             BEGIN INSERT INTO attached_store VALUES (NEW.code, NEW.weight); END"
        }
        Kind::Postgres => {
            "CREATE TABLE attached_store (LIKE attached_parcel);
             CREATE FUNCTION redirect_parcel() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO attached_store SELECT NEW.*; RETURN NULL; END $$;
             CREATE TRIGGER redirect BEFORE INSERT ON attached_parcel
             FOR EACH ROW EXECUTE FUNCTION redirect_parcel()"
        }
        Kind::Mysql => return Ok(()), // a trigger cannot leave its row out
    };
    execute(&db, redirect).await;

    Parcel { code: "p1".into(), weight: 3 }.create(&db).await?;
    let tx = db.begin().await?;
    Parcel { code: "p2".into(), weight: 4 }.create(&tx).await?;
    tx.commit().await?;

    assert_eq!(count(&db, "SELECT COUNT(*) FROM attached_store").await, 2);
    assert_eq!(runs(&db, "attached.parcel").await?, 2);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "attached_small")]
struct Small {
    id: i16,
    text: String,
}

#[receiver(post_save, sender = Small, durable, uid = "attached.small")]
fn shrink(instance: &Small) {
    assert!(!instance.text.is_empty());
}

#[tokio::test]
async fn a_key_that_does_not_fit_leaves_neither_the_row_nor_its_run() -> Result<()> {
    let db = db().await;
    let widen = match kind() {
        Kind::Memory | Kind::File => "",
        Kind::Postgres => "ALTER TABLE attached_small ALTER id TYPE BIGINT, ALTER id RESTART WITH 32768",
        Kind::Mysql => "ALTER TABLE attached_small MODIFY id BIGINT NOT NULL AUTO_INCREMENT",
    };
    execute(&db, widen).await;
    Small { id: i16::MAX, text: "last".into() }.create(&db).quiet().await?;

    let error = Small { id: 0, text: "next".into() }.create(&db).await.unwrap_err();

    assert!(matches!(error, Error::KeyOutOfRange { model: "Small", .. }), "{error}");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM attached_small").await, 1);
    assert_eq!(runs(&db, "attached.small").await?, 0);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "attached_badge")]
struct Badge {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Badge, durable, uid = "attached.badge")]
fn print(instance: Option<&Badge>) {
    assert!(instance.is_none_or(|badge| !badge.text.is_empty()));
}

/// MariaDB reports the last generated key of the session, which may be of another table.
#[tokio::test]
async fn a_save_never_has_the_generated_key_of_another_table() -> Result<()> {
    if kind() != Kind::Mysql {
        return Ok(());
    }
    let db = db().await;
    execute(
        &db,
        "CREATE SEQUENCE attached_badge_keys START WITH 7;
         ALTER TABLE attached_badge MODIFY id BIGINT NOT NULL DEFAULT nextval(attached_badge_keys)",
    )
    .await;
    Small { id: 500, text: "other".into() }.create(&db).quiet().await?;
    Small { id: 0, text: "generated".into() }.create(&db).quiet().await?;

    let saved = Badge { id: 0, text: "blue".into() }.create(&db).await;

    assert_ne!(saved.map_or(0, |badge| badge.id), 501);
    let args: Vec<String> = Task::objects().all(&db).await?.into_iter().map(|run| run.args).collect();
    assert!(args.iter().all(|args| !args.contains("501")), "{args:?}");
    Ok(())
}

/// The key that the database generates for the first row.
const FIRST: i64 = 1;

#[derive(Debug, Clone, Model)]
#[model(table = "attached_numbered")]
struct Numbered {
    id: i64,
}

#[receiver(post_save, sender = Numbered, durable, uid = "attached.numbered", when(id: _ => FIRST))]
fn first(instance: Option<&Numbered>) {
    assert_eq!(instance.map(|row| row.id), Some(FIRST));
}

#[tokio::test]
async fn a_condition_on_a_generated_key_compares_the_key() -> Result<()> {
    let db = db().await;
    for _ in 0..2 {
        Numbered { id: 0 }.create(&db).await?;
    }
    assert_eq!(runs(&db, "attached.numbered").await?, 1);
    Ok(())
}
