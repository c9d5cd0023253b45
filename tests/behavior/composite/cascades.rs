//! References to composite keys, and what a delete does with the rows that have them.

use signals::error::ReferencingRows;
use signals::{Db, DeleteOrigin, Error, Model, Result, post_delete, pre_delete, receiver};
use signals_test_behavior::{Log, db, rows};

macro_rules! orders {
    ($order:literal, $line:literal, $on_delete:ident, $number:ty $(, $default:literal)?) => {
        #[derive(Debug, Clone, PartialEq, Model)]
        #[model(table = $order)]
        struct Order {
            #[model(primary_key)]
            tenant_id: i64,
            #[model(primary_key)]
            number: i64,
        }
        #[derive(Debug, Clone, PartialEq, Model)]
        #[model(table = $line, references(Order, fields(tenant_id, order), on_delete = $on_delete))]
        struct Line {
            id: i64,
            tenant_id: i64,
            $(#[model(default = $default)])?
            order: $number,
        }
    };
}

/// Makes the orders (1, 1), (1, 2) and (2, 1), which share parts of their keys, each with a line of its position.
macro_rules! filled {
    ($db:expr, $number:expr) => {
        for (tenant_id, number) in [(1, 1), (1, 2), (2, 1)] {
            Order { tenant_id, number }.create($db).await?;
            Line { id: 0, tenant_id, order: $number(number) }.create($db).await?;
        }
    };
}

async fn keys_of(db: &Db, table: &str, column: &str) -> Vec<String> {
    let sql = format!("SELECT tenant_id * 10 + COALESCE({column}, 9) FROM {table} ORDER BY 1");
    signals_test_behavior::numbers(db, sql).await.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_cascade_deletes_the_rows_of_the_whole_key() -> Result<()> {
    orders!("composite_cascade_order", "composite_cascade_line", cascade, i64);
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Line)]
    fn line(signal: &str, instance: &Line, origin: DeleteOrigin) {
        let origin = if let DeleteOrigin::Cascade { root } = origin { root.name() } else { "itself" };
        LOG.note(format!("{signal} line of {} {} with {origin}", instance.tenant_id, instance.order));
    }
    #[receiver([pre_delete, post_delete], sender = Order)]
    fn order(signal: &str, instance: &Order) {
        LOG.note(format!("{signal} order {} {}", instance.tenant_id, instance.number));
    }
    let db = db().await;
    filled!(&db, i64::from);
    let deleted = Order { tenant_id: 1, number: 2 }.delete(&db).await?;
    assert_eq!((deleted.by_model()["Order"], deleted.by_model()["Line"]), (1, 1));
    assert_eq!(
        LOG.take(),
        [
            "pre_delete line of 1 2 with Order",
            "pre_delete order 1 2",
            "post_delete line of 1 2 with Order",
            "post_delete order 1 2"
        ]
    );
    assert_eq!(keys_of(&db, "composite_cascade_line", quoted("order").as_str()).await, ["11", "21"]);
    assert_eq!(keys_of(&db, "composite_cascade_order", "number").await, ["11", "21"]);
    Ok(())
}

fn quoted(name: &str) -> String {
    signals_test_behavior::quoted(name)
}

#[tokio::test]
async fn a_cascade_without_receivers_deletes_only_the_rows_of_the_whole_key() -> Result<()> {
    orders!("composite_unseen_order", "composite_unseen_line", cascade, i64);
    let db = db().await;
    filled!(&db, i64::from);
    Order::objects().filter(Order::NUMBER.eq(1)).filter(Order::TENANT_ID.eq(2)).delete(&db).await?;
    assert_eq!(keys_of(&db, "composite_unseen_line", &quoted("order")).await, ["11", "12"]);
    Order::bulk_delete(&db, &[Order { tenant_id: 1, number: 1 }, Order { tenant_id: 2, number: 2 }]).await?;
    assert_eq!(keys_of(&db, "composite_unseen_line", &quoted("order")).await, ["12"]);
    assert_eq!(keys_of(&db, "composite_unseen_order", "number").await, ["12"]);
    Ok(())
}

#[tokio::test]
async fn a_protected_row_is_named_by_its_fields_and_keys() -> Result<()> {
    orders!("composite_protect_order", "composite_protect_line", protect, i64);
    let db = db().await;
    filled!(&db, i64::from);
    Line::objects().filter(Line::TENANT_ID.eq(2)).delete(&db).await?;
    // The line of (1, 1) does not protect the order (2, 1).
    assert_eq!(Order { tenant_id: 2, number: 1 }.delete(&db).await?.rows(), 1);
    let error = Order { tenant_id: 1, number: 1 }.delete(&db).await.unwrap_err();
    let Error::Protected { model: "Order", by } = &error else { panic!("{error}") };
    let [ReferencingRows { model: "Line", field: "tenant_id, order", target: "Order", rows: 1, .. }] = by.as_slice()
    else {
        panic!("{by:?}")
    };
    assert!(error.to_string().contains("by `tenant_id, order`"), "{error}");
    assert_eq!(rows(&db, "composite_protect_order").await, 2);
    Ok(())
}

