//! `m2m_changed` for links that others add and remove at the same time.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use futures_util::future::join_all;
use signals::model::Key;
use signals::{AnyModel, Db, Error, KeySet, M2mAction, Model, Result, Tx, m2m_changed, post_delete, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere, execute, retried, rows};
use tokio::time::sleep;

/// Two models, related by `PostTopics`, with the tables of a test's own.
macro_rules! blog {
    ($posts:literal, $topics:literal) => {
        #[derive(Debug, Clone, Model)]
        #[model(table = $posts, many_to_many(topics: Topic, related = posts))]
        struct Post {
            id: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $topics)]
        struct Topic {
            id: i64,
        }
        #[allow(dead_code, reason = "not every test wants the same rows")]
        async fn fill(db: &Db, topics: usize) -> Result<Post> {
            let mut post = Post { id: 0 };
            post.save(db).await?;
            Topic::bulk_create(db, &mut vec![Topic { id: 0 }; topics]).await?;
            Ok(post)
        }
    };
}

fn shown(action: M2mAction, keys: Option<&KeySet>) -> String {
    format!("{action:?} {}", keys.map(ToString::to_string).unwrap_or_default())
}

#[tokio::test]
async fn post_add_has_no_key_that_a_receiver_added_itself() -> Result<()> {
    blog!("exact_links_own_post", "exact_links_own_topic");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PostTopics)]
    async fn add_some(action: M2mAction, instance: &dyn AnyModel, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        LOG.note(shown(action, keys));
        match instance.downcast_ref::<Post>() {
            Some(post) if action == M2mAction::PreAdd => post.topics().add(tx, [2_i64, 3]).quiet().await,
            _ => Ok(()),
        }
    }
    let db = db().await;
    let post = fill(&db, 4).await?;
    post.topics().add(&db, [1_i64, 2]).await?;
    assert_eq!(LOG.take(), ["PreAdd 1, 2", "PostAdd 1"]);
    post.topics().set(&db, [2_i64, 3, 4]).await?;
    assert_eq!(LOG.take(), ["PreRemove 1", "PostRemove 1", "PreAdd 4", "PostAdd 4"]);
    post.topics().set(&db, [1_i64, 3]).clear().await?;
    assert_eq!(LOG.take(), ["PreClear ", "PostClear ", "PreAdd 1, 3", "PostAdd 1"]);
    assert_eq!(post.topics().keys(&db).await?, [1, 2, 3]);
    // Django sends the pair with no key too.
    post.topics().add(&db, [1_i64]).await?;
    assert_eq!(LOG.take(), ["PreAdd ", "PostAdd "]);
    Ok(())
}

#[tokio::test]
async fn post_add_of_links_that_nothing_makes_unique_has_no_key_that_a_receiver_added() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_loose_one", many_to_many(others: Self, through = Stint, through_fields(one_id, other_id), symmetrical))]
    struct One {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_loose_stint")]
    struct Stint {
        id: i64,
        #[model(references = One, on_delete = cascade)]
        one_id: i64,
        #[model(references = One, on_delete = cascade)]
        other_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = Stint)]
    async fn add_some(action: M2mAction, instance: &dyn AnyModel, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        LOG.note(shown(action, keys));
        match instance.downcast_ref::<One>() {
            Some(one) if action == M2mAction::PreAdd => one.others().add(tx, [2_i64]).quiet().await,
            _ => Ok(()),
        }
    }
    let db = db().await;
    One::bulk_create(&db, &mut vec![One { id: 0 }; 3]).await?;
    let one = One::get(&db, 1).await?;
    one.others().add(&db, [1_i64, 2, 3]).await?;
    assert_eq!(LOG.take(), ["PreAdd 1, 2, 3", "PostAdd 1, 3"]);
    assert_eq!(rows(&db, "exact_links_loose_stint").await, 5, "both ways, and one to itself");
    Ok(())
}

#[tokio::test]
async fn links_that_others_removed_after_the_transactions_first_read_are_added_again() -> Result<()> {
    blog!("exact_links_old_post", "exact_links_old_topic");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PostTopics)]
    fn tell(action: M2mAction, keys: Option<&KeySet>) {
        LOG.note(shown(action, keys));
    }
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        // In SQLite no one else writes after the first write of a transaction.
        return Ok(());
    }
    let db = db().await;
    let post = fill(&db, 2).await?;
    for is_set in [false, true] {
        post.topics().set(&db, [1_i64, 2]).quiet().await?;
        let tx = db.begin().await?;
        assert_eq!(post.topics().keys(&tx).await?, [1, 2], "it has its snapshot");
        post.topics().remove(&db, [1_i64]).quiet().await?;
        let change = post.topics();
        if is_set {
            change.set(&tx, [1_i64, 2]).await?;
        } else {
            change.add(&tx, [1_i64, 2]).await?;
        }
        tx.commit().await?;
        assert_eq!(LOG.take(), ["PreAdd 1", "PostAdd 1"]);
        assert_eq!(post.topics().keys(&db).await?, [1, 2]);
    }
    Ok(())
}

