//! References that a delete leaves unchanged, between rows that it deletes.

use signals::{Model, Result, post_delete, receiver};
use signals_test_behavior::{Log, db, rows};

#[tokio::test]
async fn rows_go_before_those_they_reference_without_the_delete_s_doing() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "left_alone_shop")]
    struct Shop {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "left_alone_customer")]
    struct Customer {
        id: i64,
        #[model(references = Shop, on_delete = cascade)]
        shop_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "left_alone_order")]
    struct Order {
        id: i64,
        #[model(references = Shop, on_delete = cascade)]
        shop_id: i64,
        #[model(references = Customer, on_delete = do_nothing)]
        customer_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "left_alone_visit")]
    struct Visit {
        id: i64,
        #[model(references = Shop, on_delete = cascade)]
        shop_id: i64,
        #[model(references = Customer, on_delete = database)]
        customer_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Order)]
    fn order_gone() {
        LOG.note("order");
    }
    #[receiver(post_delete, sender = Customer)]
    fn customer_gone() {
        LOG.note("customer");
    }
    #[receiver(post_delete, sender = Visit)]
    fn visit_gone() {
        LOG.note("visit");
    }
    let db = db().await;
    let mut shop = Shop { id: 0 };
    shop.save(&db).await?;
    let mut customer = Customer { id: 0, shop_id: shop.id };
    customer.save(&db).await?;
    Order { id: 0, shop_id: shop.id, customer_id: customer.id }.save(&db).await?;
    Visit { id: 0, shop_id: shop.id, customer_id: customer.id }.save(&db).await?;
    let deleted = shop.delete(&db).await?;
    // The database, which would have deleted the visits, finds none left.
    assert_eq!((deleted.by_model()["Order"], deleted.by_model()["Visit"], deleted.rows()), (1, 1, 4));
    let told = LOG.take();
    assert_eq!((told.len(), told[2].as_str()), (3, "customer"), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn rows_of_one_table_may_reference_each_other_over_the_parts_of_a_delete() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "left_alone_unheard")]
    struct Unheard {
        id: i64,
        #[model(references = Unheard, on_delete = do_nothing)]
        next_id: Option<i64>,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "left_alone_heard")]
    struct Heard {
        id: i64,
        #[model(references = Heard, on_delete = do_nothing)]
        next_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Heard)]
    fn gone() {
        LOG.note("gone");
    }
    const MANY: i64 = 1300;
    let db = db().await;
    let back = |id: i64| (id > 1).then(|| MANY + 1 - id);
    let mut unheard: Vec<_> = (1..=MANY).map(|id| Unheard { id, next_id: None }).collect();
    Unheard::bulk_create(&db, &mut unheard).await?;
    for row in &mut unheard {
        row.next_id = back(row.id);
    }
    Unheard::bulk_update(&db, &mut unheard, [Unheard::NEXT_ID]).await?;
    assert_eq!(Unheard::bulk_delete(&db, &unheard).await?.rows(), MANY.unsigned_abs());

    let mut heard: Vec<_> = (1..=MANY).map(|id| Heard { id, next_id: None }).collect();
    Heard::bulk_create(&db, &mut heard).await?;
    for row in &mut heard {
        row.next_id = back(row.id);
    }
    Heard::bulk_update(&db, &mut heard, [Heard::NEXT_ID]).await?;
    assert_eq!(Heard::objects().delete(&db).await?.rows(), MANY.unsigned_abs());
    assert_eq!((i64::try_from(LOG.take().len()).unwrap(), rows(&db, "left_alone_heard").await), (MANY, 0));
    Ok(())
}
