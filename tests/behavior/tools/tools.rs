//! Test tools of one database: muted receivers, recorded signals, and transactions that represent a database.

mod within;

use signals::{Db, Error, M2mAction, Model, Result, Tx, m2m_changed, post_delete, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, db, kind, rows, url};

#[tokio::test]
async fn a_muted_signal_reaches_no_receiver_until_the_guard_is_dropped() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_muted")]
    struct Muffin {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save, post_delete], sender = Muffin)]
    fn note_muffin(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let clone = db.clone();
    let _connected = post_save.connect_scoped::<Muffin>("tools.muted", |_| LOG.record("connected"))?;

    let muted = db.mute(post_save);
    let mut muffin = Muffin { id: 0 };
    muffin.save(&clone).await?;
    db.atomic(|tx| async move { muffin.save(&tx).await.map(|()| muffin) }).await?.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_save", "pre_save", "post_delete"]);

    drop(muted);
    Muffin { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save", "connected", "post_save"]);
    Ok(())
}

#[tokio::test]
async fn sets_and_ends_are_muted_with_their_signal() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_muted_family")]
    struct Scone {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Scone, set)]
    fn of_set(signal: &str) {
        LOG.note(format!("{signal} of a set"));
    }
    #[receiver([post_save, post_delete], sender = Scone, on_commit)]
    fn of_commit(signal: &str) {
        LOG.note(signal);
    }
    #[receiver(post_save, sender = Scone, on_rollback)]
    fn of_rollback(signal: &str) {
        LOG.note(signal);
    }
    async fn save_and_delete(db: &Db) -> Result<()> {
        let mut scone = Scone { id: 0 };
        scone.save(db).await?;
        scone.delete(db).await?;
        let tx = db.begin().await?;
        Scone { id: 0 }.save(&tx).await?;
        tx.rollback().await
    }
    let db = db().await;
    let muted = db.mute(post_save);
    save_and_delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_save of a set", "post_delete on_commit", "pre_save of a set"]);
    drop(muted);
    save_and_delete(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre_save of a set",
            "post_save of a set",
            "post_save on_commit",
            "post_delete on_commit",
            "pre_save of a set",
            "post_save of a set",
            "post_save on_rollback",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn m2m_changed_is_muted_as_the_others_are() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "tools_muted_pizza", many_to_many(toppings: Topping))]
    struct Pizza {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "tools_muted_topping")]
    struct Topping {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn changed(action: M2mAction) {
        LOG.note(format!("{action:?}"));
    }
    let db = db().await;
    let (mut pizza, mut topping) = (Pizza { id: 0 }, Topping { id: 0 });
    pizza.save(&db).await?;
    topping.save(&db).await?;
    let muted = db.mute(m2m_changed);
    pizza.toppings().add(&db, [&topping]).await?;
    assert!(LOG.take().is_empty());
    drop(muted);
    pizza.toppings().remove(&db, [&topping]).await?;
    assert_eq!(LOG.take(), ["PreRemove", "PostRemove"]);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_is_open_already_is_muted_too() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_open")]
    struct Oven {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Oven)]
    fn note_oven(tx: &Tx) {
        let _ = tx;
        LOG.note("heard");
    }
    let db = db().await;
    let tx = db.begin().await?;
    let muted = db.mute(post_save);
    Oven { id: 0 }.save(&tx).await?;
    drop(muted);
    Oven { id: 0 }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["heard"]);
    Ok(())
}

#[tokio::test]
async fn one_database_is_muted_and_no_other() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_apart")]
    struct Apron {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Apron)]
    fn note_apron(instance: &Apron) {
        LOG.note(instance.id);
    }
    let (quiet, loud) = (db().await, db().await);
    let (_muted, recording) = (quiet.mute(post_save), quiet.record());
    Apron { id: 1 }.save(&quiet).await?;
    Apron { id: 2 }.save(&loud).await?;
    assert_eq!(LOG.take(), ["2"]);
    assert_eq!(recording.lines(), ["pre_save Apron 1", "post_save Apron 1 created"]);
    Ok(())
}

