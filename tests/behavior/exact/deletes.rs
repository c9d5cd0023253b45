//! `post_delete` is sent once for each row that the delete's own statement deleted, on every path.

mod kept;
mod net;
mod previous;
mod races;

use signals::{DeleteOrigin, Model, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere, execute, execute_in, rows, sequence, until_waiting};
use tokio::sync::Notify;

#[tokio::test]
async fn a_delete_that_finds_no_row_sends_no_post_delete() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_gone")]
    struct Row {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_gone_followed")]
    struct Followed {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Row)]
    fn heard(signal: &str, instance: &Row) {
        LOG.note(format!("{signal} {}", instance.id));
    }
    #[receiver([pre_delete, post_delete], sender = Followed)]
    async fn followed(signal: &str, tx: &Tx) -> Result<()> {
        LOG.note(format!("{signal} {}", tx.as_db().is_ok()));
        Ok(())
    }
    #[receiver([pre_delete, post_delete], sender = Followed, set)]
    fn followed_set(signal: &str, instances: &[Followed]) {
        LOG.note(format!("{signal} {}", instances.len()));
    }

    let db = db().await;
    let mut row = Row { id: 0 };
    row.save(&db).await?;
    let stale = row.clone();
    assert_eq!((row.delete(&db).await?.rows(), row.delete(&db).await?.rows()), (1, 0));
    assert!(stale.delete(&db).await?.by_model().is_empty());
    assert_eq!(LOG.take(), ["pre_delete 1", "post_delete 1", "pre_delete 1", "pre_delete 1"]);

    let tx = db.begin().await?;
    assert_eq!(Followed { id: 7 }.delete(&tx).await?.rows(), 0);
    tx.commit().await?;
    assert_eq!(LOG.take(), ["pre_delete true", "pre_delete 1"]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_a_receiver_deletes_itself_is_sent_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_own_shelf")]
    struct Shelf {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_own_book")]
    struct Book {
        id: i64,
        #[model(references = Shelf, on_delete = cascade)]
        shelf_id: i64,
    }
    static LOG: Log = Log::new();
    /// Deletes other rows that the delete around it is about to delete.
    #[receiver(pre_delete, sender = Book)]
    async fn take_along(instance: &Book, origin: DeleteOrigin, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {}", instance.id));
        match instance.id {
            1 => drop(Book { id: 2, shelf_id: 1 }.delete(tx).await?),
            3 => execute_in(tx, "DELETE FROM deletes_own_book WHERE id = 4").await,
            5 if origin == DeleteOrigin::Set => drop(Shelf { id: 2 }.delete(tx).await?),
            _ => {}
        }
        Ok(())
    }
    #[receiver(post_delete, sender = Book)]
    fn book_is_gone(instance: &Book) {
        LOG.note(format!("post {}", instance.id));
    }
    #[receiver(post_delete, sender = Book, set)]
    fn books_are_gone(instances: &[Book]) {
        LOG.note(format!("set {:?}", instances.iter().map(|book| book.id).collect::<Vec<_>>()));
    }
    #[receiver(post_delete, sender = Shelf)]
    fn shelf_is_gone(instance: &Shelf) {
        LOG.note(format!("shelf {}", instance.id));
    }

    let db = db().await;
    for shelf in [1, 2] {
        Shelf { id: shelf }.save(&db).force_insert().await?;
    }
    for (id, shelf_id) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2)] {
        Book { id, shelf_id }.save(&db).force_insert().await?;
    }
    let deleted = Shelf { id: 1 }.delete(&db).await?;
    assert_eq!((deleted.of::<Shelf>(), deleted.of::<Book>()), (1, 2), "others deleted the books 2 and 4");
    let told = ["pre 1", "pre 2", "post 2", "set [2]", "pre 2", "pre 3", "pre 4", "post 3", "post 1", "set [3, 1]"];
    assert_eq!(LOG.take(), [&told[..], &["shelf 1"]].concat());

    // Another path to the same row: the book is deleted with the shelf that its receiver deletes.
    let deleted = Book::objects().delete(&db).await?;
    assert_eq!((deleted.rows(), rows(&db, "deletes_own_book").await), (0, 0));
    assert_eq!(LOG.take(), ["pre 5", "pre 5", "post 5", "set [5]", "shelf 2"]);
    Ok(())
}