/// Adds links from four tasks at once, none of which has read them, and returns the number of keys in
/// `PostAdd`.
async fn added_by_four<F: Future<Output = Result<()>>>(told: &AtomicI64, add: impl Fn(i64) -> F) -> i64 {
    let add = &add;
    join_all((0..4).map(|task| retried(move || add(task)))).await;
    told.load(SeqCst)
}

#[tokio::test]
async fn several_tasks_that_add_the_same_links_send_each_once() -> Result<()> {
    blog!("exact_links_race_post", "exact_links_race_topic");
    static TOLD: AtomicI64 = AtomicI64::new(0);
    #[receiver(m2m_changed, sender = PostTopics)]
    async fn tell(action: M2mAction, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        match action {
            // All of them have looked by then.
            M2mAction::PreAdd => sleep(Duration::from_millis(100)).await,
            M2mAction::PostAdd => {
                let added = i64::try_from(keys.map_or(0, KeySet::len)).unwrap();
                tx.on_commit(async move {
                    TOLD.fetch_add(added, SeqCst);
                    Ok::<_, Error>(())
                })
                .unwrap();
            }
            _ => {}
        }
        Ok(())
    }
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = &db().await;
    let post = &fill(db, 80).await?;
    // Each task adds a different 60 of the 80, so that it finds links of another task among its own.
    let topics = |task: i64| (1..=80_i64).filter(move |topic| topic % 4 != task);
    let told = added_by_four(&TOLD, |task| async move { post.topics().add(db, topics(task)).await }).await;
    assert_eq!((told, post.topics().count(db).await?), (80, 80));

    TOLD.store(0, SeqCst);
    post.topics().clear(db).quiet().await?;
    let topic = &Topic::get(db, 1).await?;
    let told = added_by_four(&TOLD, |task| async move {
        // From both sides.
        if task % 2 == 0 { post.topics().add(db, [1_i64, 2]).await } else { topic.posts().add(db, [post]).await }
    })
    .await;
    assert_eq!((told, post.topics().count(db).await?), (2, 2));
    Ok(())
}

#[tokio::test]
async fn several_tasks_that_add_symmetrical_links_send_each_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_friend", many_to_many(friends: Self, symmetrical))]
    struct Person {
        id: i64,
    }
    static TOLD: AtomicI64 = AtomicI64::new(0);
    #[receiver(m2m_changed, sender = PersonFriends)]
    async fn tell(action: M2mAction, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        if action == M2mAction::PreAdd {
            sleep(Duration::from_millis(50)).await;
        } else if action == M2mAction::PostAdd {
            let added = i64::try_from(keys.map_or(0, KeySet::len)).unwrap();
            tx.on_commit(async move {
                TOLD.fetch_add(added, SeqCst);
                Ok::<_, Error>(())
            })
            .unwrap();
        }
        Ok(())
    }
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = &db().await;
    Person::bulk_create(db, &mut vec![Person { id: 0 }; 10]).await?;
    let people = &Person::objects().all(db).await?;
    // Ann adds Bob while Bob adds Ann.
    let told = added_by_four(&TOLD, |task| async move {
        let place = usize::try_from(task).unwrap();
        people[place].friends().add(db, people).await
    })
    .await;
    let links = rows(db, "exact_links_friend_friends").await;
    // Four of ten add all: 6 links between the four, to themselves 4, and 24 to the others.
    assert_eq!((told, links), (6 + 4 + 24, 2 * 6 + 4 + 2 * 24));
    Ok(())
}