#[tokio::test]
async fn guards_overlap_and_are_dropped_in_any_order() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_overlap")]
    struct Olive {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Olive, uid = "tools.overlap")]
    fn note_olive(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let save = || async { Olive { id: 0 }.save(&db).await.map(|()| LOG.take()) };
    let first = db.mute(post_save);
    let second = db.mute(post_save);
    let by_uid = db.mute_receiver("tools.overlap")?;
    drop(first);
    assert!(save().await?.is_empty());
    drop(by_uid);
    assert_eq!(save().await?, ["pre_save"]);
    let before = db.mute(pre_save);
    drop(second);
    assert_eq!(save().await?, ["post_save"]);
    drop(before);
    assert_eq!(save().await?, ["pre_save", "post_save"]);
    Ok(())
}

#[tokio::test]
async fn one_receiver_is_muted_by_its_uid_or_its_path() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_one")]
    struct Onion {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Onion, uid = "tools.one.chop")]
    fn chop() {
        LOG.note("chop");
    }
    #[receiver(post_save, sender = Onion)]
    fn fry_the_onion() {
        LOG.note("fry");
    }
    let db = db().await;
    let save = || async { Onion { id: 0 }.save(&db).await.map(|()| LOG.take()) };
    let muted = db.mute_receiver("tools.one.chop")?;
    assert_eq!(save().await?, ["fry"]);
    drop(muted);
    // The path of one that has a uid names it as well.
    let muted = db.mute_receiver(concat!(module_path!(), "::chop"))?;
    assert_eq!(save().await?, ["fry"]);
    drop(muted);
    let _muted = db.mute_receiver(concat!(module_path!(), "::fry_the_onion"))?;
    assert_eq!(save().await?, ["chop"]);
    Ok(())
}

#[tokio::test]
async fn an_unknown_receiver_is_an_error_that_names_those_near_to_it() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_near")]
    struct Nut {
        id: i64,
    }
    #[receiver(post_save, sender = Nut, uid = "tools.near.crack_a_nut")]
    fn crack() {}
    let db = db().await;
    let told = |name: &str| db.mute_receiver(name).unwrap_err().to_string();
    assert_eq!(
        told("tools.near.crack_nut"),
        "no receiver has the uid or the path `tools.near.crack_nut`; did you mean `tools.near.crack_a_nut`?"
    );
    assert!(told("crack_a_nut").ends_with("did you mean `tools.near.crack_a_nut`?"));
    assert!(told("qqqqqqqqqqqq").ends_with("; `signals::registry()` lists all receivers"));
    assert!(
        matches!(db.mute_receiver("tools.near").unwrap_err(), Error::UnknownReceiver { name, .. } if name == "tools.near")
    );
    Ok(())
}

#[tokio::test]
async fn a_muted_receiver_asks_for_no_transaction() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_bare")]
    struct Bagel {
        id: i64,
    }
    #[receiver(post_save, sender = Bagel)]
    async fn refuse(tx: &Tx) -> Result<(), Refused> {
        let _ = tx;
        Err(Refused("no bagels"))
    }
    let db = db().await;
    Bagel { id: 0 }.save(&db).await.unwrap_err();
    assert_eq!(rows(&db, "tools_bare").await, 0);
    let _muted = db.mute(post_save);
    Bagel { id: 0 }.save(&db).await?;
    assert_eq!(rows(&db, "tools_bare").await, 1);
    Ok(())
}

