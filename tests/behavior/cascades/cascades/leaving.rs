//! Rows that stay: `on_delete = set_null`, `set_default`, `do_nothing`; and `database`.

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, kind, rows, texts};

use super::is_broken_reference;

// E111: the column is emptied after pre_delete, in the same transaction, and no signal is sent for the rows.
// A default is the database's own.
#[tokio::test]
async fn columns_are_emptied_without_signals() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "leaving_team")]
    struct Team {
        id: i64,
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "leaving_player")]
    struct Player {
        id: i64,
        #[model(references = Team, on_delete = set_null)]
        team_id: Option<i64>,
        #[model(references = Team, on_delete = set_default, default = sql("(1 + 0)"))]
        club_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save, pre_delete, post_delete], sender = Player)]
    fn player(signal: &str) {
        LOG.note(signal);
    }
    #[receiver(pre_delete, sender = Team)]
    async fn team(tx: &Tx) -> Result<()> {
        let player = Player::get(tx, 1).await?;
        LOG.note(format!("{:?} {}", player.team_id, player.club_id));
        Ok(())
    }
    let db = db().await;
    let (mut first, mut second) = (Team { id: 0 }, Team { id: 0 });
    first.save(&db).await?;
    second.save(&db).await?;
    let mut player = Player { id: 0, team_id: Some(second.id), club_id: second.id };
    player.save(&db).await?;
    let mut other = Player { id: 0, team_id: Some(first.id), club_id: first.id };
    other.save(&db).await?;
    LOG.take();
    assert_eq!(format!("{:?}", second.delete(&db).await?.by_model()), r#"{"Team": 1}"#);
    assert_eq!(LOG.take(), ["Some(2) 2"]);
    assert_eq!(player, Player { id: 1, team_id: Some(2), club_id: 2 }, "the copy in memory is left alone");
    player.refresh(&db).await?;
    assert_eq!(player, Player { id: 1, team_id: None, club_id: 1 });
    other.refresh(&db).await?;
    assert_eq!(other, Player { id: 2, team_id: Some(1), club_id: 1 });

    // The database refuses a default that does not exist, and the delete is undone.
    let error = first.delete(&db).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    other.refresh(&db).await?;
    assert_eq!(other.team_id, Some(1));
    Ok(())
}

// E91, E112: nothing is done. The database refuses, unless a pre_delete receiver has repaired the reference.
#[tokio::test]
async fn do_nothing_leaves_it_to_a_receiver_or_the_database() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "leaving_shelf")]
    struct Shelf {
        id: i64,
        repairs: bool,
    }
    #[derive(Debug, Model)]
    #[model(table = "leaving_jar")]
    struct Jar {
        id: i64,
        #[model(references = Shelf, on_delete = do_nothing)]
        shelf_id: i64,
    }
    #[receiver(pre_delete, sender = Shelf)]
    async fn repair(instance: &Shelf, tx: &Tx) -> Result<()> {
        if instance.repairs {
            let mut jar = Jar::get(tx, 1).await?;
            jar.shelf_id = 1;
            jar.save(tx).await?;
        }
        Ok(())
    }
    let db = db().await;
    let (mut first, mut second) = (Shelf { id: 0, repairs: false }, Shelf { id: 0, repairs: false });
    first.save(&db).await?;
    second.save(&db).await?;
    let mut jar = Jar { id: 0, shelf_id: second.id };
    jar.save(&db).await?;
    let error = second.delete(&db).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    second.repairs = true;
    assert_eq!(second.delete(&db).await?.rows(), 1);
    jar.refresh(&db).await?;
    assert_eq!(jar.shelf_id, 1);
    Ok(())
}

