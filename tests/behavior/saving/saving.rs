//! `pre_save` and `post_save`: their payloads, when they are sent, and the state that they see.

mod failures;
mod options;

use std::sync::atomic::{AtomicI64, Ordering};

use signals::model::Key;
use signals::{Db, FieldSet, Model, ModelMeta, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, count_in, db, execute, named_db, read, rows};

// D53: the whole payload of both signals, for an INSERT, an UPDATE and a limited UPDATE.
#[tokio::test]
async fn receivers_get_the_whole_payload() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_payload")]
    struct Person {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Person)]
    fn before(
        instance: &mut Person,
        raw: bool,
        using: &str,
        update_fields: Option<&FieldSet>,
        sender: &ModelMeta,
        signal: &str,
    ) {
        LOG.note(format!("{signal} {} {} {raw} {using} {update_fields:?}", sender.name(), instance.id));
    }
    #[receiver(post_save, sender = Person)]
    fn after(instance: &Person, created: bool, raw: bool, using: &str, update_fields: Option<&FieldSet>, signal: &str) {
        LOG.note(format!("{signal} {} {created} {raw} {using} {update_fields:?}", instance.id));
    }

    let db = named_db("people").await;
    let mut tom = Person { id: 0, name: "Tom".into() };
    tom.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save Person 0 false people None", "post_save 1 true false people None"]);
    tom.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save Person 1 false people None", "post_save 1 false false people None"]);
    tom.save(&db).update_fields([Person::NAME]).await?;
    let limited =
        ["pre_save Person 1 false people Some({\"name\"})", "post_save 1 false false people Some({\"name\"})"];
    assert_eq!(LOG.take(), limited);
    Ok(())
}

// D54, D67: pre_save, the statement, post_save. `created` is whether an instance is new; its key is already
// set then.
#[tokio::test]
async fn pre_save_comes_before_the_statement_and_post_save_after() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_sequence")]
    struct Step {
        id: i64,
    }
    static LOG: Log = Log::new();
    async fn count(tx: &Tx) -> i64 {
        count_in(tx, "SELECT count(*) FROM saving_sequence").await
    }
    #[receiver(pre_save, sender = Step)]
    async fn before(instance: &Step, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre: key {}, {} rows", instance.id, count(tx).await));
        Ok(())
    }
    #[receiver(post_save, sender = Step)]
    async fn after(instance: &Step, tx: &Tx) -> Result<()> {
        LOG.note(format!("post: key {}, {} rows", instance.id, count(tx).await));
        Ok(())
    }

    Step { id: 0 }.save(&db().await).await?;
    assert_eq!(LOG.take(), ["pre: key 0, 0 rows", "post: key 1, 1 rows"]);
    Ok(())
}

// D60, D83: receivers share the one instance, and what pre_save makes of it is written.
#[tokio::test]
async fn what_pre_save_changes_is_written_and_seen_by_later_receivers() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_mutation")]
    struct Article {
        id: i64,
        title: String,
    }
    #[receiver(pre_save, sender = Article)]
    fn a_trim(instance: &mut Article) {
        instance.title = instance.title.trim().to_owned();
    }
    #[receiver(pre_save, sender = Article)]
    async fn b_extend(instance: &mut Article) {
        instance.title.push('!');
    }

    let db = db().await;
    let mut article = Article { id: 0, title: "  news ".into() };
    article.save(&db).await?;
    assert_eq!(article.title, "news!");
    assert_eq!(Article::get(&db, article.id).await?.title, "news!");
    Ok(())
}

// D63: `created` means that an INSERT was executed, not that the key was unset.
#[tokio::test]
async fn created_means_that_a_row_was_inserted() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_created")]
    struct Seat {
        id: i64,
        row: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Seat)]
    fn after(created: bool) {
        LOG.note(created);
    }

    let db = db().await;
    Seat { id: 0, row: 1 }.save(&db).await?;
    Seat { id: 1, row: 2 }.save(&db).await?;
    Seat { id: 7, row: 3 }.save(&db).await?;
    Seat { id: 8, row: 4 }.save(&db).force_insert().await?;
    Seat { id: 8, row: 5 }.save(&db).force_update().await?;
    assert_eq!(LOG.take(), ["true", "false", "true", "true", "false"]);
    assert_eq!((Seat::get(&db, 1).await?.row, Seat::get(&db, 8).await?.row), (2, 5));
    assert_eq!(rows(&db, "saving_created").await, 3);
    Ok(())
}

