//! Upserts: `on_conflict` of a save and of `bulk_create`.

mod computing;
mod keys;
mod rows;
mod stored;

use signals::model::Upserted::{self, Inserted, Kept, Updated};
use signals::{Db, Error, FieldSet, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, count, db, execute, refused, rows, texts};

/// Declares a model without receivers, with a table of the test's own.
macro_rules! member {
    ($table:literal) => {
        #[derive(Debug, Clone, PartialEq, Model)]
        #[model(table = $table)]
        struct Member {
            id: i64,
            #[model(unique)]
            email: String,
            name: String,
            visits: i32,
        }

        #[allow(dead_code, reason = "not every test has all of them")]
        impl Member {
            fn new(email: &str, name: &str) -> Self {
                Self { id: 0, email: email.into(), name: name.into(), visits: 1 }
            }

            /// Returns the row of each instance.
            async fn stored(db: &Db, members: &[Self]) -> Result<Vec<Self>> {
                let mut rows = Vec::new();
                for member in members {
                    rows.push(Self::get(db, member.id).await?);
                }
                Ok(rows)
            }
        }
    };
}

#[tokio::test]
async fn an_upsert_without_receivers_writes_the_row_that_is_there_or_a_new_one() -> Result<()> {
    member!("upserts_plain");
    let db = db().await;
    let (mut ann, mut anna) = (Member::new("ann@b.c", "Ann"), Member { visits: 7, ..Member::new("ann@b.c", "Anna") });
    ann.save(&db).on_conflict([Member::EMAIL]).update([Member::NAME]).await?;
    assert!(ann.id > 0);
    anna.save(&db).on_conflict([Member::EMAIL]).update([Member::NAME]).await?;
    assert_eq!(anna, Member { name: "Anna".into(), ..ann }, "the key and the other columns are the row's");

    let mut members = [Member::new("bob@b.c", "Bob"), Member::new("ann@b.c", "Annie"), Member::new("cleo@b.c", "Cleo")];
    Member::bulk_create(&db, &mut members).on_conflict([Member::EMAIL]).update([Member::NAME]).await?;
    assert_eq!(Member::stored(&db, &members).await?, members);
    assert_eq!((members[1].id, rows(&db, "upserts_plain").await), (anna.id, 3));

    let mut members = [Member::new("dan@b.c", "Dan"), Member::new("ann@b.c", "ignored")];
    Member::bulk_create(&db, &mut members).on_conflict([Member::EMAIL]).ignore().await?;
    assert_eq!(Member::stored(&db, &members).await?, members);
    assert_eq!((members[1].id, &*members[1].name), (anna.id, "Annie"));
    let mut ann = Member::new("ann@b.c", "ignored");
    ann.save(&db).on_conflict([Member::EMAIL]).ignore().await?;
    assert_eq!((ann.id, &*ann.name), (anna.id, "Annie"));
    Ok(())
}

#[tokio::test]
async fn a_report_has_what_was_done_in_the_order_of_the_list() -> Result<()> {
    member!("upserts_report");
    let db = db().await;
    for batch_size in [1, 2, 10] {
        execute(&db, "DELETE FROM upserts_report").await;
        let list = || ["d", "a", "c", "b"].map(|email| Member::new(email, email));
        let mut old = [Member::new("c", "old"), Member::new("a", "old")];
        Member::bulk_create(&db, &mut old).await?;
        let mut all = list();
        let upsert = Member::bulk_create(&db, &mut all).batch_size(batch_size).on_conflict([Member::EMAIL]);
        assert_eq!(upsert.ignore().report().await?, [Inserted, Kept, Kept, Inserted]);
        assert_eq!(Member::stored(&db, &all).await?, all);
        assert_eq!(all.each_ref().map(|member| &*member.name), ["d", "old", "old", "b"]);
        let mut all = list();
        let upsert = Member::bulk_create(&db, &mut all).on_conflict([Member::EMAIL]).update([Member::NAME]).report();
        assert_eq!(upsert.batch_size(batch_size).await?, [Updated; 4]);
        assert_eq!(Member::stored(&db, &all).await?, all);
        assert_eq!(all.map(|member| member.name), ["d", "a", "c", "b"]);
    }
    let none: Vec<Upserted> = Member::bulk_create(&db, &mut []).on_conflict([Member::EMAIL]).ignore().report().await?;
    assert!(none.is_empty());
    Ok(())
}

