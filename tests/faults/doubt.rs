//! A bare statement that is dropped in flight: undone if a level around it can be undone, otherwise in doubt.

use signals::{Error, Model};

use crate::support::{MOMENTS, When, database, drop_at, hold_back, names_in, names_of};

#[derive(Debug, Clone, Model)]
#[model(table = "doubt_bare")]
struct Bare {
    id: i64,
    name: String,
}

fn bare(name: &str) -> Bare {
    Bare { id: 0, name: name.into() }
}

/// A bare statement has no savepoint, so what cannot be undone is refused.
#[tokio::test]
async fn a_bare_save_dropped_in_flight_is_undone_or_in_doubt() {
    for when in MOMENTS {
        let mut doubts = 0;
        for await_point in (0..5).cycle() {
            let db = database("doubt_").await;
            hold_back(&db).await;
            let tx = db.begin().await.unwrap();
            bare("first").save(&tx).await.unwrap();
            let mut second = bare("second");
            if drop_at(second.save(&tx), await_point, when).await.is_some() {
                if doubts > 0 {
                    break;
                }
                continue;
            }
            assert_eq!(second.id, 0);
            match bare("third").save(&tx).await {
                Ok(()) => tx.commit().await.unwrap(),
                Err(error) => {
                    doubts += 1;
                    assert!(matches!(error, Error::InDoubt), "{error}");
                    assert!(matches!(tx.commit().await, Err(Error::InDoubt)));
                    assert_eq!(names_of(&db, "doubt_bare").await, [""; 0]);
                    continue;
                }
            }
            assert_eq!(names_of(&db, "doubt_bare").await, ["first", "third"]);
        }
    }
}

/// The first statement of a level opens it, so nothing is lost when it is undone together with the level.
#[tokio::test]
async fn a_bare_save_that_opens_its_level_is_undone() {
    for (when, nested) in MOMENTS.into_iter().flat_map(|when| [(when, false), (when, true)]) {
        let mut dropped = 0;
        for await_point in (0..5).cycle() {
            let db = database("doubt_").await;
            hold_back(&db).await;
            let tx = db.begin().await.unwrap();
            if nested {
                bare("outer").save(&tx).await.unwrap();
            }
            let level = if nested { tx.begin().await.unwrap() } else { tx.clone() };
            if drop_at(bare("dropped").save(&level), await_point, when).await.is_some() {
                if dropped > 0 {
                    break;
                }
                continue;
            }
            dropped += 1;
            bare("kept").save(&level).await.unwrap();
            level.commit().await.unwrap();
            if nested {
                tx.commit().await.unwrap();
            }
            let expected: &[&str] = if nested { &["kept", "outer"] } else { &["kept"] };
            assert_eq!(names_of(&db, "doubt_bare").await, expected, "dropped at {await_point}, {when:?}");
        }
    }
}

#[tokio::test]
async fn rolling_a_savepoint_back_settles_the_doubt_in_it() {
    loop {
        let db = database("doubt_").await;
        hold_back(&db).await;
        let tx = db.begin().await.unwrap();
        bare("outer").save(&tx).await.unwrap();
        let savepoint = tx.begin().await.unwrap();
        bare("inner").save(&savepoint).await.unwrap();
        if drop_at(bare("dropped").save(&savepoint), 0, When::Executed).await.is_some() {
            continue;
        }
        assert!(matches!(bare("refused").save(&savepoint).await, Err(Error::InDoubt)));
        savepoint.rollback().await.unwrap();
        assert_eq!(names_in(&tx, "doubt_bare").await, ["outer"]);
        tx.commit().await.unwrap();
        assert_eq!(names_of(&db, "doubt_bare").await, ["outer"]);
        break;
    }
}

#[tokio::test]
async fn a_dropped_read_leaves_no_doubt() {
    for when in MOMENTS {
        for await_point in 0.. {
            let db = database("doubt_").await;
            hold_back(&db).await;
            let tx = db.begin().await.unwrap();
            bare("row").save(&tx).await.unwrap();
            if drop_at(Bare::get(&tx, 1), await_point, when).await.is_some() {
                break;
            }
            bare("next").save(&tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(names_of(&db, "doubt_bare").await, ["next", "row"]);
        }
    }
}

/// The one connection of a database in memory is the database.
#[tokio::test]
async fn a_dropped_wait_for_the_connection_does_not_close_it() {
    let db = database("doubt_").await;
    bare("row").save(&db).await.unwrap();
    for await_point in (0..6).cycle().take(120) {
        let tx = db.begin().await.unwrap();
        let give_back = async {
            tokio::task::yield_now().await;
            drop(tx);
        };
        tokio::join!(drop_at(db.begin(), await_point, When::AtOnce), give_back);
        assert_eq!(names_of(&db, "doubt_bare").await, ["row"], "dropped at {await_point}");
    }
}
