//! Durable receivers: enqueued with the write or not at all, and called later with the row.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use signals::model::Key;
use signals::tasks::{Context, DbTasks as _, Task, TaskState};
use signals::{Db, FieldSet, KeySet, M2mAction, Model, Result, Tx, m2m_changed, post_delete, post_save, receiver};
use signals_test_tasks::db;

/// An article, whose searchable copy is a row of [`Indexed`].
#[derive(Debug, Clone, PartialEq, Model, Serialize, Deserialize)]
struct Article {
    id: i64,
    title: String,
    views: i64,
}

#[derive(Debug, Clone, Model)]
struct Indexed {
    #[model(primary_key)]
    article: i64,
    title: String,
    runs: i64,
}

/// Copies the title, in the commit that ends the run.
#[receiver(post_save, sender = Article, durable, changed(title), queue = "search", uid = "index.article")]
async fn index(instance: &Article, tx: &Tx) -> Result<()> {
    let runs = Indexed::find(tx, instance.id).await?.map_or(0, |row| row.runs);
    Indexed { article: instance.id, title: instance.title.clone(), runs: runs + 1 }.save(tx).await
}

async fn indexed(db: &Db, article: i64) -> Result<Option<(String, i64)>> {
    Ok(Indexed::find(db, article).await?.map(|row| (row.title, row.runs)))
}

fn article(title: &str) -> Article {
    Article { id: 0, title: title.into(), views: 0 }
}

#[tokio::test]
async fn a_durable_receiver_is_called_by_a_worker_and_not_by_the_save() -> Result<()> {
    let db = db().await;
    let mut article = article("Tea").create(&db).await?;
    assert_eq!(indexed(&db, article.id).await?, None);
    let run = Task::objects().get(&db).await?;
    assert_eq!(
        (run.name.as_str(), run.queue.as_str(), run.state()),
        ("index.article", "search", Some(TaskState::Ready))
    );
    // The receiver reads the row again.
    article.title = "Green tea".into();
    article.save(&db).quiet().await?;
    assert_eq!(db.drain_tasks().await?.done, 1);
    assert_eq!(indexed(&db, article.id).await?, Some(("Green tea".into(), 1)));
    Ok(())
}

#[tokio::test]
async fn an_upsert_enqueues_the_rows_that_it_writes() -> Result<()> {
    let db = db().await;
    let old = article("Tea").create(&db).quiet().await?;
    let mut same = article("Cup").create(&db).quiet().await?;
    let mut articles = [article("New"), Article { title: "Green tea".into(), ..old.clone() }, same.clone()];
    Article::bulk_create(&db, &mut articles).on_conflict([Article::ID]).update([Article::TITLE]).await?;
    same.save(&db).on_conflict([Article::ID]).ignore().await?;
    assert_eq!(db.drain_tasks().await?.done, 2, "two titles are new");
    assert_eq!(indexed(&db, old.id).await?, Some(("Green tea".into(), 1)));
    assert_eq!(indexed(&db, articles[0].id).await?, Some(("New".into(), 1)));
    Ok(())
}

#[tokio::test]
async fn a_durable_receiver_is_enqueued_with_the_write_or_not_at_all() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    article("Lost").create(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Task::objects().count(&db).await?, 0);

    let tx = db.begin().await?;
    article("Kept").create(&tx).await?;
    let savepoint = tx.begin().await?;
    article("Undone").create(&savepoint).await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    assert_eq!(Task::objects().count(&db).await?, 1);

    // An UPDATE that finds no row enqueues nothing.
    let mut gone = Article { id: 99, ..article("Gone") };
    assert!(gone.save(&db).force_update().await.is_err());
    assert_eq!(Task::objects().count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_condition_is_decided_by_the_save() -> Result<()> {
    let db = db().await;
    let mut one = article("One").create(&db).await?;
    assert_eq!(Task::objects().count(&db).await?, 1, "a new row has changed");
    one.views += 1;
    one.save(&db).await?;
    assert_eq!(Task::objects().count(&db).await?, 1);
    one.title = "First".into();
    one.save(&db).update_fields([Article::VIEWS]).await?;
    assert_eq!(Task::objects().count(&db).await?, 1, "a column that is not written has not changed");
    one.save(&db).await?;
    assert_eq!(Task::objects().count(&db).await?, 2);

    let mut all = vec![one, article("Two").create(&db).await?, article("Three").create(&db).await?];
    assert_eq!(Task::objects().count(&db).await?, 4);
    all[1].title = "Second".into();
    all[2].views = 3;
    Article::bulk_update(&db, &mut all, [Article::TITLE, Article::VIEWS]).await?;
    assert_eq!(Task::objects().count(&db).await?, 5, "each row of a set has its own condition");
    Article::objects().filter(Article::VIEWS.eq(3)).update(&db, Article::TITLE.set("Third")).await?;
    assert_eq!(Task::objects().count(&db).await?, 6);
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_gone_needs_no_run() -> Result<()> {
    let db = db().await;
    let article = article("Short").create(&db).await?;
    article.delete(&db).await?;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.done, drained.skipped, drained.failed), (0, 1, 0));
    let run = Task::objects().get(&db).await?;
    assert_eq!((run.state(), run.last_error.as_deref()), (Some(TaskState::Done), Some("the row is gone")));
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model, Serialize, Deserialize)]
struct Account {
    id: String,
    cents: i64,
}

