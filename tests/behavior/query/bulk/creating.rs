//! `bulk_create`.

use signals::{Error, FieldSet, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, db, execute, kind, refused, rows};

use super::ids;

// D81: Django's `bulk_create` sends none.
#[tokio::test]
async fn every_row_of_a_chunk_hears_pre_save_then_every_one_post_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "bulk_create_sequence")]
    struct Step {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Step)]
    fn before(instance: &mut Step, raw: bool, update_fields: Option<&FieldSet>) {
        LOG.note(format!("pre {} {} {raw} {update_fields:?}", instance.id, instance.name));
        instance.name.make_ascii_uppercase();
    }
    #[receiver(pre_save, sender = Step, set)]
    fn before_all(instances: &mut [Step]) {
        LOG.note(format!("pre of {}", instances.len()));
    }
    #[receiver(post_save, sender = Step)]
    fn after(instance: &Step, created: bool, update_fields: Option<&FieldSet>) {
        LOG.note(format!("post {} {} {created} {update_fields:?}", instance.id, instance.name));
    }
    #[receiver(post_save, sender = Step, set)]
    fn after_all(instances: &[Step], created: &[bool]) {
        LOG.note(format!("post of {} {created:?}", instances.len()));
    }

    let db = db().await;
    let mut steps: Vec<Step> = ["a", "b", "c"].map(|name| Step { id: 0, name: name.into() }).into();
    Step::bulk_create(&db, &mut steps).batch_size(2).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre 0 a false None",
            "pre 0 b false None",
            "pre of 2",
            "post 1 A true None",
            "post 2 B true None",
            "post of 2 [true, true]",
            "pre 0 c false None",
            "pre of 1",
            "post 3 C true None",
            "post of 1 [true]",
        ]
    );
    assert_eq!(ids(&steps), [1, 2, 3]);
    let names: Vec<_> =
        Step::objects().order_by([Step::ID.asc()]).all(&db).await?.into_iter().map(|step| step.name).collect();
    assert_eq!(names, ["A", "B", "C"], "what receivers change is written");
    Ok(())
}

#[tokio::test]
async fn a_failing_receiver_undoes_every_chunk_and_every_key() -> Result<()> {
    #[derive(Model)]
    #[model(table = "bulk_create_failing")]
    struct Item {
        id: i64,
        name: String,
    }
    #[receiver(post_save, sender = Item)]
    fn refuse(instance: &Item) -> Result<(), Refused> {
        if instance.name == "bad" { Err(Refused("bad")) } else { Ok(()) }
    }

    let db = db().await;
    let mut items = ["a", "b", "c", "bad"].map(|name| Item { id: 0, name: name.into() });
    items[1].id = 7;
    let error = Item::bulk_create(&db, &mut items).batch_size(2).await.unwrap_err();
    assert_eq!(refused(&error), Some("bad"));
    assert_eq!(ids(&items), [0, 7, 0, 0]);
    assert_eq!(rows(&db, "bulk_create_failing").await, 0);

    let tx = db.begin().await?;
    Item { id: 0, name: "kept".into() }.save(&tx).await?;
    Item::bulk_create(&tx, &mut items).await.unwrap_err();
    assert_eq!(ids(&items), [0, 7, 0, 0]);
    Item::bulk_create(&tx, &mut items[..3]).await?;
    tx.commit().await?;
    assert_eq!(rows(&db, "bulk_create_failing").await, 4, "an error undoes the bulk alone");
    Ok(())
}

#[tokio::test]
async fn rows_with_a_key_are_inserted_beside_rows_without() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_mixed")]
    struct Item {
        id: i64,
        name: String,
    }
    let item = |id| Item { id, name: format!("{id}") };

    let db = db().await;
    // No generated key equals a given one. But the sequence of PostgreSQL only knows its own keys.
    let (given, made) = if kind() == Kind::Postgres { ([101, 140], [2, 3, 4]) } else { ([1, 40], [41, 42, 43]) };
    if kind() == Kind::Postgres {
        let mut met = [item(0), item(1)];
        let error = Item::bulk_create(&db, &mut met).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
        assert_eq!((ids(&met), rows(&db, "bulk_create_mixed").await), (vec![0, 1], 0));
    }
    let mut items = [item(0), item(given[0]), item(0), item(given[1]), item(0)];
    Item::bulk_create(&db, &mut items).await?;
    assert_eq!(ids(&items), [made[0], given[0], made[1], given[1], made[2]]);
    let mut stored = items.clone();
    stored.sort_by_key(|item| item.id);
    assert_eq!(Item::objects().order_by([Item::ID.asc()]).all(&db).await?, stored);

    let mut again = [item(0), item(given[0])];
    let error = Item::bulk_create(&db, &mut again).await.unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error}");
    let left = (ids(&again), rows(&db, "bulk_create_mixed").await);
    assert_eq!(left, (vec![0, given[0]], 5), "a row with its key is refused");
    Ok(())
}

