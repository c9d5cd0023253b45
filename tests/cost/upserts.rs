//! The statements of upserts.

use signals::{Db, Model, post_save, receiver};

use crate::watch::statements;

/// A model without receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "upserts_plain")]
struct Plain {
    id: i64,
    #[model(unique)]
    name: String,
    size: i32,
}

#[derive(Debug, Clone, Model)]
#[model(table = "upserts_followed")]
struct Followed {
    id: i64,
    #[model(unique)]
    name: String,
    size: i32,
}

#[receiver(post_save, sender = Followed)]
fn follow(previous: Option<&Followed>) {
    let _ = previous;
}

#[tokio::test]
async fn an_upsert_without_receivers_is_one_statement() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    for id in [0, 7] {
        let mut plain = Plain { id, name: id.to_string(), size: 1 };
        for _ in 0..2 {
            let upsert = plain.save(&db).on_conflict([Plain::NAME]).update([Plain::SIZE]);
            let sent = statements(&db, async { upsert.await.unwrap() }).await;
            assert_eq!(sent.len(), 1, "{sent:?}");
            assert!(
                sent[0].ends_with(
                    r#"ON CONFLICT ("name") DO UPDATE SET "size" = excluded."size" RETURNING "id", "name", "size""#
                ),
                "{sent:?}"
            );
        }
    }
    let mut new = Plain { id: 0, name: "new".into(), size: 1 };
    let sent = statements(&db, async { new.save(&db).on_conflict([Plain::NAME]).ignore().await.unwrap() }).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let sent = statements(&db, async { new.save(&db).on_conflict([Plain::NAME]).ignore().await.unwrap() }).await;
    assert_eq!(sent.len(), 2, "the row is read: {sent:?}");
}

#[tokio::test]
async fn an_expression_in_an_upsert_adds_no_statement() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    let mut plain = Plain { id: 0, name: "a".into(), size: 1 };
    let upsert = plain.save(&db).on_conflict([Plain::NAME]).update_with(Plain::SIZE.set(Plain::SIZE + 1));
    let sent = statements(&db, async { upsert.await.unwrap() }).await;
    assert!(sent.len() == 1 && sent[0].contains(r#"DO UPDATE SET "size" = "#), "{sent:?}");
    assert!(sent[0].contains(r#""upserts_plain"."size" + ?"#), "{sent:?}");
    for batch_size in [1, 1000] {
        let mut all = ["a", "b", "c"].map(|name| Followed { id: 0, name: name.into(), size: 1 });
        let upsert = Followed::bulk_create(&db, &mut all).batch_size(batch_size).on_conflict([Followed::NAME]);
        let upsert = upsert.update_with(Followed::SIZE.set(Followed::SIZE + 1));
        let sent = statements(&db, async { upsert.await.unwrap() }).await;
        let verbs: Vec<&str> = sent.iter().map(|sql| sql.split(' ').next().unwrap()).collect();
        let expected: &[&str] = match batch_size {
            1 => &["BEGIN", "SELECT", "SELECT", "SELECT", "INSERT", "INSERT", "INSERT", "COMMIT"],
            _ => &["BEGIN", "SELECT", "UPDATE", "COMMIT"],
        };
        assert_eq!(verbs, expected, "{sent:?}");
    }
}

#[tokio::test]
async fn an_upsert_with_receivers_reads_each_row_once() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    let list = |size: i32| ["a", "b", "c"].map(|name| Followed { id: 0, name: name.into(), size });
    Followed::bulk_create(&db, &mut list(1)[..2]).await.unwrap();
    let mut all = list(2);
    let upsert = Followed::bulk_create(&db, &mut all).on_conflict([Followed::NAME]).update([Followed::SIZE]);
    let sent = statements(&db, async { upsert.await.unwrap() }).await;
    let verbs: Vec<&str> = sent.iter().map(|sql| sql.split(' ').next().unwrap()).collect();
    assert_eq!(verbs, ["BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT"], "{sent:?}");
}
