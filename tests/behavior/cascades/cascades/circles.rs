//! Rows that are reached in several ways, or that reference each other in a circle.

use signals::{Db, DeleteOrigin, Model, Result, post_delete, pre_delete, receiver};
use signals_test_behavior::{
    Kind, Log, Refused, count, db, defer_references, execute, execute_in, kind, recheck_references, refused, rows,
    sequence, url,
};

use super::is_broken_reference;

// E119: a row that is reached by several paths is deleted once.
#[tokio::test]
async fn a_row_reached_by_several_paths_is_signaled_once() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_top")]
    struct Top {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_left")]
    struct Left {
        id: i64,
        #[model(references = Top, on_delete = cascade)]
        top_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_right")]
    struct Right {
        id: i64,
        #[model(references = Top, on_delete = cascade)]
        top_id: i64,
    }
    // Its table's name comes first, so the relations are not followed in the order of the models.
    #[derive(Debug, Model)]
    #[model(table = "circles_bottom")]
    struct Bottom {
        id: i64,
        #[model(references = Left, on_delete = cascade)]
        left_id: Option<i64>,
        #[model(references = Right, on_delete = cascade)]
        right_id: Option<i64>,
        #[model(references = Top, on_delete = cascade)]
        top_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Bottom)]
    fn bottom(signal: &str, instance: &Bottom) {
        LOG.note(format!("{signal} bottom {}", instance.id));
    }
    #[receiver(post_delete, sender = Left)]
    #[receiver(post_delete, sender = Right)]
    #[receiver(post_delete, sender = Top)]
    fn above(sender: &signals::ModelMeta) {
        LOG.note(sender.name());
    }
    let db = db().await;
    let mut top = Top { id: 0 };
    top.save(&db).await?;
    Left { id: 0, top_id: 1 }.save(&db).await?;
    Right { id: 0, top_id: 1 }.save(&db).await?;
    for (left_id, right_id, top_id) in [(Some(1), Some(1), Some(1)), (None, Some(1), None), (Some(1), None, None)] {
        Bottom { id: 0, left_id, right_id, top_id }.save(&db).await?;
    }
    let deleted = top.delete(&db).await?;
    assert_eq!(format!("{:?}", deleted.by_model()), r#"{"Bottom": 3, "Left": 1, "Right": 1, "Top": 1}"#);
    assert_eq!(
        LOG.take(),
        [
            "pre_delete bottom 1",
            "pre_delete bottom 2",
            "pre_delete bottom 3",
            "post_delete bottom 3",
            "post_delete bottom 2",
            "post_delete bottom 1",
            "Left",
            "Right",
            "Top",
        ]
    );
    Ok(())
}

// E92, E93, E95: rows of one model are deleted in the order of their keys, at any depth, including the
// instance itself.
#[tokio::test]
async fn a_tree_of_one_model_goes_by_its_keys() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_node")]
    struct Node {
        id: i64,
        #[model(references = Node, on_delete = cascade)]
        parent_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Node)]
    fn node(signal: &str, instance: &Node, origin: DeleteOrigin) {
        let how = if origin == DeleteOrigin::Direct { " itself" } else { "" };
        LOG.note(format!("{signal} {}{how}", instance.id));
    }
    let db = db().await;
    // 9 is the root; 2 is a leaf three levels down.
    for (id, parent_id) in [(9, None), (5, Some(9)), (7, Some(5)), (2, Some(7)), (12, Some(9)), (4, None)] {
        Node { id, parent_id }.save(&db).force_insert().await?;
    }
    let deleted = Node { id: 9, parent_id: None }.delete(&db).await?;
    assert_eq!((deleted.rows(), rows(&db, "circles_node").await), (5, 1));
    let mut heard = LOG.take();
    let post = heard.split_off(5);
    assert_eq!(heard, ["pre_delete 2", "pre_delete 5", "pre_delete 7", "pre_delete 9 itself", "pre_delete 12"]);
    assert_eq!(post, ["post_delete 12", "post_delete 9 itself", "post_delete 7", "post_delete 5", "post_delete 2"]);
    Ok(())
}

