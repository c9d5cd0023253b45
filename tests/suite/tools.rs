//! Test tools of one database: muted receivers, recorded signals, and transactions that stand for a database.

use std::time::Duration;

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_save, receiver};

use crate::support::{Log, Refused, capture, db, rows};

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
    let _connected = post_save.connect_scoped::<Muffin>("tools.muted", |_| LOG.heard("connected"))?;

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
    assert!(told("qqqqqqqqqqqq").ends_with("; `signals::registry()` lists those there are"));
    assert!(matches!(db.mute_receiver("tools.near").unwrap_err(), Error::Schema(_)));
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
async fn every_signal_is_recorded_also_those_that_nobody_hears() -> Result<()> {
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
    Ok(())
}

#[tokio::test]
async fn what_receivers_send_is_recorded_behind_what_they_heard() -> Result<()> {
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
    Outer { id: 0 }.save(&db).await?;
    // A signal whose receivers are muted is sent all the same.
    assert_eq!(other.lines()[4..], ["pre_save Outer", "post_save Outer 1 created"]);
    Ok(())
}

#[tokio::test]
async fn migrations_are_muted_and_recorded_too() -> Result<()> {
    static LOG: Log = Log::new();
    let name = "tools.migrations";
    let _connected = signals::post_migrate
        .connect_scoped(name, move |event| if event.using == name { LOG.heard("heard") } else { Ok(()) })?;
    let db = Db::builder("sqlite::memory:").name(name).connect().await?;
    let migrator = sqlx::migrate!("tests/suite/migrations");
    let (muted, recording) = (db.mute(signals::post_migrate), db.record());
    db.migrate(&migrator).await?;
    assert!(LOG.take().is_empty());
    assert_eq!(recording.lines(), ["pre_migrate 2 pending", "post_migrate 2 pending"]);
    drop(muted);
    db.migrate(&migrator).await?;
    assert_eq!(LOG.take(), ["heard"]);
    Ok(())
}

// K203: as captureOnCommitCallbacks(execute=True) of Django: in order, also what callbacks add, and nothing that was rolled back.
#[tokio::test]
async fn callbacks_run_in_a_transaction_that_is_rolled_back() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { LOG.note("first") });
    let savepoint = tx.begin().await?;
    savepoint.on_commit(async { LOG.note("undone") });
    savepoint.rollback().await?;
    let within = tx.as_db()?;
    within
        .atomic(|tx| async move {
            let db = tx.as_db()?;
            // The handle is of a level that has ended by then.
            tx.on_commit(async move { LOG.note(format!("second {}", db.begin().await.is_err())) });
            Ok(())
        })
        .await?;
    let again = within.clone();
    tx.on_commit(async move {
        LOG.note("third");
        again
            .atomic(|tx| async move {
                tx.on_commit(async { LOG.note("fourth") });
                Ok(())
            })
            .await
    });
    assert!(LOG.take().is_empty());
    assert_eq!(tx.run_on_commit().await?, 4);
    assert_eq!(LOG.take(), ["first", "second true", "third", "fourth"]);
    assert_eq!(tx.run_on_commit().await?, 0);
    tx.rollback().await?;
    assert!(LOG.take().is_empty());
    assert!(matches!(tx_ended(&db).await?.run_on_commit().await, Err(Error::TransactionEnded { .. })));
    Ok(())
}

async fn tx_ended(db: &Db) -> Result<Tx> {
    let tx = db.begin().await?;
    tx.clone().rollback().await?;
    Ok(tx)
}

// K203: failures are logged and counted, and stop no other.
#[tokio::test]
async fn a_callback_that_fails_is_counted_and_stops_no_other() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { Err::<(), _>(Refused("no mail")) });
    tx.on_commit(async { LOG.note("other") });
    let (log, _guard) = capture();
    assert_eq!(tx.run_on_commit().await?, 2);
    assert_eq!(db.failed_callbacks(), 1);
    assert_eq!(LOG.take(), ["other"]);
    assert!(log.take()[0].contains("an on_commit callback failed"));
    Ok(())
}

// K203: those of a savepoint that is open wait for its own commit.
#[tokio::test]
async fn a_savepoint_runs_its_own_callbacks() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { LOG.note("outer") });
    let savepoint = tx.begin().await?;
    savepoint.on_commit(async { LOG.note("inner") });
    assert_eq!(savepoint.run_on_commit().await?, 1);
    assert_eq!(LOG.take(), ["inner"]);
    savepoint.on_commit(async { LOG.note("later") });
    assert_eq!(tx.run_on_commit().await?, 1);
    assert_eq!(LOG.take(), ["outer"]);
    savepoint.commit().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["later"]);
    Ok(())
}

