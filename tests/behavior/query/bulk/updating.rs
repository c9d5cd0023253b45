//! `bulk_update`.

use signals::{Db, Error, FieldSet, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused};

use super::ids;

// D81: Django's `bulk_update` sends none.
#[tokio::test]
async fn each_row_is_written_with_its_own_values_and_heard() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_update_sequence")]
    struct Step {
        id: i64,
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Step)]
    fn before(instance: &Step, previous: Option<&Step>, update_fields: Option<&FieldSet>) {
        let was = previous.map(|previous| previous.size);
        LOG.note(format!("pre {} {was:?} {update_fields:?}", instance.id));
    }
    #[receiver(post_save, sender = Step)]
    fn after(instance: &Step, previous: Option<&Step>, created: bool, update_fields: Option<&FieldSet>) {
        let was = previous.map(|previous| previous.size);
        LOG.note(format!("post {} {was:?} {created} {update_fields:?}", instance.id));
    }
    #[receiver(post_save, sender = Step, set)]
    fn after_all(instances: &[Step], created: &[bool], update_fields: Option<&FieldSet>) {
        LOG.note(format!("post of {} {created:?} {update_fields:?}", instances.len()));
    }

    let db = db().await;
    let mut steps: Vec<Step> = (1..=3).map(|size| Step { id: 0, name: "a".into(), size }).collect();
    Step::bulk_create(&db, &mut steps).quiet().await?;
    // The order of the list is that of the signals, whatever the keys.
    steps.reverse();
    for step in &mut steps {
        step.size *= 10;
        step.name = "not written".into();
    }
    Step::bulk_update(&db, &mut steps, [Step::SIZE]).batch_size(2).await?;
    let fields = "Some({\"size\"})";
    assert_eq!(
        LOG.take(),
        [
            format!("pre 3 Some(3) {fields}"),
            format!("pre 2 Some(2) {fields}"),
            format!("post 3 Some(3) false {fields}"),
            format!("post 2 Some(2) false {fields}"),
            format!("post of 2 [false, false] {fields}"),
            format!("pre 1 Some(1) {fields}"),
            format!("post 1 Some(1) false {fields}"),
            format!("post of 1 [false] {fields}"),
        ]
    );
    let stored: Vec<_> = Step::objects().order_by([Step::ID.asc()]).all(&db).await?;
    assert_eq!(
        stored.iter().map(|step| (step.size, &*step.name)).collect::<Vec<_>>(),
        [(10, "a"), (20, "a"), (30, "a")]
    );

    Step::bulk_update(&db, &mut steps, [Step::SIZE, Step::NAME]).quiet().await?;
    assert_eq!((LOG.take(), Step::get(&db, 1).await?.name), (vec![], "not written".into()));
    Step::bulk_update(&db, &mut steps, []).await?;
    Step::bulk_update(&db, &mut [], [Step::SIZE]).await?;
    assert_eq!(LOG.take(), [""; 0], "no column or no row, no signal");
    Ok(())
}

#[tokio::test]
async fn what_pre_save_changes_in_other_columns_is_written_for_its_row_alone() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_update_outside")]
    struct Item {
        id: i64,
        name: String,
        size: i32,
        note: Option<String>,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item)]
    fn before(instance: &mut Item, update_fields: Option<&mut FieldSet>) {
        if instance.size == 2 {
            instance.note = Some("two".into());
        }
        if instance.size == 3
            && let Some(fields) = update_fields
        {
            fields.insert(Item::NAME);
        }
    }
    #[receiver(pre_save, sender = Item, set)]
    fn before_all(instances: &mut [Item]) {
        instances[0].note = Some("first".into());
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item, update_fields: Option<&FieldSet>) {
        LOG.note(format!("{} {:?}", instance.size, update_fields.unwrap()));
    }

    let db = db().await;
    let mut items: Vec<Item> = (1..=4).map(|_| Item { id: 0, name: "a".into(), size: 0, note: None }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    for (item, size) in items.iter_mut().zip(1..) {
        item.name = "stale".into();
        item.size = size;
    }
    Item::bulk_update(&db, &mut items, [Item::SIZE]).await?;
    assert_eq!(
        LOG.take(),
        [r#"1 {"size", "note"}"#, r#"2 {"size", "note"}"#, r#"3 {"name", "size"}"#, r#"4 {"size"}"#]
    );
    let stored = Item::objects().order_by([Item::ID.asc()]).all(&db).await?;
    let stored: Vec<_> = stored.iter().map(|item| (&*item.name, item.size, item.note.as_deref())).collect();
    assert_eq!(stored, [("a", 1, Some("first")), ("a", 2, Some("two")), ("stale", 3, None), ("a", 4, None)]);
    Ok(())
}

#[tokio::test]
async fn a_receiver_of_sets_chooses_the_columns_of_all_rows() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_update_chosen")]
    struct Item {
        id: i64,
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item, set)]
    fn choose(update_fields: Option<&mut FieldSet>) {
        if let Some(fields) = update_fields {
            *fields = FieldSet::of::<Item>(&[Item::NAME]);
        }
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item, update_fields: Option<&FieldSet>) {
        LOG.note(format!("{} {:?}", instance.id, update_fields.unwrap()));
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..2).map(|_| Item { id: 0, name: "a".into(), size: 0 }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    for item in &mut items {
        item.name = "b".into();
        item.size = 7;
    }
    Item::bulk_update(&db, &mut items, [Item::SIZE]).await?;
    assert_eq!(LOG.take(), [r#"1 {"name"}"#, r#"2 {"name"}"#]);
    let stored = Item::objects().order_by([Item::ID.asc()]).all(&db).await?;
    assert_eq!(stored.iter().map(|item| (&*item.name, item.size)).collect::<Vec<_>>(), [("b", 0), ("b", 0)]);
    Ok(())
}

#[tokio::test]
async fn raw_leaves_times_alone_and_calls_raw_receivers_only() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_update_raw")]
    struct Item {
        id: i64,
        #[model(auto_now)]
        seen: Option<chrono::NaiveDateTime>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item) {
        LOG.note(instance.id);
    }
    #[receiver(post_save, sender = Item, raw)]
    fn after_raw(instance: &Item, raw: bool) {
        LOG.note(format!("{} {raw}", instance.id));
    }

    let db = db().await;
    let mut items = [Item { id: 0, seen: None }];
    Item::bulk_create(&db, &mut items).quiet().await?;
    items[0].seen = None;
    Item::bulk_update(&db, &mut items, [Item::SEEN]).raw().await?;
    assert_eq!((LOG.take(), Item::get(&db, 1).await?.seen), (vec!["1 true".to_owned()], None));
    Item::bulk_update(&db, &mut items, [Item::SEEN]).await?;
    assert_eq!(LOG.take(), ["1", "1 false"]);
    assert_eq!(Item::get(&db, 1).await?, items[0]);
    assert!(items[0].seen.is_some());
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "bulk_update_refused")]
struct Row {
    id: i64,
    size: i32,
}