// E95, E120: a tree that takes several statements, with rows in the wrong order for references that are
// checked immediately.
#[tokio::test]
async fn a_large_tree_is_deleted_part_by_part() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_deep")]
    struct Deep {
        id: i64,
        #[model(references = Deep, on_delete = cascade)]
        parent_id: Option<i64>,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_deep_loose")]
    struct Loose {
        id: i64,
        #[model(references = Deep, on_delete = do_nothing)]
        deep_id: i64,
    }
    let db = db().await;
    // Each row hangs on one a hundred above it, and all in the end on the last.
    let rows_of_it = "SELECT i, CASE WHEN i = 3000 THEN NULL WHEN i > 2900 THEN 3000 ELSE i + 100 END";
    let insert =
        format!("INSERT INTO circles_deep (id, parent_id) {rows_of_it} FROM {} ORDER BY i DESC", sequence(3000));
    execute(&db, insert).await;
    let root = Deep::get(&db, 3000).await?;
    let tx = db.begin().await?;
    assert_eq!(root.delete(&tx).await?.rows(), 3000);
    let dangling = Loose { id: 0, deep_id: 77 }.save(&tx).await;
    if kind() == Kind::Mysql {
        // References cannot be deferred there, and are checked immediately again.
        assert!(is_broken_reference(&dangling.unwrap_err()));
        tx.rollback().await?;
    } else {
        // From here on the commit checks the references.
        dangling?;
        let error = tx.commit().await.unwrap_err();
        assert!(error.to_string().starts_with("COMMIT failed: ") && is_broken_reference(&error), "{error}");
    }
    assert_eq!(rows(&db, "circles_deep").await, 3000);

    // A delete that is undone leaves nothing deferred, whether it is undone by itself or with a savepoint
    // around it.
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    assert_eq!(root.delete(&savepoint).await?.rows(), 3000);
    savepoint.rollback().await?;
    let error = Loose { id: 0, deep_id: 0 }.save(&tx).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    drop(tx);

    // A reference that no action repairs is still refused.
    Loose { id: 0, deep_id: 77 }.save(&db).await?;
    let error = root.delete(&db).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    assert_eq!(rows(&db, "circles_deep").await, 3000);
    Ok(())
}

// E95: models that reference each other; the reference that may be NULL does not count.
#[tokio::test]
async fn models_that_reference_each_other_are_deleted_together() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_country")]
    struct Country {
        id: i64,
        #[model(references = City, on_delete = cascade)]
        capital_id: Option<i64>,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_city")]
    struct City {
        id: i64,
        #[model(references = Country, on_delete = cascade)]
        country_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Country)]
    fn country(signal: &str) {
        LOG.note(format!("{signal} country"));
    }
    #[receiver([pre_delete, post_delete], sender = City)]
    fn city(signal: &str, instance: &City) {
        LOG.note(format!("{signal} city {}", instance.id));
    }
    let db = db().await;
    let mut land = Country { id: 0, capital_id: None };
    land.save(&db).await?;
    for _ in 0..2 {
        City { id: 0, country_id: land.id }.save(&db).await?;
    }
    land.capital_id = Some(2);
    land.save(&db).await?;
    let tx = db.begin().await?;
    assert_eq!(City::get(&tx, 2).await?.delete(&tx).await?.rows(), 3);
    let expected = [
        "pre_delete city 1",
        "pre_delete city 2",
        "pre_delete country",
        "post_delete city 2",
        "post_delete city 1",
        "post_delete country",
    ];
    assert_eq!(LOG.take(), expected);
    tx.rollback().await?;
    assert_eq!(land.delete(&db).await?.rows(), 3);
    assert_eq!(LOG.take(), expected);
    Ok(())
}

// E95: if no reference of the circle may be NULL, the order is that in which the models were reached.
#[tokio::test]
async fn a_circle_of_strict_references_keeps_the_order_of_collection() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_husband")]
    struct Husband {
        id: i64,
        #[model(references = Wife, on_delete = cascade)]
        wife_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_wife")]
    struct Wife {
        id: i64,
        #[model(references = Husband, on_delete = cascade)]
        husband_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Husband)]
    fn husband(signal: &str) {
        LOG.note(format!("{signal} husband"));
    }
    #[receiver([pre_delete, post_delete], sender = Wife)]
    fn wife(signal: &str) {
        LOG.note(format!("{signal} wife"));
    }
    let db = db().await;
    let tx = db.begin().await?;
    defer_references(&tx).await;
    execute_in(&tx, "INSERT INTO circles_husband VALUES (1, 1); INSERT INTO circles_wife VALUES (1, 1)").await;
    recheck_references(&tx).await;
    tx.commit().await?;

    let tx = db.begin().await?;
    Wife::get(&tx, 1).await?.delete(&tx).await?;
    assert_eq!(LOG.take(), ["pre_delete wife", "pre_delete husband", "post_delete wife", "post_delete husband"]);
    tx.rollback().await?;
    Husband::get(&db, 1).await?.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_delete husband", "pre_delete wife", "post_delete husband", "post_delete wife"]);
    assert_eq!((rows(&db, "circles_wife").await, rows(&db, "circles_husband").await), (0, 0));
    Ok(())
}

