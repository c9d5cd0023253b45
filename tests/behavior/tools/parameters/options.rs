//! The options of a receiver: `priority`, `uid`, `robust`, `raw`.

use signals::receivers::ConnectOptions;
use signals::{Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, capture, db, kind, rows, texts, try_execute_in};

/// A model, its receivers' log, and the traces that they write.
#[derive(Model)]
#[model(table = "options_trace")]
struct Trace {
    id: i64,
    author: String,
}

async fn trace(tx: &Tx, by: &str) -> Result<()> {
    Trace { id: 0, author: by.into() }.save(tx).await
}

// B28: priority, then path; receivers of all senders and of one are sorted together.
#[tokio::test]
async fn receivers_of_a_model_run_by_priority_then_path() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_priority")]
    struct Race {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Race)]
    fn b() {
        LOG.note("b");
    }
    #[receiver(pre_save, sender = Race)]
    async fn a() {
        LOG.note("a");
    }
    #[receiver(pre_save, sender = Race, priority = -1)]
    fn z_first() {
        LOG.note("first");
    }
    #[receiver(pre_save, sender = Race, priority = 2147483647)]
    fn a_last() {
        LOG.note("last");
    }
    let connected = pre_save.connect_any(ConnectOptions::uid("options.priority").priority(1), |event| {
        if event.sender.is::<Race>() {
            LOG.note("any");
        }
        Ok(())
    })?;
    Race { id: 0 }.save(&db().await).await?;
    assert_eq!(LOG.take(), ["first", "a", "b", "any", "last"]);
    assert!(pre_save.disconnect(connected));
    Ok(())
}

// A5: a custom uid stays the same if the function is moved or renamed.
#[tokio::test]
async fn a_uid_names_a_receiver() {
    #[derive(Model)]
    #[model(table = "options_uid")]
    struct Desk {
        id: i64,
    }
    #[receiver(post_save, sender = Desk, uid = "options.tidy")]
    fn tidy(created: bool) {
        assert!(created);
    }
    let taken = post_save.connect::<Desk>("options.tidy", |_| Ok(())).unwrap_err();
    let Error::DuplicateReceiver { first, .. } = taken else { panic!("{taken}") };
    assert_eq!(first.sender, "Desk");
    assert!(first.receiver.ends_with("::tidy"), "{first:?}");
    tidy(true);
}

// B32, B33, D69: a robust receiver's failure is logged. A savepoint undoes its writes; the save and the
// writes of the others stay.
#[tokio::test]
async fn a_failing_robust_receiver_leaves_the_save_and_takes_its_own_writes() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_robust")]
    struct Sale {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Sale)]
    async fn a_plain(tx: &Tx) -> Result<()> {
        trace(tx, "robust a").await
    }
    #[receiver(post_save, sender = Sale, robust)]
    async fn b_robust(tx: &Tx) -> Result<()> {
        trace(tx, "robust b").await?;
        tx.on_commit(async { LOG.note("the callback of what was undone") }).unwrap();
        Err(Error::other(Refused("no luck")))
    }
    #[receiver(post_save, sender = Sale, robust)]
    async fn c_robust_that_succeeds(tx: &Tx) -> Result<()> {
        trace(tx, "robust c").await?;
        tx.on_commit(async { LOG.note("committed") }).unwrap();
        Ok(())
    }

    let db = db().await;
    let (logged, _guard) = capture();
    Sale { id: 0 }.save(&db).await?;
    assert_eq!(rows(&db, "options_robust").await, 1);
    assert_eq!(texts(&db, "SELECT author FROM options_trace ORDER BY id").await, ["robust a", "robust c"]);
    assert_eq!(LOG.take(), ["committed"]);
    let logged = logged.take();
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(line.starts_with("ERROR") && line.contains("::b_robust") && line.contains("refused: no luck"), "{line}");
    Ok(())
}

