//! A quiet write of a set that is dropped is undone, even while rows are read again for receivers that wait.

use signals::{Db, Model, Result, Tx, post_save, receiver};

use crate::support::{MOMENTS, database, drop_at, hold_back, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "quiet_band", many_to_many(members: Row, related = bands, through = Member))]
struct Band {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "quiet_row")]
struct Row {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "quiet_member", unique(band_id, row_id))]
struct Member {
    id: i64,
    name: String,
    #[model(references = Band, on_delete = cascade)]
    band_id: i64,
    #[model(references = Row, on_delete = cascade)]
    row_id: i64,
}

#[receiver(post_save, sender = Member, on_commit)]
fn saved(instance: &Member) {
    note(format!("quiet/{}", instance.name));
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    Update,
    Delete,
    BulkDelete,
    Remove,
}

const CALLS: [Call; 4] = [Call::Update, Call::Delete, Call::BulkDelete, Call::Remove];

async fn run(call: Call, tx: &Tx, member: &Member) -> Result<()> {
    match call {
        Call::Update => Member::objects().update(tx, [Member::NAME.set("new")]).quiet().await.map(drop),
        Call::Delete => Member::objects().delete(tx).quiet().await.map(drop),
        Call::BulkDelete => Member::bulk_delete(tx, std::slice::from_ref(member)).quiet().await.map(drop),
        Call::Remove => Band { id: member.band_id }.members().remove(tx, [member.row_id]).quiet().await,
    }
}

async fn begun() -> (Db, Tx, Member) {
    let db = database("quiet_").await;
    hold_back(&db).await;
    let (mut band, mut row) = (Band { id: 0 }, Row { id: 0 });
    band.save(&db).await.unwrap();
    row.save(&db).await.unwrap();
    let tx = db.begin().await.unwrap();
    let mut member = Member { id: 0, name: "old".into(), band_id: band.id, row_id: row.id };
    member.save(&tx).await.unwrap();
    (db, tx, member)
}

#[tokio::test]
async fn a_quiet_write_of_a_set_that_is_dropped_leaves_nothing() {
    for call in CALLS {
        let mut dropped = 0;
        for when in MOMENTS {
            let mut completed = 0;
            for await_point in 0.. {
                let (db, tx, member) = begun().await;
                let outcome = drop_at(run(call, &tx, &member), await_point, when).await;
                let context = format!("{call:?} dropped at {await_point}, {when:?}");
                tx.commit().await.unwrap();
                let there = names_of(&db, "quiet_member").await;
                let told: Vec<_> = there.iter().map(|name| format!("quiet/{name}")).collect();
                assert_eq!(noted("quiet/"), told, "{context}");
                if let Some(outcome) = outcome {
                    outcome.unwrap();
                    assert_eq!(there, if call == Call::Update { vec!["new"] } else { vec![] }, "{context}");
                    completed += 1;
                    if completed == 3 {
                        break;
                    }
                    continue;
                }
                dropped += 1;
                assert_eq!(there, ["old"], "{context}");
            }
        }
        assert!(dropped > 2, "{call:?}: {dropped}");
    }
}
