//! Many-to-many relations between models with composite keys.

use signals::relation::KeyOf;
use signals::schema::migration::{Options, Plan};
use signals::schema::{Schema, check_of};
use signals::{Db, Error, KeySet, M2mAction, Model, ModelMeta, Result, m2m_changed, post_delete, receiver};
use signals_test_behavior::{Log, count, db, execute, quoted, rows, url};

/// An order of a tenant. Orders of several tenants have the same numbers.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_rel_order", many_to_many(tags: Tag, related = orders))]
struct Order {
    #[model(primary_key)]
    tenant: String,
    #[model(primary_key)]
    number: i64,
    #[model(default = 0)]
    total: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_rel_tag")]
struct Tag {
    id: i64,
}

static LOG: Log = Log::new();

#[receiver(m2m_changed, sender = OrderTags)]
fn changed(action: M2mAction, instance: &dyn signals::AnyModel, reverse: bool, keys: Option<&KeySet>) {
    let (pk, keys) = (instance.pk().unwrap().to_string(), keys.map(ToString::to_string).unwrap_or_default());
    LOG.note(format!("{action:?} {pk} {} {keys}", if reverse { "<-" } else { "->" }));
}

#[receiver(post_delete, sender = OrderTags)]
fn gone(instance: &OrderTags) {
    LOG.note(format!("gone {} {} {}", instance.order_tenant, instance.order_number, instance.tag_id));
}

/// Two orders that share the first part of their key, one that shares the second, and three tags.
async fn saved(db: &Db) -> Result<([Order; 3], [Tag; 3])> {
    let mut orders = [("acme", 1), ("acme", 2), ("bell", 1)].map(|(tenant, number)| Order {
        tenant: tenant.into(),
        number,
        total: number,
    });
    Order::bulk_create(db, &mut orders).await?;
    let mut tags = [1, 2, 3].map(|id| Tag { id });
    Tag::bulk_create(db, &mut tags).await?;
    Ok((orders, tags))
}

#[tokio::test]
async fn links_are_of_the_whole_key() -> Result<()> {
    let db = db().await;
    let ([order, second, other], [red, blue, _]) = saved(&db).await?;
    LOG.take();
    order.tags().add(&db, [&red, &blue, &red]).await?;
    order.tags().add(&db, [2, 3]).await?;
    second.tags().add(&db, [3]).quiet().await?;
    red.orders().add(&db, [("bell", 1), ("acme", 1)]).await?;
    assert_eq!(
        LOG.take(),
        [
            r#"PreAdd ["acme", 1] -> 1, 2"#,
            r#"PostAdd ["acme", 1] -> 1, 2"#,
            r#"PreAdd ["acme", 1] -> 3"#,
            r#"PostAdd ["acme", 1] -> 3"#,
            r#"PreAdd 1 <- ["bell", 1]"#,
            r#"PostAdd 1 <- ["bell", 1]"#,
        ]
    );
    assert_eq!(order.tags().keys(&db).await?, [1, 2, 3]);
    assert_eq!((second.tags().keys(&db).await?, other.tags().keys(&db).await?), (vec![3], vec![1]));
    let keys = red.orders().keys(&db).await?;
    assert_eq!(keys, [("acme".to_owned(), 1), ("bell".to_owned(), 1)]);
    assert_eq!(red.orders().all(&db).await?, [order.clone(), other.clone()]);
    assert!(red.orders().contains(&db, ("bell", 1)).await? && !red.orders().contains(&db, &second).await?);
    let second_of_red = red.orders().objects().filter(Order::NUMBER.eq(2)).count(&db).await?;
    assert_eq!((red.orders().count(&db).await?, second_of_red), (2, 0));

    red.orders().remove(&db, &keys[..1]).await?;
    assert_eq!(LOG.take(), [r#"PreRemove 1 <- ["acme", 1]"#, "gone acme 1 1", r#"PostRemove 1 <- ["acme", 1]"#]);
    assert_eq!((order.tags().keys(&db).await?, other.tags().keys(&db).await?), (vec![2, 3], vec![1]));
    order.tags().set(&db, [&red, &blue]).await?;
    assert_eq!(
        LOG.take(),
        [
            r#"PreRemove ["acme", 1] -> 3"#,
            "gone acme 1 3",
            r#"PostRemove ["acme", 1] -> 3"#,
            r#"PreAdd ["acme", 1] -> 1"#,
            r#"PostAdd ["acme", 1] -> 1"#,
        ]
    );
    assert_eq!(second.tags().keys(&db).await?, [3]);
    order.tags().clear(&db).await?;
    assert_eq!(LOG.take().len(), 4);
    assert_eq!((rows(&db, "composite_rel_order_tags").await, other.tags().count(&db).await?), (2, 1));

    // Links go with their rows.
    assert_eq!(second.delete(&db).await?.by_model()["OrderTags"], 1);
    assert_eq!(red.delete(&db).await?.by_model()["OrderTags"], 1);
    assert_eq!(LOG.take(), ["gone acme 2 3", "gone bell 1 1"]);
    Ok(())
}

#[tokio::test]
async fn the_rows_of_many_are_read_at_once() -> Result<()> {
    let db = db().await;
    let (orders, tags) = saved(&db).await?;
    orders[0].tags().add(&db, &tags).quiet().await?;
    orders[2].tags().add(&db, &tags[..1]).quiet().await?;
    let of = Order::TAGS.load(&db, &orders).await?;
    let ids = |order: &Order| of.of(order).iter().map(|tag| tag.id).collect::<Vec<_>>();
    assert_eq!(orders.each_ref().map(ids), [vec![1, 2, 3], vec![], vec![1]]);
    let of = Tag::ORDERS.load_from(&db, &tags, Order::objects().order_by(Order::TENANT.desc())).await?;
    let names = |tag: &Tag| of.of(tag).iter().map(|it| (it.tenant.clone(), it.number)).collect::<Vec<_>>();
    assert_eq!(names(&tags[0]), [("bell".to_owned(), 1), ("acme".to_owned(), 1)]);
    assert_eq!(names(&tags[2]), [("acme".to_owned(), 1)]);
    let expensive = Tag::ORDERS.of(&tags[0]).filter(Order::TENANT.eq("bell")).all(&db).await?;
    assert_eq!(expensive, orders[2..]);
    // The set is written by its rows.
    let changed = Tag::ORDERS.of(&tags[1]).update(&db, [Order::TOTAL.set(7)]).await?;
    assert_eq!(
        (changed, Order::get(&db, ("acme", 1)).await?.total, Order::get(&db, ("acme", 2)).await?.total),
        (1, 7, 2)
    );
    Ok(())
}

/// Links between two composite keys, in a table with columns of any names. No one receives its signals.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(
    table = "composite_rel_shelf",
    many_to_many(books: Book, related = shelves, table = "composite_rel_on", columns(room, "the place", isbn, part, "Form"))
)]
struct Shelf {
    #[model(primary_key)]
    room: i32,
    #[model(primary_key)]
    place: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_rel_book")]
struct Book {
    #[model(primary_key)]
    isbn: String,
    #[model(primary_key)]
    volume: i64,
    #[model(primary_key)]
    form: String,
}

fn book(isbn: &str, volume: i64) -> Book {
    Book { isbn: isbn.into(), volume, form: "paper".into() }
}

#[tokio::test]
async fn a_table_of_links_has_the_columns_of_both_keys() -> Result<()> {
    let db = db().await;
    let [left, right] =
        [Shelf { room: 0, place: 1 }.create(&db).await?, Shelf { room: 0, place: 2 }.create(&db).await?];
    let mut books = [book("a", 1), book("a", 2), book("b", 1)];
    Book::bulk_create(&db, &mut books).await?;
    left.books().add(&db, [&books[0], &books[2], &books[0]]).await?;
    left.books().add(&db, [&books[1], &books[2]]).await?;
    books[2].shelves().add(&db, [(0, 2)]).await?;
    books[2].shelves().add(&db, [&left, &right]).await?;
    let link = ShelfBooks::get(&db, (0, 2, "b", 1, "paper")).await?;
    assert_eq!((link.room, link.shelf_place, &*link.isbn, link.part, &*link.book_key_3), (0, 2, "b", 1, "paper"));
    assert_eq!(left.books().all(&db).await?, books);
    assert_eq!(right.books().keys(&db).await?, [KeyOf::<Book>::into_key(&books[2])]);
    let places = format!(
        "SELECT COUNT(*) FROM composite_rel_on WHERE {} = 1 AND {} = 'paper'",
        quoted("the place"),
        quoted("Form")
    );
    assert_eq!(count(&db, places).await, 3);

    left.books().remove(&db, [("a", 1, "paper"), ("b", 2, "paper")]).await?;
    left.books().set(&db, [&books[0], &books[2]]).await?;
    assert_eq!(left.books().all(&db).await?, [books[0].clone(), books[2].clone()]);
    left.books().clear(&db).await?;
    assert_eq!((left.books().count(&db).await?, books[2].shelves().all(&db).await?), (0, vec![right.clone()]));
    let mut new = book("c", 1);
    right.books().create(&db, &mut new).await?;
    assert_eq!(Shelf::BOOKS.load(&db, [&left, &right]).await?.of(&right), [books[2].clone(), new]);
    assert_eq!(right.delete(&db).await?.by_model()["ShelfBooks"], 2);

    // More links than one statement has.
    let mut many: Vec<_> = (0..600).map(|volume| book("many", volume)).collect();
    Book::bulk_create(&db, &mut many).await?;
    left.books().add(&db, &many).await?;
    left.books().remove(&db, &many[1..]).await?;
    assert_eq!(left.books().all(&db).await?, many[..1]);
    Ok(())
}

#[tokio::test]
async fn a_symmetrical_link_of_composite_keys_goes_both_ways() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_rel_node", many_to_many(near: Self, symmetrical))]
    struct Node {
        #[model(primary_key)]
        x: i64,
        #[model(primary_key)]
        y: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = NodeNear)]
    fn changed(action: M2mAction, keys: Option<&KeySet>) {
        LOG.note(format!("{action:?} {}", keys.map(ToString::to_string).unwrap_or_default()));
    }
    let db = db().await;
    let mut nodes = [(0, 0), (0, 1), (1, 0)].map(|(x, y)| Node { x, y });
    Node::bulk_create(&db, &mut nodes).await?;
    let [origin, up, right] = &nodes;
    origin.near().add(&db, &nodes).await?;
    up.near().add(&db, [right, origin]).await?;
    assert_eq!(
        LOG.take(),
        ["PreAdd [0, 0], [0, 1], [1, 0]", "PostAdd [0, 0], [0, 1], [1, 0]", "PreAdd [1, 0]", "PostAdd [1, 0]",]
    );
    assert_eq!(rows(&db, "composite_rel_node_near").await, 7);
    assert_eq!(right.near().keys(&db).await?, [(0, 0), (0, 1)]);
    right.near().remove(&db, [(0, 0)]).await?;
    assert_eq!(origin.near().keys(&db).await?, [(0, 0), (0, 1)]);
    up.near().clear(&db).quiet().await?;
    assert_eq!((right.near().count(&db).await?, origin.near().keys(&db).await?), (0, vec![(0, 0)]));
    let link = NodeNear::objects().get(&db).await?;
    assert_eq!((link.from_node_x, link.from_node_y, link.to_node_x, link.to_node_y), (0, 0, 0, 0));
    Ok(())
}