#[tokio::test]
async fn every_signal_is_recorded_even_without_receivers() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_record")]
    struct Radish {
        id: i64,
    }
    let db = db().await;
    Radish { id: 0 }.save(&db).await?;
    let recording = db.record();
    let mut radish = Radish { id: 0 };
    radish.save(&db).await?;
    radish.save(&db).await?;
    Radish { id: 9 }.save(&db).raw().await?;
    radish.delete(&db).await?;
    Radish { id: 0 }.save(&db).quiet().await?;
    let lines = [
        "pre_save Radish",
        "post_save Radish 2 created",
        "pre_save Radish 2",
        "post_save Radish 2 updated",
        "pre_save Radish 9 raw",
        "post_save Radish 9 created raw",
        "pre_delete Radish 2",
        "post_delete Radish 2",
    ];
    assert_eq!(recording.lines(), lines);
    assert_eq!(recording.to_string(), lines.join("\n") + "\n");

    let signals = recording.take();
    assert_eq!(signals.iter().map(ToString::to_string).collect::<Vec<_>>(), lines);
    let second = &signals[1];
    assert_eq!((second.signal, second.sender), ("post_save", "Radish"));
    assert_eq!((second.key.as_deref(), second.created), (Some("2"), Some(true)));
    assert_eq!((signals[0].key.as_deref(), signals[0].created), (None, None));
    assert_eq!(signals[3].created, Some(false));
    assert!(recording.signals().is_empty());

    // Two receivers with the same name are two.
    let mut two = [Radish { id: 0 }, Radish { id: 0 }];
    Radish::bulk_create(&db, &mut two).await?;
    // PostgreSQL does not count on from a key that was given.
    let first = if kind() == Kind::Postgres { 4 } else { 11 };
    assert_eq!(two.map(|radish| radish.id), [first, first + 1]);
    assert_eq!(
        recording.lines(),
        [
            "pre_save Radish".to_owned(),
            "pre_save Radish".to_owned(),
            format!("post_save Radish {first} created"),
            format!("post_save Radish {} created", first + 1),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn sends_of_receivers_are_recorded_after_their_own_signal() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_outer")]
    struct Outer {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_inner")]
    struct Inner {
        id: i64,
    }
    #[receiver(post_save, sender = Outer, uid = "tools.nested")]
    async fn save_inner(tx: &Tx) -> Result<()> {
        Inner { id: 0 }.save(tx).await?;
        Err(Error::other(Refused("after all")))
    }
    let db = db().await;
    let (recording, other) = (db.record(), db.record());
    Outer { id: 0 }.save(&db).await.unwrap_err();
    let lines = ["pre_save Outer", "post_save Outer 1 created", "pre_save Inner", "post_save Inner 1 created"];
    // Also what is rolled back was sent.
    assert_eq!(recording.lines(), lines);
    drop(recording);
    let _muted = db.mute_receiver("tools.nested")?;
    let mut outer = Outer { id: 0 };
    outer.save(&db).await?;
    // Only SQLite uses a key again that was rolled back.
    assert_eq!(outer.id, if kind().is_sqlite() { 1 } else { 2 });
    // A signal whose receivers are muted is still sent.
    assert_eq!(other.lines()[4..], ["pre_save Outer".to_owned(), format!("post_save Outer {} created", outer.id)]);
    Ok(())
}

#[tokio::test]
async fn migrations_are_muted_and_recorded_too() -> Result<()> {
    static LOG: Log = Log::new();
    let name = "tools.migrations";
    let _connected = signals::migrate::post_migrate
        .connect_scoped(name, move |event| if event.using == name { LOG.record("heard") } else { Ok(()) })?;
    let db = Db::builder(&url().await).name(name).connect().await?;
    let migrator = sqlx::migrate!("./migrations");
    let (muted, recording) = (db.mute(signals::migrate::post_migrate), db.record());
    db.migrate(&migrator).await?;
    assert!(LOG.take().is_empty());
    assert_eq!(recording.lines(), ["pre_migrate 2 pending", "post_migrate 2 pending"]);
    drop(muted);
    db.migrate(&migrator).await?;
    assert_eq!(LOG.take(), ["heard"]);
    Ok(())
}