static HEARD: Log = Log::new();

#[receiver(post_save, sender = Row)]
fn refuse(instance: &Row) -> Result<(), Refused> {
    HEARD.note(instance.id);
    if instance.size == 13 { Err(Refused("13")) } else { Ok(()) }
}

async fn sizes(db: &Db) -> Vec<i32> {
    Row::objects().order_by([Row::ID.asc()]).all(db).await.unwrap().into_iter().map(|row| row.size).collect()
}

// One test, since the receiver's log is one.
#[tokio::test]
async fn what_cannot_be_written_in_whole_is_not_written_at_all() -> Result<()> {
    let db = db().await;
    let mut rows: Vec<Row> = (1..=5).map(|size| Row { id: 0, size }).collect();
    Row::bulk_create(&db, &mut rows).quiet().await?;
    let refused_for = async |rows: &mut [Row], quiet: bool| {
        let keys = ids(rows);
        let update = Row::bulk_update(&db, rows, [Row::SIZE]).batch_size(2);
        let error = if quiet { update.quiet().await } else { update.await }.unwrap_err();
        assert_eq!(sizes(&db).await, [1, 2, 3, 4, 5]);
        assert_eq!(ids(rows), keys);
        error
    };

    let changed: Vec<Row> = rows.iter().map(|row| Row { id: row.id, size: row.size + 20 }).collect();
    for quiet in [true, false] {
        let mut missing = changed.clone();
        missing[3].id = 99;
        missing[4].id = 98;
        let error = refused_for(&mut missing, quiet).await;
        assert!(matches!(&error, Error::NotUpdated { key, .. } if key == "99"), "{error}");
        assert!(error.to_string().contains("a plain `save` inserts it"), "{error}");
    }
    assert_eq!(HEARD.take(), ["1", "2"], "those of the chunk before were told");

    let mut twice = changed.clone();
    twice[4].id = 1;
    let error = refused_for(&mut twice, false).await;
    assert!(matches!(error, Error::SaveOptions { .. }) && error.to_string().contains("key 1 "), "{error}");
    let mut unset = changed.clone();
    unset[4].id = 0;
    assert!(matches!(refused_for(&mut unset, false).await, Error::KeyMissing { .. }));
    assert_eq!(HEARD.take(), [""; 0], "both are refused before any signal");
    let error = Row::bulk_update(&db, &mut changed.clone(), [Row::SIZE]).batch_size(0).await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
    let error = Row::bulk_update(&db, &mut changed.clone(), [Row::ID]).await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");

    let mut failing = changed.clone();
    failing[3].size = 13;
    assert_eq!(refused(&refused_for(&mut failing, false).await), Some("13"));
    assert_eq!(HEARD.take(), ["1", "2", "3", "4"]);
    Ok(())
}

#[tokio::test]
async fn the_greatest_chunk_fits() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_update_many")]
    struct Item {
        id: String,
        one: i64,
        two: Option<i64>,
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..25_000).map(|one| Item { id: format!("{one:05}"), one, two: None }).collect();
    Item::bulk_create(&db, &mut items).batch_size(usize::MAX).await?;
    for item in &mut items {
        item.two = Some(-item.one);
    }
    Item::bulk_update(&db, &mut items, [Item::TWO]).batch_size(usize::MAX).await?;
    assert_eq!(Item::objects().order_by([Item::ID.asc()]).all(&db).await?, items);
    Ok(())
}
