//! Durable receivers of rows with composite keys: a run stores the key as a JSON array, and runs of one row are those
//! of its whole key.

use signals::tasks::{DbTasks as _, Task};
use signals::{Db, Model, Result, Tx, post_save, receiver};
use signals_test_tasks::db;

/// A seat, with a receiver that is called for each save and one that is called for several.
#[derive(Debug, Clone, Model)]
#[model(table = "composite_seat")]
struct Seat {
    #[model(primary_key)]
    hall: String,
    #[model(primary_key)]
    place: i64,
    guest: i64,
}

/// The calls of the receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "composite_called")]
struct Called {
    id: i64,
    what: String,
}

async fn called(db: &Db) -> Result<Vec<String>> {
    let calls = Called::objects().order_by(Called::WHAT.asc()).all(db).await?;
    Ok(calls.into_iter().map(|call| call.what).collect())
}

async fn call(what: &str, seat: &Seat, tx: &Tx) -> Result<()> {
    let what = format!("{what} {} {} {}", seat.hall, seat.place, seat.guest);
    Called { id: 0, what }.create(tx).await.map(drop)
}

#[receiver(post_save, sender = Seat, durable, uid = "composite.each")]
async fn each(instance: &Seat, tx: &Tx) -> Result<()> {
    call("each", instance, tx).await
}

#[receiver(post_save, sender = Seat, durable, coalesce, uid = "composite.coalesced")]
async fn coalesced(instance: &Seat, tx: &Tx) -> Result<()> {
    call("coalesced", instance, tx).await
}

fn seat(hall: &str, place: i64, guest: i64) -> Seat {
    Seat { hall: hall.into(), place, guest }
}

#[tokio::test]
async fn a_run_stores_the_whole_key_and_reads_its_row_again() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    // In a statement with its runs, and in one of many rows.
    seat("a", 1, 1).save(&tx).await?;
    Seat::bulk_create(&tx, &mut [seat("a", 2, 1), seat("b", 1, 1)]).await?;
    tx.commit().await?;
    seat("a", 1, 2).save(&db).await?;
    let mut runs = Task::objects().filter(Task::NAME.eq("composite.each")).all(&db).await?;
    runs.sort_by_key(|run| run.merge_key.clone());
    let arguments: Vec<_> = runs.iter().map(|run| run.args.as_str()).collect();
    assert!(arguments[0].contains(r#""key":["a",1]"#), "{arguments:?}");
    assert!(arguments[3].contains(r#""key":["b",1]"#), "{arguments:?}");
    let keys: Vec<_> = runs.iter().filter_map(|run| run.merge_key.as_deref()).collect();
    assert!(keys[0] == keys[1] && keys[1] != keys[2] && keys[2] != keys[3], "{keys:?}");
    assert!(keys[0].ends_with(r#"["a", 1]"#), "{keys:?}");
    db.drain_tasks().await?;
    assert_eq!(
        called(&db).await?,
        [
            "coalesced a 1 2",
            "coalesced a 2 1",
            "coalesced b 1 1",
            "each a 1 2",
            "each a 1 2",
            "each a 2 1",
            "each b 1 1"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_statement_of_a_save_inserts_the_run_of_its_whole_key() -> Result<()> {
    let db = db().await;
    seat("a", 1, 1).save(&db).await?;
    seat("a", 1, 2).save(&db).await?;
    // An UPDATE that finds no row enqueues nothing.
    assert!(seat("a", 2, 1).save(&db).force_update().await.is_err());
    assert_eq!(Task::objects().filter(Task::NAME.eq("composite.each")).count(&db).await?, 2);
    db.drain_tasks().await?;
    assert_eq!(called(&db).await?, ["coalesced a 1 2", "each a 1 2", "each a 1 2"]);
    Ok(())
}

#[tokio::test]
async fn a_model_of_nothing_but_its_key_enqueues_a_run_for_each_save() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "composite_follow")]
    struct Follow {
        #[model(primary_key)]
        follower: i64,
        #[model(primary_key)]
        followed: i64,
    }

    #[receiver(post_save, sender = Follow, durable, uid = "composite.follow")]
    async fn followed(instance: &Follow) {
        assert!(instance.follower < instance.followed);
    }

    let db = db().await;
    for _ in 0..2 {
        Follow { follower: 1, followed: 2 }.save(&db).await?;
    }
    assert_eq!(Task::objects().filter(Task::NAME.eq("composite.follow")).count(&db).await?, 2);
    assert_eq!(db.drain_tasks().await?.done, 2);
    Ok(())
}