#[tokio::test]
async fn receivers_get_the_row_that_was_there_and_the_row_that_is() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_heard")]
    struct Step {
        id: i64,
        #[model(unique)]
        place: i32,
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Step)]
    fn before(instance: &mut Step, previous: Option<&Step>, update_fields: Option<&FieldSet>) {
        assert_eq!(previous.map(|step| step.id), previous.map(|_| instance.id), "the key is the row's");
        let was = previous.map(|previous| previous.name.as_str());
        LOG.note(format!("pre {} {was:?} {update_fields:?}", instance.place));
        if instance.name == "three" {
            // A column outside of the update is written too.
            instance.size = 33;
        }
    }
    #[receiver(post_save, sender = Step)]
    async fn after(
        instance: &Step,
        previous: Option<&Step>,
        created: bool,
        update_fields: Option<&FieldSet>,
        tx: &Tx,
    ) -> Result<()> {
        let was = previous.map(|previous| previous.name.as_str());
        LOG.note(format!("post {} {was:?} {created} {update_fields:?}", instance.place));
        assert_eq!(*instance, Step::get(tx, instance.id).await?, "the instance is the row");
        Ok(())
    }
    #[receiver(post_save, sender = Step, set)]
    fn after_all(instances: &[Step], created: &[bool]) {
        LOG.note(format!("post of {} {created:?}", instances.len()));
    }

    let db = db().await;
    let step = |place: i32, name: &str| Step { id: 0, place, name: name.into(), size: 1 };
    let mut old = [step(3, "old three"), step(1, "old one")];
    Step::bulk_create(&db, &mut old).quiet().await?;
    let mut steps = [step(4, "four"), step(3, "three"), step(2, "two"), step(1, "one")];
    steps[1].size = 7;
    let upsert = Step::bulk_create(&db, &mut steps).on_conflict([Step::PLACE]).update([Step::NAME]);
    assert_eq!(upsert.report().await?, [Inserted, Updated, Inserted, Updated]);
    assert_eq!(
        LOG.take(),
        [
            "pre 2 None None",
            "pre 4 None None",
            "post 2 None true None",
            "post 4 None true None",
            "post of 2 [true, true]",
            r#"pre 1 Some("old one") Some({"name"})"#,
            r#"pre 3 Some("old three") Some({"name"})"#,
            r#"post 1 Some("old one") false Some({"name"})"#,
            r#"post 3 Some("old three") false Some({"name", "size"})"#,
            "post of 2 [false, false]",
        ]
    );
    assert_eq!(steps.each_ref().map(|step| (step.place, step.size)), [(4, 1), (3, 33), (2, 1), (1, 1)]);
    assert_eq!((steps[1].id, steps[3].id), (old[0].id, old[1].id));

    // One row, and a row that is left alone.
    let mut one = step(1, "eins");
    assert_eq!(one.save(&db).on_conflict([Step::PLACE]).update([Step::NAME]).report().await?, Updated);
    assert_eq!(LOG.take().len(), 3);
    let mut again = [step(1, "ignored"), step(5, "five")];
    let upsert = Step::bulk_create(&db, &mut again).on_conflict([Step::PLACE]).ignore();
    assert_eq!(upsert.report().await?, [Kept, Inserted]);
    assert_eq!(LOG.take(), ["pre 5 None None", "post 5 None true None", "post of 1 [true]"]);
    assert_eq!(again[0], one, "the instance is the row that was left alone");
    let mut nothing = step(1, "ignored");
    assert_eq!(nothing.save(&db).on_conflict([Step::PLACE]).update([]).report().await?, Kept);
    assert_eq!((LOG.take(), nothing), (vec![], one));
    Ok(())
}

#[tokio::test]
async fn assigned_values_are_written_only_to_rows_that_exist() -> Result<()> {
    member!("upserts_assigned");
    let db = db().await;
    Member::new("a", "old").create(&db).await?;
    let list = || [Member::new("b", "new"), Member::new("a", "new")];
    let mut members = list();
    let upsert = Member::bulk_create(&db, &mut members).on_conflict([Member::EMAIL]);
    upsert.update([Member::NAME]).update_with(Member::VISITS.set(9)).await?;
    assert_eq!(members.each_ref().map(|member| (&*member.name, member.visits)), [("new", 1), ("new", 9)]);
    assert_eq!(Member::stored(&db, &members).await?, members);

    let recording = db.record();
    let mut members = list();
    let upsert = Member::bulk_create(&db, &mut members).on_conflict([Member::EMAIL]);
    let report = upsert.update_with([Member::VISITS.set(8), Member::NAME.set("assigned")]).report().await?;
    assert_eq!((report, recording.lines().len()), (vec![Updated; 2], 4));
    assert_eq!(Member::stored(&db, &members).await?, members);
    assert!(members.iter().all(|member| member.visits == 8 && member.name == "assigned"));
    Ok(())
}

