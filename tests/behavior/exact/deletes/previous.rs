//! `previous`: the row as it is in the database, whatever the instance holds.

use signals::receivers::ConnectOptions;
use signals::{DeleteOrigin, Model, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{DELETES_OF_ALL, Log, db, execute, execute_in, sequence};

#[tokio::test]
async fn a_stale_instance_does_no_harm() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_stale")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Row)]
    fn told(signal: &str, instance: &Row, previous: Option<&Row>) {
        LOG.note(format!("{signal} {} {:?}", instance.amount, previous.map(|row| row.amount)));
    }
    let db = db().await;
    let row = Row { id: 1, amount: 5 };
    row.clone().save(&db).force_insert().await?;
    assert_eq!(Row { amount: 99, ..row }.delete(&db).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre_delete 99 Some(5)", "post_delete 99 Some(5)"]);
    assert_eq!(row.delete(&db).await?.rows(), 0);
    assert_eq!(LOG.take(), ["pre_delete 5 None"]);

    row.clone().save(&db).force_insert().await?;
    Row::bulk_delete(&db, &[Row { amount: 99, ..row }]).await?;
    assert_eq!(LOG.take(), ["pre_delete 5 Some(5)", "post_delete 5 Some(5)"]);
    Ok(())
}

#[tokio::test]
async fn what_pre_delete_writes_is_what_post_delete_sees() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_changed")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Row)]
    async fn empty(instance: &Row, previous: Option<&Row>, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {:?}", previous.map(|row| row.amount)));
        let id = instance.id;
        if id == 3 {
            execute_in(tx, "INSERT INTO deletes_changed (id, amount) VALUES (3, 8)").await;
        }
        execute_in(tx, format!("UPDATE deletes_changed SET amount = amount + 1 WHERE id = {id}")).await;
        Ok(())
    }
    #[receiver(post_delete, sender = Row)]
    fn told(previous: Option<&Row>) {
        LOG.note(format!("post {:?}", previous.map(|row| row.amount)));
    }
    let db = db().await;
    for id in 1..=2 {
        Row { id, amount: id }.save(&db).force_insert().await?;
    }
    Row { id: 1, amount: 99 }.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre Some(1)", "post Some(2)"]);
    Row::objects().delete(&db).await?;
    assert_eq!(LOG.take(), ["pre Some(2)", "post Some(3)"]);
    // A row of `pre_delete` exists, so it can be deleted.
    assert_eq!(Row { id: 3, amount: 99 }.delete(&db).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre None", "post Some(9)"]);
    Ok(())
}

#[tokio::test]
async fn cascades_and_sets_have_it_too() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_before")]
    struct Node {
        id: i64,
        #[model(references = Node, on_delete = cascade)]
        up: Option<i64>,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Node)]
    fn before(instance: &Node, previous: Option<&Node>) {
        LOG.note(format!("pre {} {} {:?}", instance.id, instance.amount, previous.map(|node| node.amount)));
    }
    #[receiver(post_delete, sender = Node, set)]
    fn set(instances: &[Node], previous: &[Option<&Node>], origin: DeleteOrigin) {
        let amounts = previous.iter().map(|node| node.map(|node| node.amount));
        let pairs: Vec<_> = instances.iter().map(|node| node.id).zip(amounts).collect();
        LOG.note(format!("{} {pairs:?}", if origin == DeleteOrigin::Direct { "direct" } else { "cascade" }));
    }
    let db = db().await;
    for id in 1..=4 {
        Node { id, up: (id > 2).then_some(2), amount: id }.save(&db).force_insert().await?;
    }
    assert_eq!(Node { id: 2, up: None, amount: 99 }.delete(&db).await?.rows(), 3);
    let told = ["pre 2 99 Some(2)", "pre 3 3 Some(3)", "pre 4 4 Some(4)"];
    assert_eq!(LOG.take(), [&told[..], &["cascade [(4, Some(4)), (3, Some(3))]", "direct [(2, Some(2))]"]].concat());

    // The same instance once more: it is shown before, and is none of the rows that went.
    Node { id: 3, up: Some(1), amount: 3 }.save(&db).force_insert().await?;
    execute(&db, "UPDATE deletes_before SET amount = 50").await;
    assert_eq!(Node { id: 1, up: None, amount: 99 }.delete(&db).await?.rows(), 2);
    let told = ["pre 1 99 Some(50)", "pre 3 50 Some(50)", "cascade [(3, Some(50))]", "direct [(1, Some(50))]"];
    assert_eq!(LOG.take(), told);
    assert_eq!(Node { id: 1, up: None, amount: 99 }.delete(&db).await?.rows(), 0);
    assert_eq!(LOG.take(), ["pre 1 99 None"]);
    Ok(())
}

#[tokio::test]
async fn of_many_rows_each_has_its_own() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_many")]
    struct Node {
        id: i64,
        #[model(references = Node, on_delete = cascade)]
        up: Option<i64>,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Node)]
    async fn told(signal: &str, instance: &Node, previous: Option<&Node>, tx: &Tx) -> Result<()> {
        let _ = tx;
        let amount = previous.map(|node| node.amount);
        if amount != Some(instance.id * 2) || (instance.amount == 99) != (instance.id == 1) {
            LOG.note(format!("{signal} {} {} {amount:?}", instance.id, instance.amount));
        }
        LOG.note(signal);
        Ok(())
    }
    let db = db().await;
    for count in [600, 1500, 2300] {
        let rows = format!("SELECT i, CASE WHEN i > 1 THEN 1 END, i * 2 FROM {}", sequence(count));
        execute(&db, format!("INSERT INTO deletes_many (id, up, amount) {rows}")).await;
        assert_eq!(Node { id: 1, up: None, amount: 99 }.delete(&db).await?.rows(), u64::from(count));
        let (count, told) = (usize::try_from(count).unwrap(), LOG.take());
        assert_eq!(told.iter().filter(|line| *line == "pre_delete").count(), count);
        assert_eq!(told.iter().filter(|line| *line == "post_delete").count(), count);
        assert_eq!(told.len(), 2 * count, "{:?}", told.iter().find(|line| line.contains(' ')));
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_connected_asks_for_it() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_connected")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let stale = Row { id: 1, amount: 99 };
    for (asks, amount) in [(true, "Some(5)"), (false, "None")] {
        Row { id: 1, amount: 5 }.save(&db).force_insert().await?;
        let uid = ConnectOptions::uid("deletes.connected");
        let uid = if asks { uid.previous() } else { uid };
        let guard = post_delete
            .connect_scoped::<Row>(uid, |event| LOG.record(format!("{:?}", event.previous.map(|row| row.amount))))?;
        stale.delete(&db).await?;
        drop(guard);
        assert_eq!(LOG.take(), [amount]);
    }

    // One without a sender is lent some model's row.
    let _alone = DELETES_OF_ALL.write().await;
    Row { id: 1, amount: 5 }.save(&db).force_insert().await?;
    let id = post_delete.connect_any(ConnectOptions::uid("deletes.any").previous(), |event| {
        match event.previous.filter(|row| row.meta().table() == "deletes_connected") {
            Some(row) => LOG.record(format!("any {:?}", row.field_as::<i64>("amount"))),
            None => Ok(()),
        }
    })?;
    let deleted = stale.delete(&db).await;
    post_delete.disconnect(id);
    deleted?;
    assert_eq!(LOG.take(), ["any Some(5)"]);
    Ok(())
}