/// What the receivers below received, each with the account's key.
static RECEIVED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn note(key: &str, what: String) {
    RECEIVED.lock().unwrap().push((key.to_owned(), what));
}

/// Returns what was received for this key, sorted.
fn received(key: &str) -> Vec<String> {
    let all = RECEIVED.lock().unwrap();
    let mut all: Vec<_> = all.iter().filter(|(of, _)| of == key).map(|(_, what)| what.clone()).collect();
    all.sort();
    all
}

#[receiver(post_save, sender = Account, durable(snapshot))]
fn audit(instance: &Account, previous: Option<&Account>, created: bool, signal: &str, using: &str) {
    let before = previous.map(|row| row.cents);
    note(&instance.id, format!("{signal} on {using}: {before:?} -> {}, created {created}", instance.cents));
}

#[receiver(post_save, sender = Account, durable, raw)]
async fn look(instance: Option<&Account>, update_fields: Option<&FieldSet>, raw: bool, ctx: &Context) {
    let fields: Vec<_> = update_fields.into_iter().flat_map(FieldSet::names).collect();
    let cents = instance.map(|row| row.cents);
    note("look", format!("{cents:?}, fields {fields:?}, raw {raw}, attempt {}", ctx.attempt()));
}

#[receiver(post_delete, sender = Account, durable(snapshot))]
async fn close(instance: &Account, db: &Db) -> Result<()> {
    let is_gone = Account::find(db, &*instance.id).await?.is_none();
    note(&instance.id, format!("closed with {}, gone {is_gone}", instance.cents));
    Ok(())
}