// E113, E100: the database deletes the rows by itself; no signal is sent for them, and they are not counted.
#[tokio::test]
async fn what_the_database_deletes_is_neither_told_nor_counted() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "leaving_sensor")]
    struct Sensor {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "leaving_reading")]
    struct Reading {
        id: i64,
        #[model(references = Sensor, on_delete = database)]
        sensor_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Reading)]
    fn reading(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let mut sensor = Sensor { id: 0 };
    sensor.save(&db).await?;
    for _ in 0..3 {
        Reading { id: 0, sensor_id: sensor.id }.save(&db).await?;
    }
    assert_eq!(format!("{:?}", sensor.delete(&db).await?.by_model()), r#"{"Sensor": 1}"#);
    assert!(LOG.take().is_empty());
    assert_eq!(rows(&db, "leaving_reading").await, 0);
    Ok(())
}

// E108: a nullable reference cascades like any other: its row is deleted, and the reference is not cleared
// first. A row whose reference is NULL stays.
#[tokio::test]
async fn a_cascade_deletes_rows_whose_reference_may_be_null() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "leaving_trip")]
    struct Trip {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "leaving_bag")]
    struct Bag {
        id: i64,
        #[model(references = Trip, on_delete = cascade)]
        trip_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Bag)]
    fn bag(instance: &Bag) {
        LOG.note(format!("{:?}", instance.trip_id));
    }
    #[receiver(post_delete, sender = Trip)]
    fn trip() {
        LOG.note("trip");
    }
    let db = db().await;
    let mut trip = Trip { id: 0 };
    trip.save(&db).await?;
    for trip_id in [None, Some(trip.id)] {
        Bag { id: 0, trip_id }.save(&db).await?;
    }
    assert_eq!(trip.delete(&db).await?.rows(), 2);
    assert_eq!(LOG.take(), ["Some(1)", "trip"]);
    assert_eq!(rows(&db, "leaving_bag").await, 1);
    Ok(())
}

// A reference is a constraint of the table, and has an index.
#[tokio::test]
async fn tables_mind_their_references() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "leaving_zoo")]
    struct Zoo {
        id: i64,
    }
    // Its table's name comes before the one that it references.
    #[derive(Debug, Model)]
    #[model(table = "leaving_animal", unique(zoo_id, name))]
    struct Animal {
        id: i64,
        #[model(references = Zoo, on_delete = protect)]
        zoo_id: i64,
        name: String,
    }
    let db = db().await;
    let animal = || Animal { id: 0, zoo_id: 1, name: "Bao Bao".into() };
    assert!(matches!(animal().save(&db).await, Err(Error::Database { .. })));
    Zoo { id: 0 }.save(&db).await?;
    animal().save(&db).await?;
    let error = animal().save(&db).await.unwrap_err();
    let Error::Database { source, .. } = &error else { panic!("{error}") };
    assert!(source.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation), "{error}");
    assert!(!kind().is_sqlite() || error.to_string().contains("UNIQUE constraint failed"), "{error}");
    assert_eq!(indexes_of_animals(&db).await, expected_indexes());
    Ok(())
}

async fn indexes_of_animals(db: &Db) -> Vec<String> {
    let sql = match kind() {
        Kind::Memory | Kind::File => "SELECT name FROM pragma_index_list('leaving_animal') ORDER BY name",
        Kind::Postgres => {
            "SELECT CAST(indexname AS text) FROM pg_indexes \
             WHERE schemaname = current_schema() AND tablename = 'leaving_animal' ORDER BY indexname"
        }
        Kind::Mysql => {
            "SELECT DISTINCT index_name FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = 'leaving_animal' ORDER BY index_name"
        }
    };
    texts(db, sql).await
}

/// The index of the reference, and those that the database makes for constraints.
fn expected_indexes() -> &'static [&'static str] {
    match kind() {
        Kind::Memory | Kind::File => &["leaving_animal__zoo_id__idx", "sqlite_autoindex_leaving_animal_1"],
        Kind::Postgres => &["leaving_animal__zoo_id__idx", "leaving_animal_pkey", "leaving_animal_zoo_id_name_key"],
        Kind::Mysql => &["leaving_animal__zoo_id__idx", "PRIMARY", "zoo_id"],
    }
}