// B32: also before the write, and also if the failure is the database's.
#[tokio::test]
async fn a_robust_pre_save_receiver_is_no_veto() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_robust_pre")]
    struct Gate {
        id: i64,
    }
    #[receiver(pre_save, sender = Gate, robust)]
    async fn fail_twice(tx: &Tx) -> Result<()> {
        trace(tx, "pre").await?;
        try_execute_in(tx, "INSERT INTO no_such_table VALUES (1)").await?;
        Ok(())
    }
    let db = db().await;
    let (logged, _guard) = capture();
    Gate { id: 0 }.save(&db).await?;
    assert_eq!((rows(&db, "options_robust_pre").await, rows(&db, "options_trace").await), (1, 0));
    let logged = logged.take();
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(line.starts_with("ERROR") && line.contains("::fail_twice") && line.contains("no_such_table"), "{line}");
    // The caller's own transaction is as usable as before.
    let tx = db.begin().await?;
    Gate { id: 0 }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!((rows(&db, "options_robust_pre").await, rows(&db, "options_trace").await), (2, 0));
    Ok(())
}

// B32: a robust receiver may ignore a failed statement. If the database then refuses all others, only the
// receiver's writes are lost.
#[tokio::test]
async fn a_robust_receiver_that_swallows_a_failed_statement_loses_no_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_robust_swallows")]
    struct Door {
        id: i64,
    }
    #[receiver([pre_save, post_save], sender = Door, robust)]
    async fn swallow(tx: &Tx) -> Result<()> {
        trace(tx, "swallowed").await?;
        let _ = try_execute_in(tx, "INSERT INTO no_such_table VALUES (1)").await;
        Ok(())
    }
    let db = db().await;
    let (logged, _guard) = capture();
    Door { id: 0 }.save(&db).await?;
    let tx = db.begin().await?;
    Door { id: 0 }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(rows(&db, "options_robust_swallows").await, 2);
    let (traces, logged) = (rows(&db, "options_trace").await, logged.take());
    if kind() == Kind::Postgres {
        assert_eq!((traces, logged.len()), (0, 4), "{logged:?}");
        assert!(logged.iter().all(|line| line.contains("savepoint") && line.contains("::swallow")), "{logged:?}");
    } else {
        assert_eq!((traces, logged.len()), (4, 0), "{logged:?}");
    }
    Ok(())
}

// B32: a robust receiver that takes no transaction.
#[tokio::test]
async fn a_robust_receiver_without_a_transaction_is_only_logged() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_robust_bare")]
    struct Bell {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Bell, robust)]
    fn a_fails() -> Result<(), Refused> {
        Err(Refused("cracked"))
    }
    #[receiver(post_save, sender = Bell)]
    fn b_rings() {
        LOG.note("ding");
    }
    let db = db().await;
    Bell { id: 0 }.save(&db).await?;
    assert_eq!((rows(&db, "options_robust_bare").await, LOG.take()), (1, vec!["ding".to_owned()]));
    Ok(())
}

// D74: `raw` receivers also get raw writes, including connected ones.
#[tokio::test]
async fn raw_receivers_hear_every_write_and_the_others_only_their_own() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_raw_heard")]
    struct Seed {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Seed, raw)]
    fn linked(raw: bool) {
        LOG.note(format!("linked {raw}"));
    }
    post_save
        .connect::<Seed>(ConnectOptions::uid("raw").raw(), |event| LOG.record(format!("connected {}", event.raw)))?;
    post_save.connect::<Seed>("not raw", |_| LOG.record("not raw"))?;

    let db = db().await;
    Seed { id: 1 }.save(&db).raw().await?;
    assert_eq!(LOG.take(), ["connected true", "linked true"]);
    Seed { id: 2 }.save(&db).await?;
    assert_eq!(LOG.take(), ["not raw", "connected false", "linked false"]);
    Ok(())
}

// B32: the same options for receivers connected at run time.
#[tokio::test]
async fn a_connected_receiver_may_be_robust() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_connected_robust")]
    struct Kite {
        id: i64,
    }
    post_save.connect_async::<Kite>(ConnectOptions::uid("string").robust(), |event| {
        Box::pin(async move {
            trace(&event.tx, "kite").await?;
            Err(Refused("snapped").into())
        })
    })?;
    let db = db().await;
    Kite { id: 0 }.save(&db).await?;
    assert_eq!((rows(&db, "options_connected_robust").await, rows(&db, "options_trace").await), (1, 0));
    Ok(())
}