// D65
#[tokio::test]
async fn a_row_that_vanished_is_inserted_again() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_vanished")]
    struct Leaf {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "saving_vanished_two")]
    struct Branch {
        id: i64,
        length: f64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Leaf)]
    #[receiver(post_save, sender = Branch)]
    fn after(created: bool) {
        LOG.note(created);
    }

    let db = db().await;
    let (mut leaf, mut branch) = (Leaf { id: 0 }, Branch { id: 0, length: 0.5 });
    leaf.save(&db).await?;
    branch.save(&db).await?;
    leaf.delete(&db).quiet().await?;
    branch.delete(&db).quiet().await?;
    leaf.save(&db).await?;
    branch.save(&db).await?;
    assert_eq!(LOG.take(), ["true"; 4]);
    assert!((Branch::get(&db, branch.id).await?.length - 0.5).abs() < f64::EPSILON);
    assert_eq!(Leaf::get(&db, leaf.id).await?.id, leaf.id);
    Ok(())
}

// D65: if pre_save changes the key, another row is created; the old one stays.
#[tokio::test]
async fn a_key_changed_in_pre_save_is_a_new_row() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_key_changed")]
    struct Ticket {
        id: i64,
        moved: bool,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Ticket)]
    fn before(instance: &mut Ticket) {
        if instance.moved {
            instance.id += 100;
        }
    }
    #[receiver(post_save, sender = Ticket)]
    fn after(instance: &Ticket, created: bool) {
        LOG.note(format!("{} {created}", instance.id));
    }

    let db = db().await;
    let mut ticket = Ticket { id: 0, moved: false };
    ticket.save(&db).await?;
    ticket.moved = true;
    ticket.save(&db).await?;
    assert_eq!(LOG.take(), ["1 true", "101 true"]);
    assert!(!Ticket::get(&db, 1).await?.moved && Ticket::get(&db, 101).await?.moved);
    Ok(())
}

// D68: Django sends signals outside any transaction, so that the row is committed before post_save. Here the
// save, its receivers and what they write are one transaction.
#[tokio::test]
async fn a_save_and_what_its_receivers_write_are_one_transaction() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_one_transaction")]
    struct Order {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "saving_one_transaction_line")]
    struct Line {
        id: i64,
        order_id: i64,
    }
    #[receiver(post_save, sender = Order, priority = 1)]
    async fn a_line(instance: &Order, tx: &Tx) -> Result<()> {
        Line { id: 0, order_id: instance.id }.save(tx).await
    }
    #[receiver(post_save, sender = Order, priority = 2)]
    fn b_odd_orders_fail(instance: &Order) -> Result<(), String> {
        if instance.id % 2 == 1 { Err("odd".into()) } else { Ok(()) }
    }

    let db = db().await;
    Order { id: 1 }.save(&db).await.unwrap_err();
    assert_eq!((rows(&db, "saving_one_transaction").await, rows(&db, "saving_one_transaction_line").await), (0, 0));
    Order { id: 2 }.save(&db).await?;
    assert_eq!((rows(&db, "saving_one_transaction").await, rows(&db, "saving_one_transaction_line").await), (1, 1));
    // Which key it has is the database's: servers do not use one again that was rolled back.
    assert_eq!(Line::objects().all(&db).await?[0].order_id, 2);
    Ok(())
}

// D83: a nested save completes before the next receiver of the outer one is called.
#[tokio::test]
async fn nested_saves_run_depth_first() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_depth_first")]
    struct Folder {
        id: i64,
        parent: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Folder)]
    fn before(instance: &Folder) {
        LOG.note(format!("pre {:?}", instance.parent));
    }
    #[receiver(post_save, sender = Folder)]
    async fn a_nest(instance: &Folder, tx: &Tx) -> Result<()> {
        LOG.note(format!("a {:?}", instance.parent));
        if instance.parent.is_none() {
            Folder { id: 0, parent: Some(instance.id) }.save(tx).await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Folder)]
    fn b_follow(instance: &Folder) {
        LOG.note(format!("b {:?}", instance.parent));
    }

    Folder { id: 0, parent: None }.save(&db().await).await?;
    let cycle = ["pre None", "a None", "pre Some(1)", "a Some(1)", "b Some(1)", "b None"];
    assert_eq!(LOG.take(), cycle);
    Ok(())
}

