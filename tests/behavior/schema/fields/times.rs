//! `auto_now` and `auto_now_add`.

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, Utc};
use signals::{Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, db};
use time::{OffsetDateTime, PrimitiveDateTime};

// D61: stamped after pre_save, just before the write.
#[tokio::test]
async fn auto_now_is_empty_in_pre_save_and_filled_in_post_save() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "times_sequence")]
    struct Page {
        id: i64,
        #[model(auto_now)]
        updated: Option<DateTime<Utc>>,
        #[model(auto_now_add)]
        added: Option<DateTime<Utc>>,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Page)]
    fn before(instance: &Page) {
        LOG.note(format!("pre {} {}", instance.updated.is_some(), instance.added.is_some()));
    }
    #[receiver(post_save, sender = Page)]
    fn after(instance: &Page) {
        LOG.note(format!("post {} {}", instance.updated.is_some(), instance.added.is_some()));
    }

    let db = db().await;
    let start = Utc::now().trunc_subsecs(6);
    let mut page = Page { id: 0, updated: None, added: None };
    page.save(&db).await?;
    assert_eq!(LOG.take(), ["pre false false", "post true true"]);
    let row = Page::get(&db, page.id).await?;
    assert_eq!((row.updated, row.added), (page.updated, page.added));
    assert!(row.updated >= Some(start) && row.updated <= Some(Utc::now()));
    Ok(())
}

#[tokio::test]
async fn auto_now_is_stamped_by_every_save_and_auto_now_add_by_the_first() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "times_every_save")]
    struct Post {
        id: i64,
        text: String,
        #[model(auto_now)]
        updated: DateTime<Utc>,
        #[model(auto_now_add)]
        added: DateTime<Utc>,
    }
    let db = db().await;
    let epoch = DateTime::UNIX_EPOCH;
    let mut post = Post { id: 0, text: "a".into(), updated: epoch, added: epoch };
    post.save(&db).await?;
    let first = (post.updated, post.added);
    assert!(first.0 > epoch && first.1 > epoch);
    post.save(&db).await?;
    assert!(post.updated > first.0);
    assert_eq!(post.added, first.1);
    // What the row has is what the instance has.
    assert_eq!(Post::get(&db, 1).await?, post);
    // A row that had to be inserted again is new.
    post.delete(&db).await?;
    post.save(&db).await?;
    assert!(post.added > first.1);
    Ok(())
}

// Which columns are stamped follows update_fields.
#[tokio::test]
async fn auto_now_follows_update_fields() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "times_update_fields")]
    struct Doc {
        id: i64,
        text: String,
        #[model(auto_now)]
        updated: DateTime<Utc>,
        #[model(auto_now_add)]
        added: DateTime<Utc>,
    }
    let db = db().await;
    let mut doc = Doc { id: 0, text: "a".into(), updated: DateTime::UNIX_EPOCH, added: DateTime::UNIX_EPOCH };
    doc.save(&db).await?;
    let before = (doc.updated, doc.added);
    doc.text = "b".into();
    doc.save(&db).update_fields([Doc::TEXT]).await?;
    assert_eq!((doc.updated, doc.added), before);
    doc.save(&db).update_fields([Doc::TEXT, Doc::UPDATED, Doc::ADDED]).await?;
    assert!(doc.updated > before.0);
    assert_eq!(doc.added, before.1);
    assert_eq!(Doc::get(&db, 1).await?, doc);
    Ok(())
}

// D74: a raw write takes the values as they are.
#[tokio::test]
async fn a_raw_save_leaves_the_times_alone() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "times_raw")]
    struct Fixture {
        id: i64,
        #[model(auto_now)]
        updated: DateTime<Utc>,
        #[model(auto_now_add)]
        added: Option<DateTime<Utc>>,
    }
    let db = db().await;
    let mut fixture = Fixture { id: 0, updated: DateTime::UNIX_EPOCH, added: None };
    fixture.save(&db).raw().await?;
    fixture.save(&db).raw().await?;
    assert_eq!((fixture.updated, fixture.added), (DateTime::UNIX_EPOCH, None));
    assert_eq!(Fixture::get(&db, 1).await?, fixture);
    // A quiet save also stamps the fields.
    fixture.save(&db).quiet().await?;
    assert!(fixture.updated > DateTime::UNIX_EPOCH && fixture.added.is_none());
    Ok(())
}

#[tokio::test]
async fn every_type_of_time_can_be_stamped() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "times_types")]
    struct Clock {
        id: i64,
        #[model(auto_now)]
        chrono_utc: DateTime<Utc>,
        #[model(auto_now)]
        chrono_naive: NaiveDateTime,
        #[model(auto_now_add)]
        time_offset: OffsetDateTime,
        #[model(auto_now_add)]
        time_primitive: Option<PrimitiveDateTime>,
    }
    let db = db().await;
    let start = Utc::now().trunc_subsecs(6);
    let mut clock = Clock {
        id: 0,
        chrono_utc: DateTime::UNIX_EPOCH,
        chrono_naive: DateTime::UNIX_EPOCH.naive_utc(),
        time_offset: OffsetDateTime::UNIX_EPOCH,
        time_primitive: None,
    };
    clock.save(&db).await?;
    let seconds = start.timestamp();
    assert!(clock.chrono_utc >= start && clock.chrono_naive >= start.naive_utc());
    assert!(clock.time_offset.unix_timestamp() >= seconds);
    assert!(clock.time_primitive.unwrap().assume_utc().unix_timestamp() >= seconds);
    // Whole microseconds, which every database keeps.
    assert_eq!((clock.chrono_utc.timestamp_subsec_nanos() % 1000, clock.time_offset.nanosecond() % 1000), (0, 0));
    assert_eq!(Clock::get(&db, 1).await?, clock);
    Ok(())
}
