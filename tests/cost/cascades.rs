//! Round trips of cascading deletes: rows without receivers are never read.

use signals::{Db, Model, Result, Tx, post_delete, pre_delete, receiver};

use crate::watch::statements;

#[derive(Debug, Clone, Model)]
#[model(table = "falls_user")]
struct User {
    id: i64,
}

/// A model without receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "falls_profile")]
struct Profile {
    id: i64,
    #[model(references = User, on_delete = cascade)]
    user_id: i64,
    bio: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falls_artist")]
struct Artist {
    id: i64,
}

/// A model without receivers that another model with receivers references.
#[derive(Debug, Clone, Model)]
#[model(table = "falls_album")]
struct Album {
    id: i64,
    #[model(references = Artist, on_delete = cascade)]
    artist_id: i64,
    title: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falls_track")]
struct Track {
    id: i64,
    #[model(references = Album, on_delete = cascade)]
    album_id: i64,
    title: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falls_team")]
struct Team {
    id: i64,
}

/// A model with receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "falls_player")]
struct Player {
    id: i64,
    #[model(references = Team, on_delete = cascade)]
    team_id: i64,
    name: String,
}

#[receiver(post_delete, sender = Player)]
fn gone(instance: &Player) {
    let _ = instance;
}

#[derive(Debug, Clone, Model)]
#[model(table = "falls_fleet")]
struct Fleet {
    id: i64,
}

/// A receiver may write before it is deleted.
#[derive(Debug, Clone, Model)]
#[model(table = "falls_ship")]
struct Ship {
    id: i64,
    #[model(references = Fleet, on_delete = cascade)]
    fleet_id: i64,
}

#[receiver([pre_delete, post_delete], sender = Ship)]
fn may_write(tx: &Tx) {
    let _ = tx;
}

#[derive(Debug, Clone, Model)]
#[model(table = "falls_wall")]
struct Wall {
    id: i64,
}

/// The database deletes its rows.
#[derive(Debug, Clone, Model)]
#[model(table = "falls_poster")]
struct Poster {
    id: i64,
    #[model(references = Wall, on_delete = database)]
    wall_id: i64,
    #[model(references = Wall, on_delete = do_nothing)]
    beside_id: Option<i64>,
}

async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    db
}

// E101, E105
#[tokio::test]
async fn a_relation_that_nobody_hears_is_deleted_without_being_read() -> Result<()> {
    let db = database().await;
    let mut user = User { id: 0 };
    user.save(&db).await?;
    for _ in 0..3 {
        Profile { id: 0, user_id: 1, bio: String::new() }.save(&db).await?;
    }
    let seen = statements(&db, async { assert_eq!(user.delete(&db).await.unwrap().rows(), 4) }).await;
    assert_eq!(
        seen,
        [
            "BEGIN IMMEDIATE",
            r#"DELETE FROM "falls_profile" WHERE "user_id" IN (?)"#,
            r#"DELETE FROM "falls_user" WHERE "id" IN (?)"#,
            "COMMIT",
        ]
    );
    Ok(())
}

// E105
#[tokio::test]
async fn of_a_chain_that_nobody_hears_the_keys_alone_are_read() -> Result<()> {
    let db = database().await;
    Artist { id: 0 }.save(&db).await?;
    for _ in 0..3 {
        Album { id: 0, artist_id: 1, title: String::new() }.save(&db).await?;
        Track { id: 0, album_id: 1, title: String::new() }.save(&db).await?;
    }
    let seen = statements(&db, async { assert_eq!(Artist { id: 1 }.delete(&db).await.unwrap().rows(), 7) }).await;
    assert_eq!(
        seen,
        [
            "BEGIN IMMEDIATE",
            r#"SELECT "id" FROM "falls_album" WHERE "artist_id" IN (?)"#,
            r#"DELETE FROM "falls_track" WHERE "album_id" IN (?, ?, ?, ?)"#,
            r#"DELETE FROM "falls_album" WHERE "id" IN (?, ?, ?, ?)"#,
            r#"DELETE FROM "falls_artist" WHERE "id" IN (?)"#,
            "COMMIT",
        ]
    );
    Ok(())
}

// E105
#[tokio::test]
async fn rows_that_someone_hears_of_are_read_once() -> Result<()> {
    let db = database().await;
    Team { id: 0 }.save(&db).await?;
    for _ in 0..2 {
        Player { id: 0, team_id: 1, name: String::new() }.save(&db).await?;
    }
    let seen = statements(&db, async { assert_eq!(Team { id: 1 }.delete(&db).await.unwrap().rows(), 3) }).await;
    assert_eq!(
        seen,
        [
            "BEGIN IMMEDIATE",
            r#"SELECT "id" FROM "falls_player" WHERE "team_id" IN (?)"#,
            r#"SELECT "id", "team_id", "name" FROM "falls_player" WHERE "id" IN (?, ?)"#,
            r#"DELETE FROM "falls_player" WHERE "id" IN (?, ?)"#,
            r#"DELETE FROM "falls_team" WHERE "id" IN (?)"#,
            "COMMIT",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn rows_are_read_again_if_a_receiver_may_have_written() -> Result<()> {
    let db = database().await;
    Fleet { id: 0 }.save(&db).await?;
    let select = r#"SELECT "id", "fleet_id" FROM "falls_ship" WHERE "id" IN (?, ?)"#;
    let (select_one, delete_fleet) = (select.replace("?, ?", "?"), r#"DELETE FROM "falls_fleet" WHERE "id" IN (?)"#);
    let keys = r#"SELECT "id" FROM "falls_ship" WHERE "fleet_id" IN (?)"#;
    for _ in 0..2 {
        Ship { id: 0, fleet_id: 1 }.save(&db).await?;
    }
    let seen = statements(&db, async { assert_eq!(Fleet { id: 1 }.delete(&db).await.unwrap().rows(), 3) }).await;
    let delete = r#"DELETE FROM "falls_ship" WHERE "id" IN (?, ?)"#;
    assert_eq!(seen, ["BEGIN IMMEDIATE", keys, select, select, delete, delete_fleet, "COMMIT"]);

    // The DELETE of one row itself shows whether the row existed.
    Fleet { id: 1 }.save(&db).await?;
    Ship { id: 0, fleet_id: 1 }.save(&db).await?;
    let seen = statements(&db, async { assert_eq!(Fleet { id: 1 }.delete(&db).await.unwrap().rows(), 2) }).await;
    let delete = r#"DELETE FROM "falls_ship" WHERE "id" IN (?)"#;
    assert_eq!(seen, ["BEGIN IMMEDIATE", keys, &*select_one, delete, delete_fleet, "COMMIT"]);
    Ok(())
}

// E112, E113
#[tokio::test]
async fn references_that_are_left_to_the_database_cost_nothing() -> Result<()> {
    let db = database().await;
    Wall { id: 0 }.save(&db).await?;
    let seen = statements(&db, async { assert_eq!(Wall { id: 1 }.delete(&db).await.unwrap().rows(), 1) }).await;
    assert_eq!(seen, [r#"DELETE FROM "falls_wall" WHERE "id" = ?"#]);
    Ok(())
}
