//! Changes: the previous row, conditions on it, and columns that receivers add to a save.

use signals::receivers::ConnectOptions;
use signals::{Error, FieldSet, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, count, db, execute, texts};

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "lowercase")]
enum Status {
    Draft,
    Review,
    Published,
}

#[tokio::test]
async fn previous_is_the_row_as_it_was_before_the_write() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_previous")]
    struct Post {
        id: i64,
        title: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Post)]
    fn before(instance: &mut Post, previous: Option<&Post>) {
        LOG.note(format!("pre {:?} -> {}", previous.map(|post| post.title.as_str()), instance.title));
    }
    #[receiver(post_save, sender = Post)]
    fn after(instance: &Post, previous: Option<&Post>) {
        LOG.note(format!("post {:?} -> {}", previous.map(|post| post.title.as_str()), instance.title));
    }
    let db = db().await;
    let mut post = Post { id: 0, title: "one".into() };
    post.save(&db).await?;
    assert_eq!(LOG.take(), ["pre None -> one", "post None -> one"]);
    post.title = "two".into();
    post.save(&db).await?;
    assert_eq!(LOG.take(), ["pre Some(\"one\") -> two", "post Some(\"one\") -> two"]);
    // What is in the database counts, not what this instance was loaded with.
    execute(&db, "UPDATE changes_previous SET title = 'elsewhere'").await;
    post.save(&db).update_fields([Post::TITLE]).await?;
    assert_eq!(LOG.take(), ["pre Some(\"elsewhere\") -> two", "post Some(\"elsewhere\") -> two"]);
    // A key that is set and has no row is an INSERT, with nothing before it.
    Post { id: 70, title: "new".into() }.save(&db).await?;
    assert_eq!(LOG.take(), ["pre None -> new", "post None -> new"]);
    Ok(())
}

#[tokio::test]
async fn previous_is_read_in_the_transaction_of_the_save() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_own_transaction")]
    struct Page {
        id: i64,
        views: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Page)]
    fn after(instance: &Page, previous: Option<&Page>) {
        LOG.note(format!("{:?} -> {}", previous.map(|page| page.views), instance.views));
    }
    let db = db().await;
    let mut page = Page { id: 0, views: 1 };
    page.save(&db).await?;
    LOG.take();
    let tx = db.begin().await?;
    page.views = 2;
    page.save(&tx).await?;
    page.views = 3;
    page.save(&tx).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["Some(1) -> 2", "Some(2) -> 3"]);
    page.save(&db).await?;
    assert_eq!(LOG.take(), ["Some(1) -> 3"]);
    Ok(())
}

#[tokio::test]
async fn a_connected_receiver_may_ask_for_the_previous_row() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_any")]
    struct Item {
        id: i64,
        price: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let mut item = Item { id: 0, price: 1 };
    item.save(&db).await?;
    // A connected receiver gets the whole payload, but the previous row is only read on request.
    let watch = ConnectOptions::uid("changes.any").previous();
    let guard = post_save.connect_scoped::<Item>(watch, |event| {
        LOG.record(format!("{:?} -> {}", event.previous.map(|item| item.price), event.instance.price))
    })?;
    item.price = 2;
    item.save(&db).await?;
    assert_eq!(LOG.take(), ["Some(1) -> 2"]);
    drop(guard);
    Ok(())
}

#[tokio::test]
async fn changed_holds_for_new_rows_and_for_other_values() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_changed")]
    struct User {
        id: i64,
        email: String,
        name: String,
        logins: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = User, changed(email))]
    fn verify(instance: &User, created: bool) {
        LOG.note(format!("email {} {created}", instance.email));
    }
    #[receiver(pre_save, sender = User, changed(email, name))]
    fn either(instance: &mut User) {
        LOG.note(format!("either {} {}", instance.email, instance.name));
    }
    let db = db().await;
    let mut user = User { id: 0, email: "a@x".into(), name: "a".into(), logins: 0 };
    user.save(&db).await?;
    assert_eq!(LOG.take(), ["either a@x a", "email a@x true"]);
    user.logins = 1;
    user.save(&db).await?;
    assert!(LOG.take().is_empty());
    user.name = "b".into();
    user.save(&db).await?;
    assert_eq!(LOG.take(), ["either a@x b"]);
    user.email = "b@x".into();
    user.save(&db).await?;
    assert_eq!(LOG.take(), ["either b@x b", "email b@x false"]);
    Ok(())
}

#[tokio::test]
async fn when_holds_for_the_transition_that_it_names() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_when")]
    struct Article {
        id: i64,
        status: Status,
        note: Option<String>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Article, when(status: Status::Draft | Status::Review => Status::Published))]
    fn published() {
        LOG.note("published");
    }
    #[receiver(post_save, sender = Article, when(status: _ => Status::Draft))]
    fn drafted() {
        LOG.note("drafted");
    }
    #[receiver(post_save, sender = Article, when(status: Status::Published => _))]
    fn withdrawn() {
        LOG.note("withdrawn");
    }
    #[receiver(post_save, sender = Article, changed(note), when(status: Status::Published => Status::Published))]
    fn noted() {
        LOG.note("noted");
    }
    let db = db().await;
    let mut article = Article { id: 0, status: Status::Draft, note: None };
    let mut expected = Vec::new();
    for (status, note, heard) in [
        (Status::Draft, None, &["drafted"][..]),
        (Status::Draft, None, &[]),
        (Status::Review, None, &[]),
        (Status::Published, None, &["published"]),
        (Status::Published, None, &[]),
        (Status::Published, Some("typo"), &["noted"]),
        (Status::Draft, Some("typo"), &["drafted", "withdrawn"]),
        (Status::Published, Some("typo"), &["published"]),
    ] {
        (article.status, article.note) = (status, note.map(str::to_owned));
        article.save(&db).await?;
        expected.push((LOG.take(), heard));
    }
    for (step, (heard, expected)) in expected.into_iter().enumerate() {
        assert_eq!(heard, expected, "step {step}");
    }
    Ok(())
}

