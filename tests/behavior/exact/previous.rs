//! `previous`, `created` and the conditions of a receiver belong to the row that is written.

use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused, rows};
use uuid::Uuid;

mod conditions;
mod replaced;
mod restored;

#[tokio::test]
async fn a_key_that_pre_save_makes_is_that_of_the_row_before() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_slug")]
    struct Page {
        #[model(primary_key)]
        slug: String,
        title: String,
        views: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Page)]
    fn slug(instance: &mut Page) {
        instance.slug = instance.title.to_lowercase().replace(' ', "-");
    }
    #[receiver(post_save, sender = Page, priority = 1)]
    fn saved(instance: &Page, created: bool, previous: Option<&Page>) {
        LOG.note(format!("{} {created} {:?}", instance.slug, previous.map(|page| (&*page.slug, page.views))));
    }
    #[receiver(post_save, sender = Page, priority = 2, changed(title))]
    fn retitled(instance: &Page) {
        LOG.note(format!("{} retitled", instance.slug));
    }
    #[receiver(post_save, sender = Page, priority = 3, when(views: 1 => 2))]
    fn seen_again(instance: &Page) {
        LOG.note(format!("{} seen again", instance.slug));
    }
    #[receiver(post_save, sender = Page, on_commit)]
    fn committed(instance: &Page, created: bool, previous: Option<&Page>) {
        LOG.note(format!("commit {} {created} {:?}", instance.slug, previous.map(|page| (&*page.slug, page.views))));
    }
    let db = db().await;
    let page = |slug: &str, title: &str, views| Page { slug: slug.into(), title: title.into(), views };
    page("", "Hello World", 1).save(&db).await?;
    assert_eq!(
        LOG.take(),
        ["hello-world true None", "hello-world retitled", "commit hello-world true None"],
        "an empty key that becomes a new one"
    );
    page("", "Hello World", 2).save(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "hello-world false Some((\"hello-world\", 1))",
            "hello-world seen again",
            "commit hello-world false Some((\"hello-world\", 1))"
        ],
        "an empty key that becomes that of a row"
    );
    page("", "bee", 1).save(&db).await?;
    LOG.take();
    let mut renamed = Page::get(&db, "hello-world").await?;
    (renamed.title, renamed.views) = ("bee".into(), 2);
    renamed.save(&db).await?;
    assert_eq!(
        LOG.take(),
        ["bee false Some((\"bee\", 1))", "bee seen again", "commit bee false Some((\"bee\", 1))"],
        "a key that becomes that of another row"
    );
    let mut renamed = Page::get(&db, "bee").await?;
    renamed.title = "cat".into();
    renamed.save(&db).await?;
    assert_eq!(LOG.take(), ["cat true None", "cat retitled", "commit cat true None"], "a key that becomes a new one");
    let mut limited = Page::get(&db, "cat").await?;
    (limited.title, limited.views) = ("bee".into(), 7);
    limited.save(&db).update_fields([Page::VIEWS]).await?;
    assert_eq!(LOG.take(), ["bee false Some((\"bee\", 2))", "commit bee false Some((\"bee\", 2))"], "some columns");
    assert_eq!((rows(&db, "exact_slug").await, Page::get(&db, "bee").await?.views), (3, 7));
    Ok(())
}

#[tokio::test]
async fn a_key_that_replaces_a_generated_one_may_be_that_of_a_row() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_named")]
    struct Named {
        id: Uuid,
        name: String,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Named)]
    fn of_name(instance: &mut Named) {
        instance.id = Uuid::from_u64_pair(1, instance.name.len() as u64);
    }
    #[receiver(post_save, sender = Named)]
    fn saved(created: bool, previous: Option<&Named>) {
        LOG.note(format!("{created} {:?}", previous.map(|named| named.count)));
    }
    let db = db().await;
    for count in 1..=2 {
        Named { id: Uuid::nil(), name: "ann".into(), count }.save(&db).await?;
    }
    assert_eq!(LOG.take(), ["true None", "false Some(1)"]);
    assert_eq!(rows(&db, "exact_named").await, 1);
    Ok(())
}

#[tokio::test]
async fn bulk_writes_keep_to_the_rows_of_their_list() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "exact_bulk")]
    struct Item {
        #[model(primary_key)]
        code: String,
        wanted: String,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item)]
    fn take_wanted(instance: &mut Item) {
        if !instance.wanted.is_empty() {
            instance.code.clone_from(&instance.wanted);
        }
    }
    #[receiver(post_save, sender = Item)]
    fn saved(instance: &Item, created: bool, previous: Option<&Item>) {
        LOG.note(format!("{} {created} {:?}", instance.code, previous.map(|item| item.count)));
    }
    let db = db().await;
    let item = |code: &str, wanted: &str, count| Item { code: code.into(), wanted: wanted.into(), count };
    let mut list = [item("a", "", 1), item("b", "", 2), item("", "c", 3)];
    Item::bulk_create(&db, &mut list).await?;
    assert_eq!(LOG.take(), ["a true None", "b true None", "c true None"]);

    // One that is not in the list, and two of the list that change places.
    for wanted in [["c", ""], ["b", "a"]] {
        let mut list = [item("a", wanted[0], 10), item("b", wanted[1], 20)];
        let before = list.clone();
        let refused = Item::bulk_update(&db, &mut list, [Item::COUNT]).await.unwrap_err();
        assert!(
            matches!(&refused, Error::SaveOptions { problem, .. } if problem.contains("receivers must not change keys"))
        );
        assert_eq!(list, before, "the instances are as they were");
        assert!(LOG.take().is_empty());
    }
    for (code, count) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(Item::get(&db, code).await?.count, count);
    }
    let mut list = [item("b", "", 20), item("a", "", 10)];
    Item::bulk_update(&db, &mut list, [Item::COUNT]).await?;
    assert_eq!(LOG.take(), ["b false Some(2)", "a false Some(1)"]);

    // An INSERT never takes the row of another.
    let mut list = [item("", "a", 100)];
    assert!(Item::bulk_create(&db, &mut list).await.unwrap_err().is_unique_violation());
    assert_eq!(Item::get(&db, "a").await?.count, 10);
    Ok(())
}

#[tokio::test]
async fn a_raw_save_reads_no_row_that_no_receiver_can_take() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_raw_alone")]
    struct Row {
        id: i64,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, raw)]
    async fn save_again(instance: &Row, raw: bool, tx: &signals::Tx) -> Result<()> {
        if raw && instance.count == 2 {
            let mut again = instance.clone();
            again.count = 3;
            again.save(tx).await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Row, on_commit)]
    fn committed(instance: &Row, created: bool, previous: Option<&Row>) {
        LOG.note(format!("{} {created} {:?}", instance.count, previous.map(|row| row.count)));
    }
    let db = db().await;
    let mut row = Row { id: 1, count: 1 };
    row.save(&db).raw().await?;
    assert!(LOG.take().is_empty());
    // A receiver of the raw save makes a save of it that calls the others.
    row.count = 2;
    row.save(&db).raw().await?;
    assert_eq!(LOG.take(), ["3 false Some(1)"]);
    Ok(())
}

/// Used by the modules of this file.
fn refused_with(outcome: Result<()>) -> Option<&'static str> {
    outcome.err().as_ref().and_then(refused)
}

const NO: Refused = Refused("no");