// A transaction that lets references be wrong on its own account goes on doing so.
#[tokio::test]
async fn a_delete_leaves_references_deferred_where_the_application_deferred_them() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_own_egg")]
    struct Egg {
        id: i64,
        #[model(references = Hen, on_delete = cascade)]
        hen_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_own_hen")]
    struct Hen {
        id: i64,
        #[model(references = Egg, on_delete = cascade)]
        egg_id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    defer_references(&tx).await;
    Egg { id: 1, hen_id: 1 }.save(&tx).force_insert().await?;
    Hen { id: 1, egg_id: 1 }.save(&tx).force_insert().await?;
    assert_eq!(Hen::get(&tx, 1).await?.delete(&tx).await?.rows(), 2);
    Egg { id: 2, hen_id: 2 }.save(&tx).force_insert().await?;
    Hen { id: 2, egg_id: 2 }.save(&tx).force_insert().await?;
    recheck_references(&tx).await;
    tx.commit().await?;
    assert_eq!((rows(&db, "circles_own_egg").await, rows(&db, "circles_own_hen").await), (1, 1));
    Ok(())
}

// The same for a delete that fails and is undone.
#[tokio::test]
async fn a_delete_that_fails_leaves_references_deferred_where_the_application_deferred_them() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_failing_egg")]
    struct Egg {
        id: i64,
        #[model(references = Hen, on_delete = cascade)]
        hen_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_failing_hen")]
    struct Hen {
        id: i64,
        #[model(references = Egg, on_delete = cascade)]
        egg_id: i64,
    }
    #[receiver(post_delete, sender = Egg)]
    fn fail() -> Result<(), Refused> {
        Err(Refused("egg"))
    }
    let db = db().await;
    let tx = db.begin().await?;
    defer_references(&tx).await;
    Egg { id: 1, hen_id: 1 }.save(&tx).force_insert().await?;
    Hen { id: 1, egg_id: 1 }.save(&tx).force_insert().await?;
    Egg { id: 2, hen_id: 2 }.save(&tx).force_insert().await?;
    let error = Hen::get(&tx, 1).await?.delete(&tx).await.unwrap_err();
    assert_eq!(refused(&error), Some("egg"));
    Hen { id: 2, egg_id: 3 }.save(&tx).force_insert().await?;
    Egg { id: 3, hen_id: 2 }.save(&tx).force_insert().await?;
    recheck_references(&tx).await;
    tx.commit().await?;
    assert_eq!((rows(&db, "circles_failing_egg").await, rows(&db, "circles_failing_hen").await), (3, 2));
    Ok(())
}

// E112, E113: what references the rows of a circle from outside is treated as ever.
#[tokio::test]
async fn what_is_left_to_the_database_is_done_around_a_circle_too() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_ring")]
    struct Ring {
        id: i64,
        #[model(references = Ring, on_delete = cascade)]
        next_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_ring_mark")]
    struct Mark {
        id: i64,
        #[model(references = Ring, on_delete = database)]
        ring_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "circles_ring_note")]
    struct Note {
        id: i64,
        #[model(references = Ring, on_delete = do_nothing)]
        ring_id: i64,
    }
    const MANY: i64 = 600;
    let db = db().await;
    let mut ring: Vec<_> = (1..=MANY).map(|id| Ring { id, next_id: 1 }).collect();
    Ring::bulk_create(&db, &mut ring).await?;
    for row in &mut ring {
        row.next_id = row.id % MANY + 1;
    }
    Ring::bulk_update(&db, &mut ring, [Ring::NEXT_ID]).await?;
    let mut marks: Vec<_> = (1..=MANY).map(|ring_id| Mark { id: 0, ring_id }).collect();
    Mark::bulk_create(&db, &mut marks).await?;
    let mut note = Note { id: 0, ring_id: 599 };
    note.save(&db).await?;
    let error = ring[300].delete(&db).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    assert_eq!((rows(&db, "circles_ring").await, rows(&db, "circles_ring_mark").await), (MANY, MANY));
    note.delete(&db).await?;
    assert_eq!(format!("{:?}", ring[300].delete(&db).await?.by_model()), r#"{"Ring": 600}"#);
    assert_eq!((rows(&db, "circles_ring").await, rows(&db, "circles_ring_mark").await), (0, 0));
    // References are checked again on that connection.
    assert!(is_broken_reference(&Note { id: 0, ring_id: 1 }.save(&db).await.unwrap_err()));
    Ok(())
}

// E113: the `ON DELETE` of the schema counts, whatever it is.
#[tokio::test]
async fn the_schema_may_say_otherwise_around_a_circle() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "circles_said_ring")]
    struct Ring {
        id: i64,
        #[model(references = Ring, on_delete = cascade)]
        next_id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "circles_said_mark")]
    struct Mark {
        id: i64,
        #[model(references = Ring, on_delete = database)]
        ring_id: Option<i64>,
    }
    let db = db().await;
    let table = "CREATE TABLE circles_said_mark (id BIGINT PRIMARY KEY, ring_id BIGINT";
    for (schema, left) in [
        (", FOREIGN KEY (ring_id) REFERENCES circles_said_ring (id) ON DELETE SET NULL", Some(None)),
        (", FOREIGN KEY (ring_id) REFERENCES circles_said_ring (id) ON DELETE CASCADE", None),
        ("", Some(Some(1))),
    ] {
        execute(&db, format!("DROP TABLE circles_said_mark; {table}{schema})")).await;
        let mut ring = [(1, 1), (2, 1)].map(|(id, next_id)| Ring { id, next_id });
        Ring::bulk_create(&db, &mut ring).await?;
        ring[0].next_id = 2;
        ring[0].save(&db).await?;
        Mark { id: 7, ring_id: Some(1) }.save(&db).force_insert().await?;
        assert_eq!(ring[0].delete(&db).await?.of::<Ring>(), 2);
        let stored = Mark::objects().first(&db).await?.map(|mark| mark.ring_id);
        assert_eq!(stored, left, "{schema}");
    }
    Ok(())
}