// Django inserts all objects with a key before those without, too.
#[tokio::test]
async fn rows_with_a_key_come_first_in_whatever_statement_they_would_be() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_keyed_first")]
    struct Item {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item, set)]
    fn before(instances: &mut [Item]) {
        LOG.note(instances.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join(" "));
    }

    // A sequence of PostgreSQL does not continue after the given keys.
    let (first, given) = if kind() == Kind::Postgres { (1, 100) } else { (4, 0) };
    for (size, heard) in [(1, "c e f a b d g"), (2, "c e|f a|b d|g"), (6, "c e f a b d|g"), (7, "a b c d e f g")] {
        let db = db().await;
        let new = [("a", 0), ("b", 0), ("c", given + 3), ("d", 0), ("e", given + 2), ("f", given + 1), ("g", 0)];
        let mut items = new.map(|(name, id)| Item { id, name: name.into() });
        Item::bulk_create(&db, &mut items).batch_size(size).await?;
        let heard = if size == 1 { heard.split(' ').collect() } else { heard.split('|').collect::<Vec<_>>() };
        assert_eq!(LOG.take(), heard, "in parts of {size}");
        let written = ids(&items);
        assert_eq!(
            written,
            [first, first + 1, given + 3, first + 2, given + 2, given + 1, first + 3],
            "in parts of {size}"
        );
        for item in items {
            assert_eq!(Item::get(&db, item.id).await?, item, "in parts of {size}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn quiet_and_raw_do_as_a_save_does() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_options")]
    struct Item {
        id: i64,
        #[model(auto_now_add)]
        made: Option<chrono::NaiveDateTime>,
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
    let mut items = [Item { id: 0, made: None }, Item { id: 0, made: None }];
    Item::bulk_create(&db, &mut items).quiet().await?;
    assert_eq!(LOG.take(), [""; 0]);
    assert!(items.iter().all(|item| item.made.is_some()));

    let mut items = [Item { id: 0, made: None }];
    Item::bulk_create(&db, &mut items).raw().await?;
    assert_eq!(LOG.take(), ["3 true"]);
    assert_eq!(Item::get(&db, 3).await?.made, None);
    Item::bulk_create(&db, &mut []).await?;
    assert_eq!(LOG.take(), [""; 0], "no row, no signal");
    let error = Item::bulk_create(&db, &mut items).batch_size(0).await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn as_many_rows_as_there_are_go_in() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_many")]
    struct Item {
        id: i64,
        one: i64,
        two: Option<i64>,
    }

    let db = db().await;
    for size in [1, 999, 1000, 1001, 20_000] {
        let mut items: Vec<Item> = (0..20_001).map(|one| Item { id: 0, one, two: None }).collect();
        Item::bulk_create(&db, &mut items[..2500]).batch_size(size).await?;
        // Beyond what one statement can bind.
        if size > 1 {
            Item::bulk_create(&db, &mut items[2500..]).batch_size(size).await?;
        }
        let stored = Item::objects().order_by([Item::ID.asc()]).all(&db).await?;
        assert!(stored.iter().eq(items.iter().filter(|item| item.id > 0)));
        execute(&db, "DELETE FROM bulk_create_many").await;
    }
    Ok(())
}

#[tokio::test]
async fn receivers_write_in_the_same_transaction() -> Result<()> {
    #[derive(Model)]
    #[model(table = "bulk_create_users")]
    struct User {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "bulk_create_profiles")]
    struct Profile {
        id: i64,
        user: i64,
    }
    #[receiver(post_save, sender = User, set)]
    async fn create_profiles(instances: &[User], tx: &Tx) -> Result<()> {
        let mut profiles: Vec<Profile> = instances.iter().map(|user| Profile { id: 0, user: user.id }).collect();
        Profile::bulk_create(tx, &mut profiles).await
    }

    let db = db().await;
    let mut users: Vec<User> = (0..2500).map(|_| User { id: 0 }).collect();
    User::bulk_create(&db, &mut users).await?;
    let profiles = Profile::objects().order_by([Profile::ID.asc()]).all(&db).await?;
    assert!(profiles.iter().map(|profile| profile.user).eq(1..=2500));
    Ok(())
}
