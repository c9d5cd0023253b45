//! Every call that writes the table of a model, on captured models: none of its writes is captured.

use behavior::statements;
use serde::{Deserialize, Serialize};
use signals::db::IntoHandle;
use signals::tasks::{DbTasks as _, TaskCapture};
use signals::{Model, Result, Tx, post_delete, post_save, pre_save, receiver};
use signals_test_tasks::db;

/// Has no receivers, so each write is as few statements as possible.
#[derive(Debug, Clone, Model)]
#[model(table = "own_quiet", capture, many_to_many(tags: Tag, through = Tagged))]
struct Quiet {
    id: i64,
    #[model(unique)]
    code: String,
    amount: i64,
    #[model(version)]
    version: i64,
}

/// Has receivers, also durable ones, whose runs some statements insert too.
#[derive(Debug, Clone, Model, Serialize, Deserialize)]
#[model(table = "own_heard", capture)]
struct Heard {
    id: i64,
    #[model(unique)]
    code: String,
    amount: i64,
    #[model(version)]
    version: i64,
}

/// Has no receiver that changes its rows, so that an update of a set writes the same values into all of them.
#[derive(Debug, Clone, Model, Serialize, Deserialize)]
#[model(table = "own_watched", capture)]
struct Watched {
    id: i64,
    #[model(unique)]
    code: String,
    amount: i64,
    #[model(version)]
    version: i64,
}

/// Has only a durable receiver, so that the statement of a save inserts its run too.
#[derive(Debug, Clone, Model)]
#[model(table = "own_sold", capture)]
struct Sold {
    id: i64,
    amount: i64,
}

/// Has a key of two columns.
#[derive(Debug, Clone, Model)]
#[model(table = "own_place", capture)]
struct Place {
    #[model(primary_key)]
    row: i64,
    #[model(primary_key)]
    column: i64,
    amount: i64,
}

/// Is deleted with its row, without signals.
#[derive(Debug, Clone, Model)]
#[model(table = "own_child", capture)]
struct Child {
    id: i64,
    #[model(references = Quiet, on_delete = cascade)]
    quiet_id: i64,
}

/// Is deleted with its row, with signals.
#[derive(Debug, Clone, Model)]
#[model(table = "own_heard_child", capture)]
struct HeardChild {
    id: i64,
    #[model(references = Quiet, on_delete = cascade)]
    quiet_id: i64,
}

/// Loses its row.
#[derive(Debug, Clone, Model)]
#[model(table = "own_loser", capture)]
struct Loser {
    id: i64,
    #[model(references = Quiet, on_delete = set_null)]
    quiet_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "own_tag", capture)]
struct Tag {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "own_tagged", capture, unique(quiet_id, tag_id))]
struct Tagged {
    id: i64,
    #[model(references = Quiet, on_delete = cascade)]
    quiet_id: i64,
    #[model(references = Tag, on_delete = cascade)]
    tag_id: i64,
    role: String,
}

#[receiver(pre_save, sender = Heard)]
fn before(instance: &mut Heard) {
    instance.amount += 1;
}

#[receiver(post_save, sender = Heard)]
fn after(instance: &Heard, previous: Option<&Heard>, tx: &Tx) {
    let _ = (instance, previous, tx);
}

#[receiver(post_save, sender = Heard, durable, uid = "own.saved")]
fn saved(instance: &Heard) {
    let _ = instance;
}

#[receiver(post_delete, sender = Heard, durable(snapshot), uid = "own.deleted")]
fn deleted(instance: &Heard) {
    let _ = instance;
}

#[receiver(post_save, sender = Watched, durable, uid = "own.watched")]
fn watched(instance: &Watched) {
    let _ = instance;
}

#[receiver(post_save, sender = Sold, durable, uid = "own.sold")]
fn sold(instance: &Sold) {
    let _ = instance;
}

#[receiver(post_delete, sender = HeardChild)]
fn child_deleted(instance: &HeardChild) {
    let _ = instance;
}

/// Fails if a write was captured since the last call.
async fn assert_none<'a>(on: impl IntoHandle<'a> + Copy, what: &str) -> Result<()> {
    // SQLite's mark is a row within the transaction.
    let captured = TaskCapture::objects().filter(TaskCapture::OPERATION.ne("own")).all(on).await?;
    let captured: Vec<_> = captured.iter().map(|write| (&write.table_name, &write.operation)).collect();
    assert!(captured.is_empty(), "{what}: {captured:?}");
    Ok(())
}

