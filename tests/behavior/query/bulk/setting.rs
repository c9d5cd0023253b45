//! `update` of a query set.

use signals::{Error, FieldSet, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused};

// D81: Django's `QuerySet.update` sends none.
#[tokio::test]
async fn every_row_that_matches_is_heard_with_what_it_was() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_set_heard")]
    struct User {
        id: i64,
        name: String,
        active: bool,
        age: Option<i32>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = User)]
    fn after(instance: &User, previous: Option<&User>, created: bool, update_fields: Option<&FieldSet>) {
        let was = previous.unwrap();
        LOG.note(format!(
            "{} {}->{} {created} {:?}",
            instance.name,
            was.active,
            instance.active,
            update_fields.unwrap()
        ));
    }

    let db = db().await;
    let user = |name: &str, age| User { id: 0, name: name.into(), active: true, age };
    let mut users = [user("a", Some(1)), user("b", None), user("c", Some(3)), user("d", Some(4))];
    User::bulk_create(&db, &mut users).quiet().await?;
    let grown = User::objects().filter(User::AGE.gt(2));
    assert_eq!(grown.update(&db, [User::ACTIVE.set(false), User::AGE.set(2)]).batch_size(1).await?, 2);
    assert_eq!(
        LOG.take(),
        [r#"c true->false false {"active", "age"}"#, r#"d true->false false {"active", "age"}"#],
        "though the first chunk leaves none that matches"
    );
    let inactive = User::objects().filter(User::ACTIVE.eq(false));
    assert_eq!(
        inactive.all(&db).await?.iter().map(|user| (&*user.name, user.age)).collect::<Vec<_>>(),
        [("c", Some(2)), ("d", Some(2))]
    );

    assert_eq!(User::objects().update(&db, [User::AGE.set(None)]).quiet().await?, 4);
    assert_eq!((LOG.take(), User::objects().filter(User::AGE.is_null()).count(&db).await?), (vec![], 4));
    assert_eq!(grown.update(&db, User::ACTIVE.set(true)).await?, 0);
    assert_eq!(LOG.take(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn what_pre_save_changes_is_written() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_set_changed")]
    struct User {
        id: i64,
        name: String,
        label: String,
    }
    #[receiver(pre_save, sender = User)]
    fn before(instance: &mut User) {
        instance.label = format!("{} {}", instance.name, instance.id);
    }

    let db = db().await;
    let mut users: Vec<User> = (0..2500).map(|_| User { id: 0, name: "a".into(), label: String::new() }).collect();
    User::bulk_create(&db, &mut users).quiet().await?;
    assert_eq!(User::objects().update(&db, [User::NAME.set("b")]).await?, 2500);
    let stored = User::objects().order_by([User::ID.asc()]).all(&db).await?;
    assert!(stored.iter().zip(1..).all(|(user, id)| user.name == "b" && user.label == format!("b {id}")));
    Ok(())
}

#[tokio::test]
async fn rows_that_a_receiver_deletes_are_left_out() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_set_deleted")]
    struct Item {
        id: i64,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item)]
    async fn before(instance: &Item, tx: &Tx) -> Result<()> {
        // The next one, and one of a later chunk.
        if instance.id == 1 {
            for id in [2, 5] {
                Item { id, size: 0 }.delete(tx).await?;
            }
        }
        LOG.record(format!("pre {}", instance.id)).map_err(signals::Error::other)
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item) {
        LOG.note(format!("post {}", instance.id));
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..6).map(|size| Item { id: 0, size }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    assert_eq!(Item::objects().update(&db, [Item::SIZE.set(7)]).batch_size(4).await?, 4);
    assert_eq!(
        LOG.take(),
        ["pre 1", "pre 2", "pre 3", "pre 4", "post 1", "post 3", "post 4", "pre 6", "post 6"],
        "pre_save without post_save for the one that was to be written"
    );
    assert_eq!(Item::objects().filter(Item::SIZE.eq(7)).count(&db).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_changes_a_key_is_refused() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_set_rekeyed")]
    struct Item {
        id: i64,
        size: i32,
    }
    #[receiver(pre_save, sender = Item)]
    fn renumber(instance: &mut Item) {
        if instance.id == 2 {
            instance.id = i64::from(instance.size);
        }
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..4).map(|size| Item { id: 0, size }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    // To the key of no row, of another row, and to none.
    for size in [99, 4, 0] {
        let update = Item::objects().filter(Item::ID.le(3)).update(&db, [Item::SIZE.set(size)]);
        let error = update.await.unwrap_err();
        let to = if size == 0 { "(unset)".to_owned() } else { size.to_string() };
        let says = format!("changed the key 2 to {to},");
        assert!(matches!(error, Error::SaveOptions { .. }) && error.to_string().contains(&says), "{error}");
        assert_eq!(Item::objects().order_by([Item::ID.asc()]).all(&db).await?, items);
    }
    assert_eq!(Item::objects().update(&db, [Item::SIZE.set(2)]).await?, 4);
    Ok(())
}

// E121: a set with a limit or an offset refuses, before anything.
#[tokio::test]
async fn what_cannot_be_updated_is_refused_before_anything() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_set_refused")]
    struct Item {
        id: i64,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item) -> Result<(), Refused> {
        LOG.note(instance.id);
        if instance.size == 13 && instance.id == 3 { Err(Refused("13")) } else { Ok(()) }
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..3).map(|size| Item { id: 0, size }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    let all = Item::objects;
    for sliced in [all().limit(1), all().offset(1)] {
        let error = sliced.update(&db, [Item::SIZE.set(7)]).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("limit"), "{error}");
        let error = sliced.delete(&db).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("limit"), "{error}");
    }
    let error = all().update(&db, [Item::ID.set(7)]).await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
    let error = all().update(&db, [Item::SIZE.set(7), Item::SIZE.set(8)]).await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
    assert!(all().update(&db, []).await.is_err());
    assert_eq!(LOG.take(), [""; 0]);

    let error = all().update(&db, [Item::SIZE.set(13)]).batch_size(1).await.unwrap_err();
    assert_eq!((refused(&error), LOG.take()), (Some("13"), vec!["1".into(), "2".into(), "3".into()]));
    assert_eq!(all().order_by([Item::ID.asc()]).all(&db).await?, items);
    Ok(())
}
