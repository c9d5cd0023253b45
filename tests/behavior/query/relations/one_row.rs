//! Query sets of the rows that one row leads to.

use signals::{Error, Model, Result};
use signals_test_behavior::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_user")]
struct User {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_order")]
struct Order {
    id: i64,
    #[model(references = User, related = orders, on_delete = set_null)]
    user_id: Option<i64>,
    total: i64,
}

/// Its field has no `_id`, and its user has only one.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_profile")]
struct Profile {
    id: i64,
    #[model(unique, references = User, relation = owner, related = profile, on_delete = cascade)]
    user: i64,
}

async fn users(db: &signals::Db) -> Result<[User; 2]> {
    let mut users = ["Ann", "Bob"].map(|name| User { id: 0, name: name.into() });
    User::bulk_create(db, &mut users).await?;
    Ok(users)
}

#[tokio::test]
async fn the_rows_that_reference_one_are_a_query_set() -> Result<()> {
    let db = db().await;
    let [ann, bob] = users(&db).await?;
    for (user, total) in [(Some(ann.id), 30), (Some(bob.id), 40), (Some(ann.id), 10), (None, 50)] {
        Order { id: 0, user_id: user, total }.create(&db).await?;
    }
    let totals = |orders: Vec<Order>| orders.into_iter().map(|order| order.total).collect::<Vec<_>>();
    let orders = User::ORDERS.of(&ann);
    assert_eq!(totals(orders.clone().order_by(Order::TOTAL.asc()).all(&db).await?), [10, 30]);
    assert_eq!(orders.clone().filter(Order::TOTAL.gt(10)).count(&db).await?, 1);
    assert_eq!(totals(orders.clone().order_by(Order::ID.desc()).limit(1).all(&db).await?), [10]);
    assert_eq!(orders.update(&db, Order::TOTAL.set(7)).await?, 2);
    assert_eq!(User::ORDERS.of(&bob).delete(&db).await?.rows(), 1);
    assert_eq!(totals(Order::objects().order_by(Order::ID.asc()).all(&db).await?), [7, 7, 50]);
    Ok(())
}

#[tokio::test]
async fn a_reference_leads_to_its_row_and_none_to_no_row() -> Result<()> {
    let db = db().await;
    let [ann, _] = users(&db).await?;
    let order = Order { id: 0, user_id: Some(ann.id), total: 1 }.create(&db).await?;
    assert_eq!(Order::USER.of(&order).get(&db).await?, ann);
    let lost = Order { user_id: None, ..order };
    assert_eq!(Order::USER.of(&lost).first(&db).await?, None);
    assert_eq!(Order::USER.of(&lost).count(&db).await?, 0);
    assert_eq!(User::objects().count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn the_way_back_along_a_unique_reference_leads_to_one_row() -> Result<()> {
    let db = db().await;
    let users = users(&db).await?;
    let profile = Profile { id: 0, user: users[1].id }.create(&db).await?;
    assert_eq!(User::PROFILE.of(&users[1]).get(&db).await?, profile);
    assert_eq!(Profile::OWNER.of(&profile).get(&db).await?, users[1]);
    let profiles = User::PROFILE.load(&db, &users).await?;
    assert_eq!(users.each_ref().map(|user| profiles.of(user)), [None, Some(&profile)]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_not_saved_is_an_error_when_its_set_is_used() -> Result<()> {
    let db = db().await;
    let unsaved = User { id: 0, name: "Nobody".into() };
    let orders = User::ORDERS.of(&unsaved).filter(Order::TOTAL.gt(0)).order_by(Order::ID.asc());
    let error = orders.all(&db).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing { model: "User", .. }), "{error}");
    assert!(matches!(orders.count(&db).await, Err(Error::KeyMissing { .. })));
    assert!(matches!(orders.exists(&db).await, Err(Error::KeyMissing { .. })));
    assert!(matches!(orders.update(&db, Order::TOTAL.set(1)).await, Err(Error::KeyMissing { .. })));
    assert!(matches!(orders.delete(&db).await, Err(Error::KeyMissing { .. })));
    let create = || Order { id: 0, user_id: None, total: 1 };
    assert!(matches!(orders.get_or_create(&db, create).await, Err(Error::KeyMissing { .. })));
    assert!(matches!(User::ORDERS.load(&db, [&unsaved]).await, Err(Error::KeyMissing { .. })));
    assert!(matches!(User::PROFILE.load(&db, [&unsaved]).await, Err(Error::KeyMissing { .. })));
    assert_eq!(Order::objects().count(&db).await?, 0);
    Ok(())
}