#[tokio::test]
async fn pre_save_may_add_columns_to_the_save() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_extended")]
    struct Doc {
        id: i64,
        title: String,
        slug: String,
        hits: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Doc)]
    fn add(update_fields: Option<&mut FieldSet>) {
        if let Some(fields) = update_fields {
            fields.insert(Doc::HITS);
        }
    }
    #[receiver(post_save, sender = Doc)]
    fn after(update_fields: Option<&FieldSet>) {
        LOG.note(format!("{update_fields:?}"));
    }
    let db = db().await;
    let mut doc = Doc { id: 0, title: "a".into(), slug: "a".into(), hits: 0 };
    doc.save(&db).await?;
    assert_eq!(LOG.take(), ["None"]);
    (doc.title, doc.slug, doc.hits) = ("b".into(), "b".into(), 5);
    doc.save(&db).update_fields([Doc::TITLE]).await?;
    assert_eq!(LOG.take(), ["Some({\"title\", \"hits\"})"]);
    let row = Doc::get(&db, doc.id).await?;
    assert_eq!((row.title.as_str(), row.slug.as_str(), row.hits), ("b", "a", 5));
    Ok(())
}

#[tokio::test]
async fn what_pre_save_changes_outside_of_update_fields_is_written_too() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "changes_outside")]
    struct Doc {
        id: i64,
        title: String,
        slug: String,
        note: Option<String>,
    }
    #[receiver(pre_save, sender = Doc)]
    fn slug(instance: &mut Doc) {
        instance.slug = instance.title.to_lowercase();
    }
    let db = db().await;
    let mut doc = Doc { id: 0, title: "First".into(), slug: String::new(), note: None };
    doc.save(&db).quiet().await?;
    // `note` was changed before the save, and not by a receiver.
    (doc.title, doc.note) = ("Second".into(), Some("kept in memory".into()));
    doc.save(&db).update_fields([Doc::TITLE]).await?;
    let texts = async |column| texts(&db, format!("SELECT {column} FROM changes_outside")).await;
    assert_eq!((texts("title").await, texts("slug").await), (vec!["Second".into()], vec!["second".into()]));
    assert_eq!(count(&db, "SELECT count(*) FROM changes_outside WHERE note IS NULL").await, 1);
    Ok(())
}

#[tokio::test]
async fn a_column_that_a_save_leaves_out_has_not_changed() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "changes_left_out")]
    struct Doc {
        id: i64,
        title: String,
        status: Status,
        size: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Doc, changed(title, size))]
    fn changed(signal: &str) {
        LOG.note(format!("{signal} changed"));
    }
    #[receiver(post_save, sender = Doc, when(status: _ => Status::Published))]
    fn published(instance: &Doc) {
        LOG.note(format!("published {}", instance.size));
    }
    let db = db().await;
    let mut doc = Doc { id: 0, title: "a".into(), status: Status::Draft, size: 0 };
    doc.save(&db).quiet().await?;
    doc.title = "b".into();
    doc.status = Status::Published;
    doc.save(&db).update_fields([Doc::SIZE]).await?;
    Doc::bulk_update(&db, std::slice::from_mut(&mut doc), [Doc::SIZE]).await?;
    assert!(LOG.take().is_empty());
    doc.save(&db).update_fields([Doc::STATUS]).await?;
    assert_eq!(LOG.take(), ["published 0"]);
    doc.size = 1;
    doc.save(&db).update_fields([Doc::SIZE]).await?;
    assert_eq!(LOG.take(), ["pre_save changed", "post_save changed"]);
    doc.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save changed", "post_save changed"]);
    Ok(())
}

#[tokio::test]
async fn update_fields_that_cannot_be_written_are_refused() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "changes_unfit")]
    struct Doc {
        id: i64,
        title: String,
    }
    #[receiver(pre_save, sender = Doc)]
    fn spoil(instance: &Doc, update_fields: Option<&mut FieldSet>) {
        let Some(fields) = update_fields else { return };
        match instance.title.as_str() {
            "empty" => *fields = FieldSet::empty::<Doc>(),
            "other" => *fields = FieldSet::of::<Elsewhere>(&[Elsewhere::SIZE]),
            "key" => fields.insert(Doc::ID),
            _ => {}
        }
    }
    #[derive(Debug, Model)]
    #[model(table = "changes_unfit_elsewhere")]
    struct Elsewhere {
        id: i64,
        size: i64,
    }
    let db = db().await;
    let mut doc = Doc { id: 0, title: "fine".into() };
    doc.save(&db).await?;
    for (title, problem) in [("empty", "emptied"), ("other", "another model"), ("key", "primary key")] {
        doc.title = title.into();
        let saved = doc.save(&db).update_fields([Doc::TITLE]).await;
        let bulk = Doc::bulk_update(&db, std::slice::from_mut(&mut doc), [Doc::TITLE]).await;
        let set = Doc::objects().update(&db, [Doc::TITLE.set(title)]).await.map(drop);
        for outcome in [saved, bulk, set] {
            let Err(Error::SaveOptions { model: "Doc", problem: told }) = outcome else {
                panic!("{title}: {outcome:?}")
            };
            assert!(told.contains(problem), "{told}");
        }
        assert_eq!(Doc::get(&db, doc.id).await?.title, "fine");
    }
    Ok(())
}