/// Makes all writes of a model with the fields of [`Quiet`], on a `Db` or a `Tx`.
macro_rules! write_each {
    ($on:expr, $model:ident) => {{
        let on = $on;
        let new = |id: i64, code: &str| $model { id, code: code.into(), amount: 1, version: 0 };
        let many = |ids: std::ops::Range<i64>| ids.map(|id| new(id, &format!("row {id}"))).collect::<Vec<_>>();
        let mut one = new(0, "one").create(on).await?;
        assert_none(on, "create").await?;
        one.amount = 5;
        one.save(on).await?;
        assert_none(on, "save").await?;
        one.save(on).update_fields([$model::AMOUNT]).await?;
        assert_none(on, "save of some fields").await?;
        one.save(on).force_update().await?;
        assert_none(on, "force_update").await?;
        one.clone().save(on).raw().await?;
        one = $model::get(on, one.id).await?;
        assert_none(on, "raw").await?;
        one.save(on).quiet().await?;
        assert_none(on, "quiet").await?;
        new(900, "forced").save(on).force_insert().await?;
        assert_none(on, "force_insert").await?;
        let mut rows = many(100..104);
        $model::bulk_create(on, &mut rows).await?;
        assert_none(on, "bulk_create with keys").await?;
        $model::bulk_create(on, &mut [new(0, "a"), new(0, "b"), new(950, "c")]).await?;
        assert_none(on, "bulk_create").await?;
        $model::bulk_update(on, &mut rows, [$model::AMOUNT]).await?;
        assert_none(on, "bulk_update").await?;
        for (place, row) in rows.iter_mut().enumerate() {
            row.code = format!("new {place}");
        }
        $model::bulk_update(on, &mut rows, [$model::CODE]).await?;
        assert_none(on, "bulk_update of different values").await?;
        for code in ["one", "two"] {
            new(0, code).save(on).on_conflict([$model::CODE]).update([$model::AMOUNT]).await?;
            assert_none(on, "an upsert").await?;
            let _ = new(0, code).save(on).on_conflict([$model::CODE]).update([$model::AMOUNT]).report().await?;
            assert_none(on, "an upsert with a report").await?;
            new(0, code).save(on).on_conflict([$model::CODE]).ignore().await?;
            assert_none(on, "an upsert that ignores").await?;
            let values = [$model::AMOUNT.set(3)];
            new(0, code).save(on).on_conflict([$model::CODE]).update_with(values).await?;
            assert_none(on, "an upsert with other values").await?;
        }
        for codes in [["two", "three"], ["three", "four"]] {
            let mut both = codes.map(|code| new(0, code));
            $model::bulk_create(on, &mut both).on_conflict([$model::CODE]).update([$model::AMOUNT]).await?;
            assert_none(on, "an upsert of several").await?;
        }
        $model::objects().update(on, $model::AMOUNT.set(9)).await?;
        assert_none(on, "update of a set").await?;
        $model::objects().update(on, $model::AMOUNT.set($model::AMOUNT * 2 + 1)).await?;
        assert_none(on, "update by an expression").await?;
        $model::objects().filter($model::ID.ge(900)).update(on, $model::AMOUNT.set(9)).quiet().await?;
        assert_none(on, "quiet update").await?;
        for _ in 0..2 {
            let five = $model::objects().filter($model::CODE.eq("five"));
            five.get_or_create(on, || new(0, "five")).await?;
            assert_none(on, "get_or_create").await?;
        }
        for _ in 0..2 {
            let six = $model::objects().filter($model::CODE.eq("six"));
            six.update_or_create(on, |row| row.amount += 1, || new(0, "six")).await?;
            assert_none(on, "update_or_create").await?;
        }
        one.delete(on).await?;
        assert_none(on, "delete").await?;
        $model::bulk_delete(on, &rows).await?;
        assert_none(on, "bulk_delete").await?;
        $model::objects().filter($model::ID.ge(950)).delete(on).await?;
        assert_none(on, "delete of a set").await?;
        $model::objects().delete(on).quiet().await?;
        assert_none(on, "quiet delete of a set").await?;
    }};
}