#[tokio::test]
async fn a_restricted_row_may_be_deleted_with_its_lines() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "composite_restrict_tenant")]
    struct Tenant {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "composite_restrict_order")]
    struct Order {
        #[model(primary_key, references = Tenant, on_delete = cascade)]
        tenant_id: i64,
        #[model(primary_key)]
        number: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "composite_restrict_line", references(Order, fields(tenant_id, order), on_delete = restrict))]
    struct Line {
        id: i64,
        #[model(references = Tenant, on_delete = cascade)]
        tenant_id: i64,
        order: i64,
    }
    let db = db().await;
    let tenant = Tenant { id: 0 }.create(&db).await?;
    let order = Order { tenant_id: tenant.id, number: 1 }.create(&db).await?;
    Order { tenant_id: tenant.id, number: 2 }.create(&db).await?;
    Line { id: 0, tenant_id: tenant.id, order: 1 }.create(&db).await?;
    let error = order.delete(&db).await.unwrap_err();
    assert!(matches!(&error, Error::Restricted { by, .. } if by[0].keys == ["1"]), "{error}");
    assert_eq!(Order { tenant_id: tenant.id, number: 2 }.delete(&db).await?.rows(), 1);
    // All of it goes with the tenant.
    assert_eq!(tenant.delete(&db).await?.rows(), 3);
    Ok(())
}

#[tokio::test]
async fn set_null_empties_the_fields_that_may_be_null() -> Result<()> {
    orders!("composite_null_order", "composite_null_line", set_null, Option<i64>);
    let db = db().await;
    filled!(&db, Some);
    Order { tenant_id: 1, number: 1 }.delete(&db).await?;
    // The tenant stays, since it is not an `Option`.
    assert_eq!(keys_of(&db, "composite_null_line", &quoted("order")).await, ["12", "19", "21"]);
    Ok(())
}

#[tokio::test]
async fn set_default_resets_the_fields_that_have_one() -> Result<()> {
    orders!("composite_default_order", "composite_default_line", set_default, i64, 2);
    let db = db().await;
    filled!(&db, i64::from);
    Order { tenant_id: 1, number: 1 }.delete(&db).await?;
    assert_eq!(keys_of(&db, "composite_default_line", &quoted("order")).await, ["12", "12", "21"]);
    Ok(())
}

#[tokio::test]
async fn rows_that_reference_each_other_by_composite_keys_are_deleted_together() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_tree", references(Self, fields(forest, parent), on_delete = cascade))]
    struct Node {
        #[model(primary_key)]
        forest: i64,
        #[model(primary_key)]
        id: i64,
        parent: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Node)]
    fn gone(instance: &Node) {
        LOG.note(format!("{} {}", instance.forest, instance.id));
    }
    let db = db().await;
    for forest in [1, 2] {
        for (id, parent) in [(1, None), (2, Some(1)), (3, Some(2))] {
            Node { forest, id, parent }.create(&db).await?;
        }
    }
    // A circle.
    Node { forest: 2, id: 1, parent: Some(3) }.save(&db).await?;
    Node { forest: 2, id: 1, parent: None }.delete(&db).await?;
    let mut log = LOG.take();
    log.sort();
    assert_eq!(log, ["2 1", "2 2", "2 3"]);
    assert_eq!(Node { forest: 1, id: 2, parent: None }.delete(&db).await?.rows(), 2);
    assert_eq!(Node::objects().all(&db).await?, [Node { forest: 1, id: 1, parent: None }]);
    Ok(())
}

#[tokio::test]
async fn a_cascade_of_many_keys_reads_them_in_parts() -> Result<()> {
    orders!("composite_many_order", "composite_many_line", cascade, i64);
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Line)]
    fn gone(instance: &Line) {
        LOG.note(format!("{} {}", instance.tenant_id, instance.order));
    }
    const EACH: i64 = 700;
    let db = db().await;
    let all = || (1..=2).flat_map(|tenant_id| (1..=EACH).map(move |number| (tenant_id, number)));
    let mut orders: Vec<_> = all().map(|(tenant_id, number)| Order { tenant_id, number }).collect();
    Order::bulk_create(&db, &mut orders).await?;
    let mut lines: Vec<_> = all().map(|(tenant_id, order)| Line { id: 0, tenant_id, order }).collect();
    Line::bulk_create(&db, &mut lines).await?;
    let deleted = Order::objects().filter(Order::TENANT_ID.eq(2)).delete(&db).await?;
    assert_eq!((deleted.by_model()["Order"], deleted.by_model()["Line"]), (EACH.cast_unsigned(), EACH.cast_unsigned()));
    let log = LOG.take();
    assert!(log.len() == 700 && log.iter().all(|line| line.starts_with("2 ")), "{}", log.len());
    assert_eq!((rows(&db, "composite_many_order").await, rows(&db, "composite_many_line").await), (EACH, EACH));
    Ok(())
}