#[tokio::test]
async fn several_tasks_that_add_links_that_nothing_makes_unique_make_each_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_band", many_to_many(members: Musician, related = bands, through = Played))]
    struct Band {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_musician")]
    struct Musician {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_played")]
    struct Played {
        id: i64,
        #[model(references = Band, on_delete = cascade)]
        band_id: i64,
        #[model(references = Musician, on_delete = cascade)]
        musician_id: i64,
    }
    static TOLD: AtomicI64 = AtomicI64::new(0);
    #[receiver(m2m_changed, sender = Played)]
    async fn tell(action: M2mAction, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        if action == M2mAction::PreAdd {
            sleep(Duration::from_millis(50)).await;
        } else if action == M2mAction::PostAdd {
            let added = i64::try_from(keys.map_or(0, KeySet::len)).unwrap();
            tx.on_commit(async move {
                TOLD.fetch_add(added, SeqCst);
                Ok::<_, Error>(())
            })
            .unwrap();
        }
        Ok(())
    }
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = &db().await;
    let mut band = Band { id: 0 };
    band.save(db).await?;
    Musician::bulk_create(db, &mut vec![Musician { id: 0 }; 20]).await?;
    let (band, musician) = (&band, &Musician::get(db, 1).await?);
    let told = added_by_four(&TOLD, |task| async move {
        if task % 2 == 0 { band.members().add(db, 1..=20_i64).await } else { musician.bands().add(db, [band]).await }
    })
    .await;
    assert_eq!((told, rows(db, "exact_links_played").await), (20, 20));
    band.members().clear(db).quiet().await?;
    let quiet = (0..4).map(|_| retried(|| async { band.members().add(db, 1..=20_i64).quiet().await }));
    join_all(quiet).await;
    assert_eq!(rows(db, "exact_links_played").await, 20);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_has_read_before_adds_no_link_that_is_there_by_now() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_read_band", many_to_many(members: Player, related = bands, through = Seat))]
    struct Band {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_read_player")]
    struct Player {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_read_seat")]
    struct Seat {
        id: i64,
        #[model(references = Band, on_delete = cascade)]
        band_id: i64,
        #[model(references = Player, on_delete = cascade)]
        player_id: i64,
    }
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = &db().await;
    let mut band = Band { id: 0 };
    band.save(db).await?;
    Player::bulk_create(db, &mut vec![Player { id: 0 }; 3]).await?;
    let tx = db.begin().await?;
    assert_eq!(Seat::objects().count(&tx).await?, 0);
    band.members().add(db, [1_i64, 2]).await?;
    band.members().add(&tx, 1..=3_i64).await?;
    tx.commit().await?;
    assert_eq!(rows(db, "exact_links_read_seat").await, 3);
    Ok(())
}

#[tokio::test]
async fn signals_of_adds_and_removals_add_up_to_the_existing_links() -> Result<()> {
    blog!("exact_links_mix_post", "exact_links_mix_topic");
    /// The number of links sent as added, less those sent as deleted.
    static LEFT: AtomicI64 = AtomicI64::new(0);
    fn count(tx: &Tx, links: i64) {
        tx.on_commit(async move {
            LEFT.fetch_add(links, SeqCst);
            Ok::<_, Error>(())
        })
        .unwrap();
    }
    #[receiver(m2m_changed, sender = PostTopics)]
    async fn added(action: M2mAction, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
        if action == M2mAction::PostAdd {
            count(tx, i64::try_from(keys.map_or(0, KeySet::len)).unwrap());
        }
        Ok(())
    }
    #[receiver(post_delete, sender = PostTopics)]
    async fn removed(tx: &Tx) -> Result<()> {
        count(tx, -1);
        Ok(())
    }
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = &db().await;
    let post = &fill(db, 12).await?;
    let topic = &Topic::get(db, 5).await?;
    let tasks = (0..4_i64).map(|task| async move {
        for round in 0..12_i64 {
            let topics = (1..=12_i64).filter(move |topic| (topic + task + round) % 3 != 0);
            match (task + round) % 6 {
                0 | 1 => retried(|| async { post.topics().add(db, topics.clone()).await }).await,
                2 => retried(|| async { post.topics().remove(db, topics.clone()).await }).await,
                3 => retried(|| async { post.topics().set(db, topics.clone()).await }).await,
                4 => retried(|| async { topic.posts().set(db, [post]).clear().await }).await,
                _ => retried(|| async { post.topics().clear(db).await }).await,
            }
        }
    });
    join_all(tasks).await;
    let links = i64::try_from(post.topics().count(db).await?).unwrap();
    assert_eq!(LEFT.load(SeqCst), links);
    Ok(())
}

/// Declares a band whose members each have a unique seat.
macro_rules! band {
    ($people:literal, $bands:literal, $links:literal $(, $unique:meta)?) => {
        #[derive(Debug, Clone, Model)]
        #[model(table = $people)]
        struct Person {
            id: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $bands, many_to_many(members: Person, related = bands, through = Membership))]
        struct Band {
            id: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $links, unique(band_id, person_id))]
        struct Membership {
            id: i64,
            #[model(references = Person, on_delete = cascade)]
            person_id: i64,
            #[model(references = Band, on_delete = cascade)]
            band_id: i64,
            $(#[$unique])?
            seat: i64,
        }
        async fn band(db: &Db) -> Result<Band> {
            let mut band = Band { id: 0 };
            band.save(db).await?;
            Person::bulk_create(db, &mut vec![Person { id: 0 }; 4]).await?;
            Ok(band)
        }
        /// Checks that a taken seat is an error, by every way to add a link, whatever links exist.
        async fn check(db: &Db) -> Result<()> {
            let band = band(db).await?;
            band.members().add(db, [1_i64]).through_defaults([Membership::SEAT.set(1)]).quiet().await?;
            for keys in [vec![2], vec![1, 2], vec![2, 3]] {
                let add = || band.members().add(db, keys.clone()).through_defaults([Membership::SEAT.set(1)]);
                for refused in [add().quiet().await, add().await] {
                    let error = refused.unwrap_err();
                    assert!(error.is_unique_violation(), "{keys:?}: {error}");
                    assert_eq!(band.members().keys(db).await?, [1], "{keys:?}");
                }
            }
            // The pair exists, so no link is made and no seat is taken.
            band.members().add(db, [1_i64]).through_defaults([Membership::SEAT.set(1)]).quiet().await?;
            band.members().add(db, [1_i64]).through_defaults([Membership::SEAT.set(2)]).quiet().await?;
            band.members().add(db, [1_i64]).through_defaults([Membership::SEAT.set(1)]).await?;
            let tx = db.begin().await?;
            let savepoint = tx.begin().await?;
            let taken = band.members().add(&savepoint, [2_i64]).through_defaults([Membership::SEAT.set(1)]).quiet().await;
            assert!(taken.is_err_and(|error| error.is_unique_violation()));
            savepoint.rollback().await?;
            band.members().add(&tx, [2_i64]).through_defaults([Membership::SEAT.set(2)]).await?;
            tx.commit().await?;
            assert_eq!(band.members().keys(db).await?, [1, 2]);
            Ok(())
        }
    };
}

#[tokio::test]
async fn another_unique_column_of_the_links_is_not_passed_over() -> Result<()> {
    band!("exact_links_seat_person", "exact_links_seat_band", "exact_links_seat", model(unique));
    #[receiver(m2m_changed, sender = Membership)]
    fn listen(action: M2mAction) {
        let _ = action;
    }
    check(&db().await).await
}

#[tokio::test]
async fn a_unique_key_that_only_the_schema_has_is_not_passed_over() -> Result<()> {
    band!("exact_links_schema_person", "exact_links_schema_band", "exact_links_schema_seat");
    #[receiver(m2m_changed, sender = Membership)]
    async fn listen(action: M2mAction, tx: &Tx) -> Result<()> {
        let _ = (action, tx);
        Ok(())
    }
    let db = db().await;
    execute(&db, "CREATE UNIQUE INDEX only_here ON exact_links_schema_seat (seat)").await;
    check(&db).await
}

#[tokio::test]
async fn links_of_text_keys_are_sent_as_they_were_passed() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_label")]
    struct Label {
        #[model(primary_key)]
        slug: String,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_links_brand", many_to_many(labels: Label, related = brands))]
    struct Brand {
        id: uuid::Uuid,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = BrandLabels, raw)]
    fn tell(action: M2mAction, keys: Option<&KeySet>) {
        LOG.note(shown(action, keys));
        assert!(keys.is_none_or(|keys| !keys.contains(&Key::Int(1))));
    }
    let db = db().await;
    for slug in ["a", "b", ""] {
        Label { slug: slug.into() }.save(&db).await?;
    }
    let mut brand = Brand { id: uuid::Uuid::from_u128(7) };
    brand.save(&db).await?;
    brand.labels().add(&db, ["b", ""]).raw().await?;
    let mut third = Label { slug: "c".into() };
    brand.labels().create(&db, &mut third).await?;
    Label::get(&db, "a").await?.brands().add(&db, [&brand]).await?;
    let id = brand.id;
    let told = ["PreAdd , b".to_owned(), "PostAdd , b".into(), "PreAdd c".into(), "PostAdd c".into()];
    assert_eq!(LOG.take(), [&told[..], &[format!("PreAdd {id}"), format!("PostAdd {id}")]].concat());
    Ok(())
}
