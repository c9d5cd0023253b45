//! Round trips of reads.

use signals::{Db, Model, Result};

use crate::watch::statements;

#[derive(Debug, Clone, Model)]
#[model(table = "reading_track")]
struct Track {
    id: i64,
    seconds: i32,
    label: Option<i32>,
}

async fn database() -> Result<Db> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;
    for seconds in [3, 1, 2] {
        Track { id: 0, seconds, label: None }.save(&db).await?;
    }
    Ok(db)
}

#[tokio::test]
async fn a_page_is_one_statement_that_counts_nothing() -> Result<()> {
    let db = database().await?;
    let by_length = Track::objects().order_by(Track::SECONDS.desc());
    let seen = statements(&db, async { assert!(by_length.page(&db, 2).await.unwrap().has_more) }).await;
    let columns =
        r#"SELECT "reading_track"."id", "reading_track"."seconds", "reading_track"."label" FROM "reading_track""#;
    let order = r#"ORDER BY "reading_track"."seconds" DESC, "reading_track"."id" DESC LIMIT ?"#;
    assert_eq!(seen, [format!("{columns} {order}")]);

    let last = Track { id: 1, seconds: 2, label: None };
    let next = by_length.after(&last);
    let seen = statements(&db, async { drop(next.page(&db, 2).await.unwrap()) }).await;
    let condition = r#"WHERE ("reading_track"."seconds", "reading_track"."id") < (?, ?)"#;
    assert_eq!(seen, [format!("{columns} {condition} {order}")]);

    let mixed = next.order_by([Track::SECONDS.asc(), Track::ID.desc()]);
    let seen = statements(&db, async { drop(mixed.limit(2).all(&db).await.unwrap()) }).await;
    let condition = r#"WHERE "reading_track"."seconds" >= ? AND ("reading_track"."seconds" > ? OR ("reading_track"."seconds" = ? AND "reading_track"."id" < ?))"#;
    let order = r#"ORDER BY "reading_track"."seconds" ASC, "reading_track"."id" DESC LIMIT ?"#;
    assert_eq!(seen, [format!("{columns} {condition} {order}")]);
    Ok(())
}

#[tokio::test]
async fn an_aggregate_and_values_are_one_statement() -> Result<()> {
    let db = database().await?;
    let all = Track::objects();
    let seen = statements(&db, async { assert_eq!(all.sum(&db, Track::SECONDS).await.unwrap(), Some(6)) }).await;
    assert_eq!(seen, [r#"SELECT CAST(SUM("reading_track"."seconds") AS TEXT) AS "value" FROM "reading_track""#]);
    let seen = statements(&db, async { assert_eq!(all.min(&db, Track::SECONDS).await.unwrap(), Some(1)) }).await;
    assert_eq!(
        seen,
        [r#"SELECT "reading_track"."seconds" FROM "reading_track" ORDER BY "reading_track"."seconds" ASC LIMIT ?"#]
    );
    let seen = statements(&db, async { drop(all.values(&db, (Track::ID, Track::LABEL)).await.unwrap()) }).await;
    assert_eq!(seen, [r#"SELECT "reading_track"."id", "reading_track"."label" FROM "reading_track""#]);
    Ok(())
}

#[tokio::test]
async fn rows_in_parts_are_one_statement_for_each_part() -> Result<()> {
    let db = database().await?;
    let all = Track::objects();
    for (rows, expected) in [(1, 4), (2, 2), (3, 2), (4, 1)] {
        let seen = statements(&db, async { all.for_each(&db, rows, |_| async { Ok(()) }).await.unwrap() }).await;
        assert_eq!(seen.len(), expected, "{seen:?}");
    }
    Ok(())
}