// K203: with one connection, a callback that goes round the transaction is told so instead of waiting for it.
#[tokio::test]
async fn a_callback_that_goes_round_the_transaction_fails_at_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_round")]
    struct Roll {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let outside = db.clone();
    tx.on_commit(async move { Roll { id: 0 }.save(&outside).await });
    let (log, _guard) = capture();
    let ran = tokio::time::timeout(Duration::from_secs(5), tx.run_on_commit()).await.expect("it waits for itself")?;
    assert_eq!((ran, db.failed_callbacks()), (1, 1));
    assert!(log.take()[0].contains("holds the only connection"));
    Ok(())
}

#[tokio::test]
async fn code_that_takes_a_database_runs_in_a_transaction_that_is_rolled_back() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_within")]
    struct Wafer {
        id: i64,
    }
    async fn tested(db: &Db) -> Result<i64> {
        Wafer { id: 1 }.save(db).await?;
        db.atomic(|tx| async move { Wafer { id: 2 }.save(&tx).await }).await?;
        let undone: Result<()> = db
            .atomic(|tx| async move {
                Wafer { id: 3 }.save(&tx).await?;
                Err(Error::other(Refused("undone")))
            })
            .await;
        undone.unwrap_err();
        let tx = db.begin().await?;
        Wafer { id: 4 }.save(&tx).await?;
        // The savepoint has the turn, as a transaction would have the connection.
        assert!(matches!(Wafer { id: 5 }.save(db).await, Err(Error::SavepointOpen)));
        tx.commit().await?;
        Wafer::get(db, 1).await?.delete(db).await?;
        let found = [Wafer::find(db, 1).await?, Wafer::find(db, 2).await?, Wafer::find(db, 3).await?];
        assert_eq!(found.map(|wafer| wafer.is_some()), [false, true, false]);
        Ok(Wafer::get(db, 4).await?.id)
    }
    let db = db().await;
    let tx = db.begin().await?;
    let within = tx.as_db()?;
    assert_eq!(tested(&within).await?, 4);
    assert_eq!((within.name(), within.recursion_limit()), (db.name(), db.recursion_limit()));
    tx.rollback().await?;
    assert_eq!(rows(&db, "tools_within").await, 0);
    Ok(())
}

#[tokio::test]
async fn a_database_within_a_transaction_has_no_pool() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let within = tx.as_db()?;
    let told = within.sqlite().unwrap_err();
    assert!(matches!(told, Error::Schema(_)));
    assert_eq!(told.to_string(), "this `Db` stands for a transaction and has no pool; use `tx.sqlite()`");
    assert!(matches!(within.migrate(&sqlx::migrate!("tests/suite/migrations")).await, Err(Error::Schema(_))));
    within.close().await;
    sqlx::query("SELECT 1").execute(&mut *tx.sqlite().await?).await?;
    tx.rollback().await?;
    sqlx::query("SELECT 1").execute(db.sqlite()?).await?;
    Ok(())
}

// Otherwise a callback that owns it would keep the transaction, which keeps the callback, and the only connection with them.
#[tokio::test]
async fn a_database_within_a_transaction_does_not_keep_it_open() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_guest")]
    struct Grape {
        id: i64,
    }
    static LOG: Log = Log::new();
    struct Gone;
    impl Drop for Gone {
        fn drop(&mut self) {
            LOG.note("gone");
        }
    }
    let db = db().await;
    let tx = db.begin().await?;
    let (within, kept) = (tx.as_db()?, tx.as_db()?);
    Grape { id: 0 }.save(&within).await?;
    let (callback, gone) = (within.clone(), Gone);
    tx.on_commit(async move {
        let _gone = gone;
        Grape { id: 0 }.save(&callback).await
    });
    let savepoint = within.begin().await?;
    savepoint.on_commit({
        let callback = savepoint.as_db()?;
        async move { Grape { id: 0 }.save(&callback).await }
    });
    savepoint.commit().await?;
    drop(tx);
    assert_eq!(LOG.take(), ["gone"]);
    assert!(matches!(Grape { id: 0 }.save(&kept).await, Err(Error::TransactionEnded { .. })));
    assert!(matches!(kept.begin().await, Err(Error::TransactionEnded { .. })));
    // The connection is free.
    tokio::time::timeout(Duration::from_secs(5), db.begin()).await.expect("the connection is kept")?.rollback().await?;
    assert_eq!(rows(&db, "tools_guest").await, 0);
    Ok(())
}

#[tokio::test]
async fn a_savepoint_keeps_the_transaction_around_it_open() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_parent")]
    struct Pear {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    drop(tx);
    Pear { id: 0 }.save(&savepoint).await?;
    savepoint.commit().await?;
    Ok(())
}