#[derive(Debug, Model)]
#[model(table = "circles_made_land")]
struct Land {
    id: i64,
    #[model(references = Town, on_delete = cascade)]
    capital_id: Option<i64>,
}

#[derive(Debug, Model)]
#[model(table = "circles_made_town")]
struct Town {
    id: i64,
    #[model(references = Land, on_delete = cascade)]
    land_id: i64,
}

async fn make_tables(db: &Db) -> Result<()> {
    db.create_tables_of(|model| model.is::<Land>() || model.is::<Town>()).await
}

/// How many references the two tables have.
async fn references(db: &Db) -> i64 {
    let sql = match kind() {
        Kind::Memory | Kind::File => {
            "SELECT (SELECT count(*) FROM pragma_foreign_key_list('circles_made_land')) \
             + (SELECT count(*) FROM pragma_foreign_key_list('circles_made_town'))"
        }
        Kind::Postgres => {
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable AND NOT condeferred \
             AND conrelid IN (to_regclass('circles_made_land'), to_regclass('circles_made_town'))"
        }
        Kind::Mysql => {
            "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() \
             AND table_name IN ('circles_made_land', 'circles_made_town')"
        }
    };
    count(db, sql).await
}

#[tokio::test]
async fn tables_in_a_circle_mind_their_references_and_are_made_once() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    for _ in 0..2 {
        make_tables(&db).await?;
        assert_eq!(references(&db).await, 2);
        let error = Town { id: 0, land_id: 77 }.save(&db).await.unwrap_err();
        assert!(is_broken_reference(&error), "{error}");
        let error = Land { id: 0, capital_id: Some(77) }.save(&db).await.unwrap_err();
        assert!(is_broken_reference(&error), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_there_gets_no_references() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    execute(&db, "CREATE TABLE circles_made_land (id BIGINT PRIMARY KEY, capital_id BIGINT)").await;
    make_tables(&db).await?;
    assert_eq!(references(&db).await, 1);
    Land { id: 1, capital_id: Some(77) }.save(&db).force_insert().await?;
    Town { id: 0, land_id: 1 }.save(&db).await?;
    Ok(())
}
