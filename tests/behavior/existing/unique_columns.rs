//! References to unique columns that are not the key.

use signals::schema::{self, Schema};
use signals::{Db, Error, Model, ModelMeta, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{Kind, Log, count, execute, execute_in, kind, url};

/// The codes of the first two parents are each other's keys.
#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_parent")]
struct Parent {
    id: i64,
    #[model(unique)]
    code: i64,
    #[model(unique)]
    email: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_child")]
struct Child {
    id: i64,
    #[model(references = Parent, to = code, on_delete = cascade)]
    parent_code: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_heard")]
struct Heard {
    id: i64,
    #[model(references = Parent, to = email, on_delete = cascade)]
    parent_email: String,
    #[model(unique)]
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_toy")]
struct Toy {
    id: i64,
    #[model(references = Heard, to = name, on_delete = set_null)]
    owner: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_deed")]
struct Deed {
    id: i64,
    #[model(references = Toy, on_delete = do_nothing)]
    toy_id: Option<i64>,
    #[model(references = Parent, to = code, on_delete = protect)]
    parent_code: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "unique_columns_worker")]
struct Worker {
    id: i64,
    #[model(unique)]
    badge: String,
    #[model(references = Self, to = badge, on_delete = cascade)]
    boss: Option<String>,
}

static GONE: Log = Log::new();

#[receiver(post_delete, sender = Heard)]
fn heard_gone(instance: &Heard) {
    GONE.note(&instance.name);
}

#[receiver(post_delete, sender = Worker)]
fn worker_gone(instance: &Worker) {
    GONE.note(&instance.badge);
}

fn is_here(model: &ModelMeta) -> bool {
    model.path().starts_with("existing::unique_columns::") && !["Vague", "Adopted"].contains(&model.name())
}

async fn db() -> Result<Db> {
    let db = Db::connect(&url().await).await?;
    db.create_tables_of(is_here).await?;
    Ok(db)
}

async fn parents(db: &Db) -> Result<[Parent; 2]> {
    let parent = |code, email: &str| Parent { id: 0, code, email: Some(email.into()) };
    let parents = [parent(2, "a@x").create(db).await?, parent(1, "b@x").create(db).await?];
    assert_eq!((parents[0].id, parents[1].id), (1, 2));
    Ok(parents)
}

#[tokio::test]
async fn deletes_follow_references_by_the_value_of_the_column() -> Result<()> {
    let db = db().await?;
    let [ann, bob] = parents(&db).await?;
    for parent in [&ann, &bob] {
        Child { id: 0, parent_code: parent.code }.create(&db).await?;
        let email = parent.email.clone().unwrap();
        Heard { id: 0, name: format!("of {email}"), parent_email: email }.create(&db).await?;
    }
    let toy = Toy { id: 0, owner: Some("of a@x".into()) }.create(&db).await?;
    let other = Toy { id: 0, owner: Some("of b@x".into()) }.create(&db).await?;
    // An email of NULL is referenced by no row.
    let nobody = Parent { id: 0, code: 9, email: None }.create(&db).await?;
    assert_eq!(nobody.delete(&db).await?.rows(), 1);

    GONE.take();
    let deleted = ann.delete(&db).await?;
    assert_eq!((deleted.rows(), deleted.by_model()["Child"], deleted.by_model()["Heard"]), (3, 1, 1));
    assert!(GONE.take().contains(&"of a@x".to_owned()));
    assert_eq!(Child::objects().get(&db).await?.parent_code, bob.code);
    assert_eq!(Heard::objects().get(&db).await?.parent_email, "b@x");
    assert_eq!(Toy::get(&db, toy.id).await?.owner, None);
    assert_eq!(Toy::get(&db, other.id).await?.owner.as_deref(), Some("of b@x"));

    let deed = Deed { id: 0, toy_id: None, parent_code: bob.code }.create(&db).await?;
    let error = Parent::objects().delete(&db).await.unwrap_err();
    assert!(matches!(&error, Error::Protected { by, .. } if by[0].model == "Deed"), "{error}");
    deed.delete(&db).await?;
    assert_eq!(Parent::objects().delete(&db).await?.rows(), 3);
    Ok(())
}

#[tokio::test]
async fn a_chain_within_a_table_goes_together() -> Result<()> {
    let db = db().await?;
    let worker = |badge: &str, boss: Option<&str>| Worker { id: 0, badge: badge.into(), boss: boss.map(Into::into) };
    let first = worker("z", None).create(&db).await?;
    for (badge, boss) in [("a", "z"), ("m", "a"), ("b", "z"), ("y", "m")] {
        worker(badge, Some(boss)).create(&db).await?;
    }
    worker("alone", None).create(&db).await?;
    assert_eq!(first.delete(&db).await?.rows(), 5);
    assert_eq!(Worker::objects().get(&db).await?.badge, "alone");
    Ok(())
}

#[tokio::test]
async fn the_constraint_is_of_the_column() -> Result<()> {
    let db = db().await?;
    let [ann, _] = parents(&db).await?;
    assert!(Child { id: 0, parent_code: 7 }.create(&db).await.unwrap_err().is_foreign_key_violation());
    Heard { id: 0, parent_email: "a@x".into(), name: "n".into() }.create(&db).await?;
    ann.delete(&db).await?;
    let differences = schema::check_of(&db, is_here).await?;
    assert_eq!(differences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());

    let printed = Schema::read(&db).await?.to_models(|table| table.name.starts_with("unique_columns_"));
    for part in [
        "references = UniqueColumnsParent, to = code, on_delete = do_nothing",
        "references = UniqueColumnsParent, to = email, on_delete = do_nothing",
        "references = Self, to = badge, on_delete = do_nothing",
    ] {
        // PostgreSQL and MySQL have types of their own for the columns, and the same references.
        assert!(printed.contains(part) || kind() == Kind::Mysql && part.contains("email"), "{part}: {printed}");
    }
    Ok(())
}

#[derive(Debug, Model)]
#[model(table = "unique_columns_vague")]
struct Vague {
    id: i64,
    #[model(references = Worker, to = boss, on_delete = do_nothing)]
    boss: Option<String>,
}

#[tokio::test]
async fn a_column_that_is_not_unique_is_refused() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    let error = db.create_tables_of(ModelMeta::is::<Vague>).await.unwrap_err();
    let says = "the field `boss` references `boss` of `Worker`, which is not unique; write `#[model(unique)]` on it";
    assert!(matches!(error, Error::Schema { model: "Vague", .. }) && error.to_string().contains(says), "{error}");
    Ok(())
}

/// A model of a table that exists already.
#[derive(Debug, Model)]
#[model(table = "unique_columns_adopted", managed = false)]
struct Adopted {
    id: i64,
    #[model(references = Worker, to = boss, on_delete = do_nothing)]
    boss: Option<String>,
}

#[tokio::test]
async fn a_column_that_is_not_unique_is_refused_and_reported_for_a_table_of_others() -> Result<()> {
    let db = db().await?;
    let error = db.create_tables_of(ModelMeta::is::<Adopted>).await.unwrap_err();
    assert!(matches!(error, Error::Schema { model: "Adopted", .. }), "{error}");
    execute(&db, "CREATE TABLE unique_columns_adopted (id BIGINT NOT NULL PRIMARY KEY, boss VARCHAR(20))").await;
    let differences = async || -> Result<Vec<String>> {
        let differences = schema::check_of(&db, ModelMeta::is::<Adopted>).await?;
        Ok(differences.iter().map(ToString::to_string).filter(|it| it.contains("unique missing")).collect())
    };
    let missing =
        "`unique_columns_worker` (boss): unique missing: the model `Worker` has unique, the database has not unique";
    assert_eq!(differences().await?, [missing]);
    if kind() != Kind::Mysql {
        // MySQL makes no index of a whole text.
        execute(&db, "CREATE UNIQUE INDEX unique_columns_boss ON unique_columns_worker (boss)").await;
        assert_eq!(differences().await?, Vec::<String>::new());
    }
    Ok(())
}

/// Declares models whose codes a receiver of `pre_delete` changes by a statement. No constraint prevents that.
macro_rules! moving {
    ($owner:literal, $item:literal, $note:literal, $statements:expr) => {
        #[derive(Debug, Clone, Model)]
        #[model(table = $owner)]
        struct Owner {
            id: i64,
            #[model(unique)]
            code: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $item)]
        struct Item {
            id: i64,
            #[model(references = Owner, to = code, on_delete = cascade)]
            owner: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $note)]
        struct Note {
            id: i64,
            #[model(references = Owner, to = code, on_delete = set_null)]
            owner: Option<i64>,
        }
        #[receiver(pre_delete, sender = Owner)]
        async fn change_codes(tx: &Tx) {
            for statement in $statements {
                execute_in(tx, statement).await;
            }
        }
        /// Creates two owners with the codes 1 and 2, who have an item and a note each, and deletes the first.
        async fn delete_first() -> Result<Db> {
            let db = Db::connect(&url().await).await?;
            execute(&db, concat!("CREATE TABLE ", $owner, " (id BIGINT PRIMARY KEY, code BIGINT NOT NULL)")).await;
            execute(&db, concat!("CREATE TABLE ", $item, " (id BIGINT PRIMARY KEY, owner BIGINT NOT NULL)")).await;
            execute(&db, concat!("CREATE TABLE ", $note, " (id BIGINT PRIMARY KEY, owner BIGINT)")).await;
            for table in [$owner, $item, $note] {
                execute(&db, format!("INSERT INTO {table} VALUES (1, 1), (2, 2)")).await;
            }
            Owner { id: 1, code: 1 }.delete(&db).await?;
            Ok(db)
        }
    };
}

#[tokio::test]
async fn a_delete_follows_a_value_that_pre_delete_has_changed() -> Result<()> {
    moving!(
        "unique_columns_changed",
        "unique_columns_changed_item",
        "unique_columns_changed_note",
        [
            "UPDATE unique_columns_changed SET code = 7 WHERE id = 1",
            "UPDATE unique_columns_changed_item SET owner = 7 WHERE id = 1",
            "UPDATE unique_columns_changed_note SET owner = 7 WHERE id = 1",
        ]
    );
    let db = delete_first().await?;
    assert_eq!(Item::objects().get(&db).await?.owner, 2, "the item with the new code went with its owner");
    assert_eq!(Note::get(&db, 1).await?.owner, None);
    assert_eq!(Note::get(&db, 2).await?.owner, Some(2));
    Ok(())
}

#[tokio::test]
async fn rows_stay_with_the_owner_to_whom_pre_delete_has_given_the_value() -> Result<()> {
    moving!(
        "unique_columns_given",
        "unique_columns_given_item",
        "unique_columns_given_note",
        [
            "UPDATE unique_columns_given SET code = 7 WHERE id = 1",
            "UPDATE unique_columns_given SET code = 1 WHERE id = 2",
        ]
    );
    let db = delete_first().await?;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM unique_columns_given_item WHERE owner = 1").await, 1);
    assert_eq!(Note::get(&db, 1).await?.owner, Some(1));
    assert_eq!(Owner::objects().get(&db).await?.code, 1);
    Ok(())
}

#[tokio::test]
async fn a_table_of_links_by_other_columns_than_keys_is_no_relation() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    let text = "VARCHAR(20) NOT NULL";
    execute(&db, format!("CREATE TABLE linked_author (id BIGINT PRIMARY KEY, name {text} UNIQUE)")).await;
    execute(&db, format!("CREATE TABLE linked_title (id BIGINT PRIMARY KEY, isbn {text} UNIQUE)")).await;
    let references =
        "FOREIGN KEY (author) REFERENCES linked_author (name), FOREIGN KEY (title) REFERENCES linked_title (isbn)";
    execute(
        &db,
        format!("CREATE TABLE linked_by (author {text}, title {text}, PRIMARY KEY (author, title), {references})"),
    )
    .await;
    let printed = Schema::read(&db).await?.to_models(|table| table.name.starts_with("linked_"));
    assert!(!printed.contains("many_to_many"), "{printed}");
    assert!(printed.contains("references = LinkedAuthor, to = name, on_delete = do_nothing"), "{printed}");
    Ok(())
}