#[tokio::test]
async fn an_upsert_that_cannot_be_right_is_refused_before_any_signal() -> Result<()> {
    member!("upserts_refused");
    let db = db().await;
    let recording = db.record();
    let new = || Member::new("a", "a");
    let problem = |outcome: Result<()>| match outcome.unwrap_err() {
        Error::SaveOptions { model: "Member", problem } => problem,
        error => panic!("{error}"),
    };
    let save = new().save(&db).on_conflict([Member::NAME]).ignore().await;
    assert_eq!(
        problem(save),
        "`on_conflict` takes the columns of one unique key, and not `name`; the unique keys of the model are `id`, `email`"
    );
    problem(new().save(&db).on_conflict([]).ignore().await);
    problem(new().save(&db).on_conflict([Member::EMAIL, Member::ID]).ignore().await);
    problem(new().save(&db).on_conflict([Member::EMAIL]).update([Member::ID]).await);
    problem(new().save(&db).force_insert().on_conflict([Member::EMAIL]).ignore().await);
    problem(new().save(&db).update_fields([Member::NAME]).on_conflict([Member::EMAIL]).ignore().await);
    let mut one = new();
    let twice = one.save(&db).on_conflict([Member::EMAIL]).update([Member::NAME]).update_with(Member::NAME.set("b"));
    problem(twice.await);
    let mut members = [new(), Member::new("b", "b"), new()];
    let twice = Member::bulk_create(&db, &mut members).on_conflict([Member::EMAIL]).update([Member::NAME]);
    assert_eq!(
        problem(twice.await),
        "the instances at 0 and 2 have the same `email` for `on_conflict`; keep one of the two"
    );
    let none = Member::bulk_create(&db, &mut members).batch_size(0).on_conflict([Member::EMAIL]).ignore();
    problem(none.await);
    assert_eq!((recording.lines(), rows(&db, "upserts_refused").await), (vec![], 0));
    Ok(())
}

#[tokio::test]
async fn a_conflict_with_another_unique_key_undoes_everything_and_is_not_tried_again() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_other")]
    struct Seat {
        id: i64,
        #[model(unique)]
        place: i32,
        #[model(unique)]
        owner: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Seat)]
    fn before(instance: &Seat) {
        LOG.note(instance.place);
    }
    let db = db().await;
    let seat = |place: i32, owner: &str| Seat { id: 0, place, owner: owner.into() };
    let mut old = [seat(1, "ann"), seat(2, "bob")];
    Seat::bulk_create(&db, &mut old).await?;
    for quiet in [false, true] {
        for owner in ["cleo", "bob"] {
            LOG.take();
            // The first row, or the second one, takes the place of Bob.
            let mut seats = [seat(3, if owner == "bob" { "dan" } else { "bob" }), seat(1, owner)];
            let before = seats.clone();
            let upsert = Seat::bulk_create(&db, &mut seats).on_conflict([Seat::PLACE]).update([Seat::OWNER]);
            let error = if quiet { upsert.quiet().report().await.map(drop) } else { upsert.await }.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
            let owners = texts(&db, "SELECT owner FROM upserts_other ORDER BY place").await;
            assert_eq!((seats, owners), (before, vec!["ann".to_owned(), "bob".into()]));
            let expected = match (quiet, owner) {
                (true, _) => 0,
                (false, "bob") => 2,
                (false, _) => 1,
            };
            assert_eq!(LOG.take().len(), expected, "`pre_save` is sent once");
        }
    }
    let tx = db.begin().await?;
    let mut other = seat(4, "bob");
    assert!(other.save(&tx).on_conflict([Seat::PLACE]).ignore().await.unwrap_err().is_unique_violation());
    seat(4, "cleo").save(&tx).on_conflict([Seat::PLACE]).ignore().await?;
    tx.commit().await?;
    assert_eq!((other.id, rows(&db, "upserts_other").await), (0, 3), "the transaction stays usable");
    Ok(())
}

#[tokio::test]
async fn a_failing_receiver_undoes_the_whole_upsert() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_undone")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item) -> Result<(), Refused> {
        if instance.size > 100 { Err(Refused("too large")) } else { Ok(()) }
    }
    let db = db().await;
    let item = |name: &str, size: i32| Item { id: 0, name: name.into(), size };
    item("old", 1).create(&db).await?;
    for failing in ["new", "old"] {
        let mut items = ["old", "new"].map(|name| item(name, if name == failing { 101 } else { 2 }));
        let before = items.clone();
        let upsert = Item::bulk_create(&db, &mut items).on_conflict([Item::NAME]).update([Item::SIZE]);
        assert_eq!(refused(&upsert.await.unwrap_err()), Some("too large"));
        assert_eq!(items, before);
        assert_eq!(count(&db, "SELECT COUNT(*) FROM upserts_undone WHERE size = 1").await, 1);
        assert_eq!(rows(&db, "upserts_undone").await, 1);
    }
    Ok(())
}