#[tokio::test]
async fn a_snapshot_is_the_row_as_it_was_written() -> Result<()> {
    let db = db().await;
    // The key is text with letters that JSON escapes.
    let key = format!("Zoë \"{:?}\"\\", behavior::kind());
    let mut account = Account { id: key.clone(), cents: 5 }.create(&db).await?;
    account.cents = 7;
    account.save(&db).await?;
    account.delete(&db).await?;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.done, drained.skipped), (5, 0));
    assert_eq!(
        received(&key),
        [
            "closed with 7, gone true",
            "post_save on default: None -> 5, created true",
            "post_save on default: Some(5) -> 7, created false",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_run_passes_the_fields_of_the_save() -> Result<()> {
    let db = db().await;
    let mut account = Account { id: "fields".into(), cents: 5 }.create(&db).await?;
    account.save(&db).update_fields([Account::CENTS]).await?;
    account.save(&db).raw().await?;
    db.drain_tasks().await?;
    let all = received("look");
    for expected in ["fields [], raw false", "fields [\"cents\"], raw false", "fields [], raw true"] {
        assert!(all.contains(&format!("Some(5), {expected}, attempt 1")), "{expected}: {all:?}");
    }
    // `audit` is not called for raw saves.
    assert_eq!(received("fields").len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_set_of_rows_enqueues_a_run_for_each_row() -> Result<()> {
    let db = db().await;
    let mut articles: Vec<_> = (0..300).map(|number| article(&format!("Article {number}"))).collect();
    Article::bulk_create(&db, &mut articles).await?;
    assert_eq!(Task::objects().count(&db).await?, 300);
    assert_eq!(db.drain_tasks().await?.done, 300);
    assert_eq!(Indexed::objects().count(&db).await?, 300);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(many_to_many(readers: Reader, related = rooms))]
struct Room {
    id: i32,
}

#[derive(Debug, Clone, Model)]
struct Reader {
    id: String,
}

#[receiver(m2m_changed, sender = RoomReaders, durable)]
async fn changed(
    action: M2mAction,
    instance_key: &Key<'_>,
    reverse: bool,
    keys: Option<&KeySet>,
    tx: &Tx,
) -> Result<()> {
    let keys = keys.map(ToString::to_string).unwrap_or_default();
    let title = format!("{action:?} of {instance_key}, reverse {reverse}: {keys}");
    let article = 1000 + Indexed::objects().count(tx).await?.cast_signed();
    Indexed { article, title, runs: 0 }.save(tx).await
}

#[tokio::test]
async fn a_change_of_a_relation_enqueues_what_has_happened() -> Result<()> {
    let db = db().await;
    let room = Room { id: 0 }.create(&db).await?;
    let ann = Reader { id: "ann".into() }.create(&db).await?;
    let bob = Reader { id: "bob".into() }.create(&db).await?;
    room.readers().add(&db, [&ann, &bob]).await?;
    ann.rooms().remove(&db, [&room]).await?;
    room.readers().clear(&db).await?;
    assert_eq!(db.drain_tasks().await?.done, 3);
    let mut titles: Vec<_> = Indexed::objects().all(&db).await?.into_iter().map(|row| row.title).collect();
    titles.sort();
    let id = room.id;
    assert_eq!(
        titles,
        [
            format!("PostAdd of {id}, reverse false: ann, bob"),
            format!("PostClear of {id}, reverse false: "),
            format!("PostRemove of ann, reverse true: {id}"),
        ]
    );
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "durable_hall", many_to_many(seats: Seat, related = halls, columns(house, hall, row, seat)))]
struct Hall {
    #[model(primary_key)]
    house: String,
    #[model(primary_key)]
    number: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "durable_seat")]
struct Seat {
    #[model(primary_key)]
    line: i64,
    #[model(primary_key)]
    number: i64,
}

#[receiver(m2m_changed, sender = HallSeats, durable)]
async fn seated(action: M2mAction, instance_key: &Key<'_>, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
    let first = keys.and_then(|keys| keys.iter().next());
    let title = format!("{action:?} of {instance_key}: {}", first.map(|key| key.to_string()).unwrap_or_default());
    let is_composite = matches!(instance_key, Key::Composite(parts) if parts.len() == 2);
    let article = 1000 + Indexed::objects().count(tx).await?.cast_signed();
    Indexed { article, title, runs: i64::from(is_composite) }.save(tx).await
}

#[tokio::test]
async fn a_change_of_a_relation_of_composite_keys_has_their_parts() -> Result<()> {
    let db = db().await;
    let hall = Hall { house: "old".into(), number: 1 }.create(&db).await?;
    let seat = Seat { line: 2, number: 3 }.create(&db).await?;
    hall.seats().add(&db, [&seat]).await?;
    seat.halls().clear(&db).await?;
    assert_eq!(db.drain_tasks().await?.done, 2);
    let mut titles: Vec<_> = Indexed::objects().all(&db).await?.into_iter().map(|row| (row.title, row.runs)).collect();
    titles.sort();
    assert_eq!(titles, [(r#"PostAdd of ["old", 1]: [2, 3]"#.to_owned(), 1), ("PostClear of [2, 3]: ".to_owned(), 1)]);
    Ok(())
}

signals::signal! {
    #[derive(Serialize, Deserialize)]
    order_paid { order_id: i64, lines: Vec<String> }
}

#[receiver(order_paid, durable, uid = "order.ship")]
async fn ship(order_id: i64, lines: &[String], tx: &Tx) -> Result<()> {
    Indexed { article: order_id, title: lines.join(", "), runs: 0 }.save(tx).await
}

#[tokio::test]
async fn a_custom_signal_is_stored_with_the_handle_that_it_is_sent_on() -> Result<()> {
    let db = db().await;
    let paid = |order_id| OrderPaid { order_id, lines: vec!["tea".into(), "cup".into()] };
    order_paid.on(&db).send(paid(1)).await?;
    let tx = db.begin().await?;
    order_paid.on(&tx).send(paid(2)).await?;
    tx.rollback().await?;
    let tx = db.begin().await?;
    order_paid.on(&tx).send(paid(3)).await?;
    let outside = order_paid.send(paid(4)).await.unwrap_err().to_string();
    assert!(outside.contains("send it on a handle: `order_paid.on(&tx).send(..)`"), "{outside}");
    tx.commit().await?;
    assert_eq!(db.drain_tasks().await?.done, 2);
    assert_eq!(indexed(&db, 1).await?, Some(("tea, cup".into(), 0)));
    assert_eq!(indexed(&db, 3).await?, Some(("tea, cup".into(), 0)));
    Ok(())
}

#[tokio::test]
async fn the_error_of_a_stored_value_names_its_type_and_does_not_show_it() -> Result<()> {
    let db = db().await;
    article("Tea").create(&db).await?;
    Account { id: "unreadable".into(), cents: 1 }.create(&db).await?;
    order_paid.on(&db).send(OrderPaid { order_id: 1, lines: Vec::new() }).await?;
    let stored = [
        ("index.article", r#"{"key": "secret"}"#, "the stored `key` cannot be read as `i64`"),
        ("::audit", r#"{"instance": {"id": "a", "cents": "secret"}}"#, "the stored `instance` cannot be read as `"),
        (
            "order.ship",
            r#"{"payload": {"order_id": "secret"}}"#,
            "the stored payload of `order_paid` cannot be read as `",
        ),
    ];
    for run in Task::objects().all(&db).await? {
        let Some((_, args, _)) = stored.iter().find(|(name, ..)| run.name.ends_with(name)) else { continue };
        Task::objects().filter(Task::ID.eq(run.id)).update(&db, [Task::ARGS.set((*args).to_owned())]).await?;
    }
    assert_eq!(db.drain_tasks().await?.dead, 3);
    let dead = Task::objects().filter(Task::STATE.eq(TaskState::Dead.number())).all(&db).await?;
    for (name, _, expected) in stored {
        let run = dead.iter().find(|run| run.name.ends_with(name)).unwrap();
        let error = run.last_error.as_deref().unwrap_or_default();
        assert!(error.starts_with(expected) && !error.contains("secret"), "{name}: {error}");
    }
    Ok(())
}
