//! Relations that are loaded while something fails.

use signals::{Error, Model};

use crate::support::{MOMENTS, database, drop_at, hold_back};

#[derive(Debug, Clone, Model)]
#[model(table = "faults_shelf")]
struct Shelf {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "faults_volume")]
struct Volume {
    id: i64,
    #[model(references = Shelf, related = volumes, on_delete = cascade)]
    shelf_id: i64,
}

#[tokio::test]
async fn a_load_that_is_dropped_leaves_the_transaction_usable() {
    let db = database("faults_").await;
    let mut shelves = vec![Shelf { id: 0 }; 1_500];
    Shelf::bulk_create(&db, &mut shelves).await.unwrap();
    let mut volumes: Vec<_> = shelves.iter().map(|shelf| Volume { id: 0, shelf_id: shelf.id }).collect();
    Volume::bulk_create(&db, &mut volumes).await.unwrap();
    hold_back(&db).await;
    for when in MOMENTS {
        for await_point in 0.. {
            let tx = db.begin().await.unwrap();
            Volume { id: 0, shelf_id: shelves[0].id }.create(&tx).await.unwrap();
            let loaded = drop_at(Shelf::VOLUMES.load(&tx, &shelves), await_point, when).await;
            let again = Shelf::VOLUMES.load(&tx, &shelves).await.unwrap();
            assert_eq!((again.rows().len(), again.of(&shelves[0]).len()), (1_501, 2));
            tx.rollback().await.unwrap();
            if loaded.is_some() {
                assert!(await_point >= 2, "two statements");
                break;
            }
        }
    }
    assert_eq!(Volume::objects().count(&db).await.unwrap(), 1_500);
}

#[tokio::test]
async fn an_error_of_a_later_statement_is_that_of_the_load() {
    let db = database("faults_").await;
    let mut shelves = vec![Shelf { id: 0 }; 1_025];
    Shelf::bulk_create(&db, &mut shelves).await.unwrap();
    // The value that cannot be read belongs to the last shelf, whose key is in the second statement.
    let sql = "INSERT INTO faults_volume (id, shelf_id) SELECT 'no number', max(id) FROM faults_shelf";
    let pool = db.sqlite().unwrap();
    sqlx::query("CREATE TABLE loose (id, shelf_id)").execute(pool).await.unwrap();
    sqlx::query("DROP TABLE faults_volume").execute(pool).await.unwrap();
    sqlx::query("ALTER TABLE loose RENAME TO faults_volume").execute(pool).await.unwrap();
    sqlx::query(sql).execute(pool).await.unwrap();
    let error = Shelf::VOLUMES.load(&db, &shelves).await.unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error}");
    assert_eq!(Shelf::VOLUMES.load(&db, &shelves[..1_024]).await.unwrap().rows().len(), 0);
}