#[tokio::test]
async fn plain_sql_before_the_statement_leaves_rows_out() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_plain")]
    struct Row {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Row, set)]
    async fn clear(instances: &[Row], tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {}", instances.len()));
        let all = if instances.len() == 3 { "" } else { " WHERE id % 2 = 0" };
        execute_in(tx, format!("DELETE FROM deletes_plain{all}")).await;
        Ok(())
    }
    #[receiver(post_delete, sender = Row)]
    fn told(instance: &Row) {
        LOG.note(instance.id);
    }
    #[receiver(post_delete, sender = Row, set)]
    fn told_set(instances: &[Row], origin: DeleteOrigin) {
        assert_eq!(origin, DeleteOrigin::Set);
        LOG.note(format!("set of {}", instances.len()));
    }
    let db = db().await;
    let fill = |count| execute(&db, format!("INSERT INTO deletes_plain (id) SELECT i FROM {}", sequence(count)));
    fill(5).await;
    assert_eq!(Row::objects().delete(&db).await?.rows(), 3);
    assert_eq!(LOG.take(), ["pre 5", "5", "3", "1", "set of 3"]);

    // No row is left, so nothing is sent: no set of none either.
    fill(3).await;
    assert_eq!(Row::objects().delete(&db).await?.rows(), 0);
    assert_eq!(LOG.take(), ["pre 3"]);

    // The same for a list of instances, of which some are already deleted.
    fill(4).await;
    let list: Vec<Row> = (1..=9).map(|id| Row { id }).collect();
    assert_eq!(Row::bulk_delete(&db, &list).await?.rows(), 2);
    assert_eq!(LOG.take(), ["pre 4", "3", "1", "set of 2"]);
    assert_eq!(Row::bulk_delete(&db, &list).await?.rows(), 0);
    assert!(LOG.take().is_empty());

    // Beyond 2,000 rows, of which only the keys are kept.
    fill(2600).await;
    assert_eq!(Row::objects().delete(&db).await?.rows(), 1300);
    let told = LOG.take();
    let ids = told.iter().filter_map(|line| line.parse::<i64>().ok());
    assert!(ids.eq((1..=2600).rev().filter(|id| id % 2 == 1)));
    assert_eq!(told.iter().filter(|line| *line == "set of 0").count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_row_that_comes_after_the_look_is_not_of_the_list() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_late")]
    struct Row {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Row)]
    async fn insert(instance: &Row, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {}", instance.id));
        execute_in(tx, "INSERT INTO deletes_late (id) VALUES (2)").await;
        Ok(())
    }
    #[receiver(post_delete, sender = Row)]
    fn told(instance: &Row) {
        LOG.note(format!("post {}", instance.id));
    }
    let db = db().await;
    Row { id: 1 }.save(&db).force_insert().await?;
    assert_eq!(Row::bulk_delete(&db, &[Row { id: 1 }, Row { id: 2 }]).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre 1", "post 1"]);
    assert_eq!(rows(&db, "deletes_late").await, 1);
    Ok(())
}

#[tokio::test]
async fn links_are_sent_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_pizza", many_to_many(toppings: Topping, related = pizzas))]
    struct Pizza {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_topping")]
    struct Topping {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = PizzaToppings)]
    fn told(instance: &PizzaToppings) {
        LOG.note(instance.topping_id);
    }
    let db = db().await;
    Pizza { id: 1 }.save(&db).force_insert().await?;
    let pizza = Pizza { id: 1 };
    for id in 1..=3 {
        Topping { id }.save(&db).force_insert().await?;
    }
    pizza.toppings().add(&db, [1, 2, 3]).await?;
    pizza.toppings().remove(&db, [1, 2]).await?;
    pizza.toppings().remove(&db, [1, 2]).await?;
    pizza.toppings().clear(&db).await?;
    pizza.toppings().clear(&db).await?;
    assert_eq!(LOG.take(), ["2", "1", "3"]);
    Ok(())
}

/// A delete waits for a transaction that has the row, and then finds out what became of it.
#[tokio::test]
async fn receivers_are_shown_the_rows_that_others_left() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_left")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Row)]
    fn told(signal: &str, instance: &Row) {
        LOG.note(format!("{signal} {} {}", instance.id, instance.amount));
    }
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    for id in 1..=3 {
        Row { id, amount: 1 }.save(&db).force_insert().await?;
    }
    let tx = db.begin().await?;
    // MariaDB's transaction sees the rows as they are now until its end, unless it reads them to write.
    assert_eq!(Row::objects().all(&tx).await?.len(), 3);
    let other = db.begin().await?;
    execute_in(&other, "UPDATE deletes_left SET amount = 5 WHERE id = 2").await;
    execute_in(&other, "DELETE FROM deletes_left WHERE id = 3").await;
    let deleting = tokio::spawn(async move {
        let deleted = Row::objects().delete(&tx).await?;
        tx.commit().await?;
        Ok::<_, signals::Error>(deleted.rows())
    });
    until_waiting(&db, "deletes_left").await;
    assert!(LOG.take().is_empty(), "it waits");
    other.commit().await?;
    assert_eq!(deleting.await.unwrap()?, 2);
    assert_eq!(LOG.take(), ["pre_delete 1 1", "pre_delete 2 5", "post_delete 2 5", "post_delete 1 1"]);
    Ok(())
}

/// While a delete is in progress, no one adds rows that reference the deleted rows.
#[tokio::test]
async fn nothing_is_added_to_a_relation_that_is_being_deleted() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_added_team")]
    struct Team {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_added_player")]
    struct Player {
        id: i64,
        #[model(references = Team, on_delete = cascade)]
        team_id: i64,
    }
    static LOG: Log = Log::new();
    static IS_LOCKED: Notify = Notify::const_new();
    #[receiver(pre_delete, sender = Player)]
    async fn slow() {
        IS_LOCKED.notify_one();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    #[receiver(post_delete, sender = Player)]
    fn told(instance: &Player) {
        LOG.note(instance.id);
    }
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    for way in 0..3 {
        Team { id: 1 }.save(&db).force_insert().await?;
        Player { id: 1, team_id: 1 }.save(&db).force_insert().await?;
        let adding = {
            let db = db.clone();
            tokio::spawn(async move {
                IS_LOCKED.notified().await;
                Player { id: 2, team_id: 1 }.save(&db).force_insert().await
            })
        };
        let deleted = match way {
            0 => Team { id: 1 }.delete(&db).await?,
            1 => Team::bulk_delete(&db, &[Team { id: 1 }]).await?,
            _ => Team::objects().delete(&db).await?,
        };
        assert_eq!((deleted.of::<Team>(), deleted.of::<Player>()), (1, 1));
        let error = adding.await.unwrap().unwrap_err();
        assert!(error.to_string().to_lowercase().contains("foreign key"), "{error}");
        assert_eq!(LOG.take(), ["1"]);
    }
    Ok(())
}