/// Makes all writes of links and of rows that a delete reaches.
macro_rules! write_related {
    ($on:expr) => {{
        let on = $on;
        for (id, code) in [(1, "one"), (2, "two"), (3, "three")] {
            Quiet { id, code: code.into(), amount: 1, version: 0 }.save(on).force_insert().await?;
            Tag { id }.save(on).force_insert().await?;
        }
        let one = Quiet::get(on, 1).await?;
        let role = || [Tagged::ROLE.set("any")];
        one.tags().add(on, [1, 2]).through_defaults(role()).await?;
        one.tags().add(on, [2, 3]).through_defaults(role()).quiet().await?;
        assert_none(on, "add").await?;
        one.tags().remove(on, [1]).await?;
        assert_none(on, "remove").await?;
        one.tags().set(on, [1, 2]).through_defaults(role()).await?;
        assert_none(on, "set").await?;
        one.tags().set(on, [3]).through_defaults(role()).clear().await?;
        assert_none(on, "set that clears").await?;
        one.tags().clear(on).await?;
        assert_none(on, "clear").await?;
        one.tags().add(on, [1]).through_defaults(role()).await?;
        for quiet_id in [1, 2, 3] {
            Child { id: 0, quiet_id }.create(on).await?;
            HeardChild { id: 0, quiet_id }.create(on).await?;
            Loser { id: 0, quiet_id: Some(quiet_id) }.create(on).await?;
        }
        one.delete(on).await?;
        assert_none(on, "a delete that reaches others").await?;
        Quiet::get(on, 2).await?.delete(on).quiet().await?;
        assert_none(on, "a quiet delete that reaches others").await?;
        Quiet::objects().delete(on).await?;
        assert_none(on, "a delete of a set that reaches others").await?;
        let rest =
            (Child::objects().count(on).await?, Loser::objects().filter(Loser::QUIET_ID.is_null()).count(on).await?);
        assert_eq!(rest, (0, 3));
        Tag::objects().delete(on).await?;
        Loser::objects().delete(on).await?;

        let tag = || Tag { id: 0 };
        tag().create(on).await?;
        Tag::bulk_create(on, &mut [tag(), tag()]).await?;
        assert_none(on, "a row that has only a key").await?;

        let place = |row, column| Place { row, column, amount: 1 };
        place(1, 1).save(on).await?;
        place(1, 1).save(on).await?;
        let mut places = [place(2, 1), place(2, 2), place(2, 3)];
        Place::bulk_create(on, &mut places).await?;
        Place::bulk_update(on, &mut places, [Place::AMOUNT]).await?;
        place(2, 1).save(on).on_conflict([Place::ROW, Place::COLUMN]).update([Place::AMOUNT]).await?;
        Place::objects().update(on, Place::AMOUNT.set(Place::AMOUNT + 1)).await?;
        place(1, 1).delete(on).await?;
        Place::bulk_delete(on, &places[..2]).await?;
        Place::objects().delete(on).await?;
        assert_none(on, "a key of two columns").await?;
    }};
}

#[tokio::test]
async fn no_write_of_this_library_is_captured() -> Result<()> {
    let db = db().await;
    write_each!(&db, Quiet);
    write_each!(&db, Heard);
    write_each!(&db, Watched);
    write_related!(&db);
    db.drain_tasks().await.map(drop)
}

#[tokio::test]
async fn no_write_of_this_library_is_captured_in_a_transaction() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    write_each!(&tx, Quiet);
    write_each!(&tx, Heard);
    write_each!(&tx, Watched);
    write_related!(&tx);
    tx.commit().await?;
    assert_none(&db, "the commit").await
}

#[tokio::test]
async fn a_save_that_inserts_runs_by_the_same_statement_is_not_captured() -> Result<()> {
    let db = db().await;
    let all = statements(async || {
        let mut row = Sold { id: 0, amount: 1 };
        row.save(&db).await?;
        row.amount = 2;
        row.save(&db).await
    });
    let all = all.await;
    let inserts_both =
        |text: &&String| text.contains("own_sold") && text.replace(['"', '`'], "").contains("INTO signals_task");
    assert_eq!(all.iter().filter(inserts_both).count(), 2, "an INSERT and an UPDATE: {all:#?}");
    assert_none(&db, "a save with its runs").await
}