#[tokio::test]
async fn raw_and_quiet_upserts_and_mute_are_those_of_saves() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_options")]
    struct Note {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Note)]
    fn after(instance: &Note) {
        LOG.note(&instance.name);
    }
    #[receiver(post_save, sender = Note, raw)]
    fn after_raw(instance: &Note, raw: bool) {
        LOG.note(format!("{} {raw}", instance.name));
    }
    #[receiver(post_save, sender = Note, changed(size))]
    fn after_change(instance: &Note) {
        LOG.note(format!("{} changed", instance.name));
    }
    let db = db().await;
    let note = |name: &str, size: i32| Note { id: 0, name: name.into(), size };
    let both = |size: i32| [note("a", size), note("b", size)];
    note("a", 1).save(&db).quiet().on_conflict([Note::NAME]).update([Note::SIZE]).await?;
    Note::bulk_create(&db, &mut both(2)).on_conflict([Note::NAME]).update([Note::SIZE]).quiet().await?;
    assert_eq!(LOG.take(), [""; 0]);
    Note::bulk_create(&db, &mut both(2)).raw().on_conflict([Note::NAME]).update([Note::SIZE]).await?;
    assert_eq!(LOG.take(), ["a true", "b true"]);
    note("a", 2).save(&db).on_conflict([Note::NAME]).update([Note::SIZE]).await?;
    assert_eq!(LOG.take(), ["a", "a false"], "the size is the same");
    note("a", 3).save(&db).on_conflict([Note::NAME]).update([Note::SIZE]).await?;
    assert_eq!(LOG.take(), ["a", "a changed", "a false"]);
    let muted = db.mute(post_save);
    Note::bulk_create(&db, &mut both(4)).on_conflict([Note::NAME]).update([Note::SIZE]).await?;
    drop(muted);
    assert_eq!((LOG.take(), count(&db, "SELECT COUNT(*) FROM upserts_options WHERE size = 4").await), (vec![], 2));
    Ok(())
}

#[tokio::test]
async fn receivers_after_the_commit_get_the_net_change_of_upserts() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_net")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
        other: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Item, on_commit)]
    fn at_the_end(instance: &Item, previous: Option<&Item>, created: bool) {
        let was = previous.map(|item| item.size);
        LOG.note(format!("{} {was:?} -> {} {} {created}", instance.name, instance.size, instance.other));
    }
    let db = db().await;
    let item = |name: &str, size: i32| Item { id: 0, name: name.into(), size, other: size };
    item("old", 1).create(&db).quiet().await?;
    let tx = db.begin().await?;
    for size in [2, 3] {
        let mut items = [item("new", size), item("old", size)];
        Item::bulk_create(&tx, &mut items).on_conflict([Item::NAME]).update([Item::SIZE]).await?;
    }
    item("new", 4).save(&tx).on_conflict([Item::NAME]).update([Item::SIZE]).quiet().await?;
    item("old", 9).save(&tx).on_conflict([Item::NAME]).ignore().await?;
    assert_eq!(LOG.take(), [""; 0]);
    tx.commit().await?;
    let mut lines = LOG.take();
    lines.sort();
    assert_eq!(lines, ["new None -> 4 2 true", "old Some(1) -> 3 1 false"]);
    Ok(())
}

#[tokio::test]
async fn writes_of_receivers_to_the_same_rows_are_seen() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_rewritten")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
        notes: i32,
    }
    static LOG: Log = Log::new();
    /// Changes a column of every row.
    #[receiver(pre_save, sender = Item)]
    async fn before(tx: &Tx) -> Result<()> {
        let all = Item::objects();
        for mut item in all.all(tx).await? {
            item.notes += 1;
            item.save(tx).update_fields([Item::NOTES]).quiet().await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Item)]
    async fn after(instance: &Item, previous: Option<&Item>, tx: &Tx) -> Result<()> {
        assert_eq!(*instance, Item::get(tx, instance.id).await?);
        LOG.note(format!("{} {:?} -> {}", instance.name, previous.map(|item| item.notes), instance.notes));
        Ok(())
    }
    let db = db().await;
    let mut old = ["a", "b"].map(|name| Item { id: 0, name: name.into(), size: 1, notes: 0 });
    Item::bulk_create(&db, &mut old).quiet().await?;
    let mut items = ["a", "b"].map(|name| Item { id: 0, name: name.into(), size: 2, notes: 50 });
    let upsert = Item::bulk_create(&db, &mut items).on_conflict([Item::NAME]).update([Item::SIZE]);
    upsert.batch_size(1).await?;
    assert_eq!(LOG.take(), ["a Some(1) -> 1", "b Some(2) -> 2"]);
    Ok(())
}