/// A model of links whose two references share the column of the tenant. The database does not keep links unique.
#[derive(Debug, Clone, Model)]
#[model(
    table = "composite_rel_member",
    references(Team, fields(tenant, team), on_delete = cascade),
    references(Person, fields(tenant, person), on_delete = cascade)
)]
struct Member {
    id: i64,
    tenant: i64,
    team: i64,
    person: i64,
    #[model(default = "player", sql_type = "VARCHAR(20)")]
    role: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(
    table = "composite_rel_team",
    many_to_many(members: Person, related = teams, through = Member),
    many_to_many(same: Person, through = Member, through_fields(tenant, team, tenant, person))
)]
struct Team {
    #[model(primary_key)]
    tenant: i64,
    #[model(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_rel_person")]
struct Person {
    #[model(primary_key)]
    tenant: i64,
    #[model(primary_key)]
    id: i64,
}

#[tokio::test]
async fn both_references_of_a_through_model_may_share_a_column() -> Result<()> {
    let db = db().await;
    let team = Team { tenant: 1, id: 1 }.create(&db).await?;
    let [ann, bob, eve] = [(1, 1), (1, 2), (2, 1)].map(|(tenant, id)| Person { tenant, id });
    for person in [&ann, &bob, &eve] {
        person.clone().save(&db).await?;
    }
    team.members().add(&db, [&ann]).through_defaults([Member::ROLE.set("keeper")]).await?;
    bob.teams().add(&db, [&team]).await?;
    team.members().add(&db, [&ann, &bob]).await?;
    let roles: Vec<_> = Member::objects().order_by(Member::PERSON.asc()).all(&db).await?;
    assert_eq!(
        roles.iter().map(|it| (it.tenant, it.person, &*it.role)).collect::<Vec<_>>(),
        [(1, 1, "keeper"), (1, 2, "player")]
    );
    assert_eq!(
        (team.same().all(&db).await?, ann.teams().all(&db).await?),
        (vec![ann.clone(), bob.clone()], vec![team.clone()])
    );
    assert_eq!(Team::MEMBERS.load(&db, [&team]).await?.of(&team).len(), 2);

    let error = team.members().add(&db, [&bob, &eve]).await.unwrap_err();
    assert!(matches!(&error, Error::ThroughFields { through: "Member", .. }), "{error}");
    assert!(
        error.to_string().contains("`tenant` is a part of both keys, and [1, 1] and [2, 1] differ in it"),
        "{error}"
    );
    team.members().remove(&db, [&eve, &bob]).await?;
    assert_eq!(team.members().keys(&db).await?, [(1, 1)]);
    assert_eq!(ann.delete(&db).await?.by_model()["Member"], 1);
    Ok(())
}

#[tokio::test]
async fn a_migration_makes_the_table_of_the_links() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    let chosen = |model: &ModelMeta| {
        model.is::<Shelf>()
            || model.is::<Book>()
            || model.is::<ShelfBooks>()
            || model.is::<Order>()
            || model.is::<Tag>()
            || model.is::<OrderTags>()
    };
    let new = Schema::of_models(signals::schema::models().into_iter().filter(|model| chosen(model)), db.backend());
    let plan = Plan::between(&Schema::read(&db).await?, &new, &Options::new()).unwrap();
    for script in plan.scripts().unwrap() {
        execute(&db, script.up).await;
    }
    let differences: Vec<_> = check_of(&db, chosen).await?.iter().map(ToString::to_string).collect();
    assert_eq!(differences, Vec::<String>::new());
    let left = Plan::between(&Schema::read(&db).await?, &new, &Options::new()).unwrap();
    assert!(left.changes().is_empty(), "{:?}", left.changes().iter().map(ToString::to_string).collect::<Vec<_>>());
    Ok(())
}
