//! The calls of receivers after the end of a transaction: the net change of each row.

mod after;
mod quiet;
mod random;
mod spelled;

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn a_raw_save_before_another_is_part_of_the_net_change() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_raw_first")]
    struct User {
        id: i64,
        email: String,
        visits: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = User, on_commit)]
    fn committed(instance: &User, created: bool, previous: Option<&User>) {
        LOG.note(format!("{:?} -> {} {created}", previous.map(|user| &*user.email), instance.email));
    }
    #[receiver(post_save, sender = User, on_commit, changed(email))]
    fn moved(instance: &User) {
        LOG.note(format!("moved to {}", instance.email));
    }
    #[receiver(post_save, sender = User, on_commit, when(visits: 0 => 2))]
    fn visited() {
        LOG.note("visited");
    }
    let db = db().await;
    let mut user = User { id: 0, email: "a".into(), visits: 0 };
    user.save(&db).quiet().await?;
    let tx = db.begin().await?;
    user.visits = 1;
    user.save(&tx).raw().await?;
    user.visits = 2;
    user.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["Some(\"a\") -> a false", "visited"]);

    let tx = db.begin().await?;
    user.email = "b".into();
    user.save(&tx).raw().await?;
    user.email = "c".into();
    user.save(&tx).quiet().await?;
    user.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["Some(\"a\") -> c false", "moved to c"]);

    let tx = db.begin().await?;
    user.email = "d".into();
    User::bulk_update(&tx, std::slice::from_mut(&mut user), [User::EMAIL]).raw().await?;
    user.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["Some(\"c\") -> d false", "moved to d"]);

    // Alone, it calls only receivers of raw saves.
    let tx = db.begin().await?;
    user.save(&tx).raw().await?;
    tx.commit().await?;
    assert!(LOG.take().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_row_that_takes_the_key_of_a_deleted_one_is_another_row() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_key_again")]
    struct Person {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Person, on_commit)]
    fn saved(instance: &Person, created: bool, previous: Option<&Person>) {
        LOG.note(format!("saved {} {created} {:?}", instance.name, previous.map(|person| &*person.name)));
    }
    #[receiver(post_delete, sender = Person, on_commit)]
    fn deleted(instance: &Person) {
        LOG.note(format!("deleted {}", instance.name));
    }
    #[receiver(post_save, sender = Person, on_rollback)]
    fn not_saved(instance: &Person, created: bool) {
        LOG.note(format!("not saved {} {created}", instance.name));
    }
    #[receiver(post_delete, sender = Person, on_rollback)]
    fn not_deleted(instance: &Person) {
        LOG.note(format!("not deleted {}", instance.name));
    }
    let person = |id, name: &str| Person { id, name: name.into() };
    let db = db().await;
    let mut ann = person(0, "ann");
    ann.save(&db).quiet().await?;

    // SQLite gives bob the key that ann had.
    let tx = db.begin().await?;
    ann.delete(&tx).await?;
    person(0, "bob").save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["deleted ann", "saved bob true None"]);

    // The same, by a key of the application's, and with an instance that was changed before the delete.
    let mut cat = person(70, "cat");
    cat.save(&db).quiet().await?;
    let tx = db.begin().await?;
    cat.name = "changed in memory".into();
    cat.delete(&tx).await?;
    person(70, "dan").save(&tx).await?;
    person(70, "dave").save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take()[1..], ["saved dave true None"]);

    // One that comes and goes leaves no trace, and the next one does.
    let tx = db.begin().await?;
    let mut eve = person(0, "eve");
    eve.save(&tx).await?;
    eve.delete(&tx).await?;
    person(eve.id, "fay").save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["saved fay true None"]);

    // A savepoint gives its key back.
    let tx = db.begin().await?;
    for name in ["gus", "hal"] {
        let savepoint = tx.begin().await?;
        person(90, name).save(&savepoint).await?;
        savepoint.rollback().await?;
    }
    person(90, "ivy").save(&tx).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["not saved gus true", "not saved hal true", "not saved ivy true"]);

    // A delete that a savepoint undid does not end the row.
    person(91, "jan").save(&db).quiet().await?;
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    person(91, "jan").delete(&savepoint).await?;
    savepoint.rollback().await?;
    person(91, "kim").save(&tx).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["not saved kim false"]);
    Ok(())
}