// D85: `on_commit` from a receiver waits for the save's own commit. (Django in autocommit runs it at once,
// from pre_save before the INSERT.)
#[tokio::test]
async fn on_commit_from_a_receiver_waits_for_the_commit_of_the_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_on_commit")]
    struct Invoice {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Invoice)]
    fn before(tx: &Tx) {
        LOG.note("pre");
        tx.on_commit(async { LOG.note("committed, from pre") }).unwrap();
    }
    #[receiver(post_save, sender = Invoice)]
    fn a_after(tx: &Tx) {
        LOG.note("post");
        tx.on_commit(async { LOG.note("committed, from post") }).unwrap();
    }
    #[receiver(post_save, sender = Invoice)]
    fn b_last() {
        LOG.note("last");
    }

    let db = db().await;
    let all = ["pre", "post", "last", "committed, from pre", "committed, from post"];
    Invoice { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), all);
    // In a transaction of the caller's it waits for that one.
    let tx = db.begin().await?;
    Invoice { id: 0 }.save(&tx).await?;
    assert_eq!(LOG.take(), all[..3]);
    tx.commit().await?;
    assert_eq!(LOG.take(), all[3..]);
    Ok(())
}

// D86
#[tokio::test]
async fn using_is_the_database_that_is_written() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_using")]
    struct Copy {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Copy)]
    fn after(using: &str) {
        LOG.note(using);
    }

    let (one, two): (Db, Db) = (named_db("one").await, named_db("two").await);
    let mut copy = Copy { id: 0 };
    copy.save(&one).await?;
    copy.save(&two).await?;
    let tx = two.begin().await?;
    copy.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["one", "two", "two"]);
    assert_eq!((rows(&one, "saving_using").await, rows(&two, "saving_using").await), (1, 1));
    Ok(())
}

// D66: an UPDATE that changes nothing has still found its row.
#[tokio::test]
async fn a_save_that_changes_nothing_is_an_update() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_same")]
    struct Page {
        id: i64,
        title: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Page)]
    fn note(created: bool) {
        LOG.note(created);
    }
    let db = db().await;
    let mut page = Page { id: 0, title: "home".into() };
    page.save(&db).await?;
    page.save(&db).await?;
    page.save(&db).update_fields([Page::TITLE]).await?;
    assert_eq!(LOG.take(), ["true", "false", "false"]);
    assert_eq!(rows(&db, "saving_same").await, 1);
    Ok(())
}

// D81: writes through plain sqlx send nothing. Besides `quiet` this is the only way to write without signals.
#[tokio::test]
async fn plain_sqlx_sends_no_signals() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_plain_sqlx")]
    struct Import {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Import)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    execute(&db, "INSERT INTO saving_plain_sqlx VALUES (1)").await;
    let loaded: Vec<Import> = read(&db, "SELECT * FROM saving_plain_sqlx").await?;
    assert_eq!((loaded.len(), loaded[0].id), (1, 1));
    assert!(LOG.take().is_empty());
    Ok(())
}

// D77: rows of a relation are rows of a model like any other.
#[tokio::test]
async fn a_model_that_joins_two_others_sends_signals_of_its_own() -> Result<()> {
    #[derive(Model)]
    #[model(table = "saving_membership")]
    struct Membership {
        id: i64,
        person: i64,
        club: i64,
    }
    static MEMBERS: AtomicI64 = AtomicI64::new(0);
    #[receiver(post_save, sender = Membership)]
    fn after(instance: &Membership) {
        MEMBERS.fetch_add(instance.person * instance.club, Ordering::Relaxed);
    }
    Membership { id: 0, person: 2, club: 3 }.save(&db().await).await?;
    assert_eq!(MEMBERS.load(Ordering::Relaxed), 6);
    Ok(())
}

// D63, D67: the key of an instance as receivers of any model read it.
#[tokio::test]
async fn the_key_is_unset_in_pre_save_and_set_in_post_save() -> Result<()> {
    use signals::AnyModel as _;
    #[derive(Model)]
    #[model(table = "saving_key_seen")]
    struct Coin {
        id: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Coin)]
    fn before(instance: &Coin) {
        LOG.note(instance.pk().is_none());
    }
    #[receiver(post_save, sender = Coin)]
    fn after(instance: &Coin) {
        LOG.note(instance.pk() == Some(Key::Int(1)));
    }
    Coin { id: 0 }.save(&db().await).await?;
    assert_eq!(LOG.take(), ["true", "true"]);
    Ok(())
}
