//! Many-to-many relations of many rows at once.

use signals::{Error, Model, Result};
use signals_test_behavior::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_pizza", many_to_many(toppings: Topping, related = pizzas))]
struct Pizza {
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_topping")]
struct Topping {
    #[model(primary_key)]
    name: String,
    price: i64,
}

fn names(toppings: &[Topping]) -> String {
    toppings.iter().map(|topping| &*topping.name).collect::<Vec<_>>().join(" ")
}

/// Makes a pizza with olives, basil and cheese, one with cheese, and one with nothing.
async fn pizzas(db: &signals::Db) -> Result<Vec<Pizza>> {
    for (name, price) in [("olives", 1), ("cheese", 3), ("basil", 2)] {
        Topping { name: name.into(), price }.create(db).await?;
    }
    let mut pizzas = vec![Pizza { id: 0 }, Pizza { id: 0 }, Pizza { id: 0 }];
    Pizza::bulk_create(db, &mut pizzas).await?;
    pizzas[0].toppings().add(db, ["olives", "basil", "cheese"]).await?;
    pizzas[1].toppings().add(db, ["cheese"]).await?;
    Ok(pizzas)
}

#[tokio::test]
async fn linked_rows_are_loaded_for_each_row_that_they_are_linked_to() -> Result<()> {
    let db = db().await;
    let pizzas = pizzas(&db).await?;
    let toppings = Pizza::TOPPINGS.load(&db, &pizzas).await?;
    let of_each: Vec<_> = pizzas.iter().map(|pizza| names(toppings.of(pizza))).collect();
    assert_eq!(of_each, ["basil cheese olives", "cheese", ""]);
    // One that two are linked to is there twice, and counts once for the next relation.
    assert_eq!(toppings.rows().len(), 4);
    let back = Topping::PIZZAS.load(&db, toppings.rows()).await?;
    assert_eq!(back.of(&toppings.of(&pizzas[1])[0]), &pizzas[..2]);
    assert_eq!(back.rows().len(), 4);

    let dear = Topping::objects().filter(Topping::PRICE.gt(1)).order_by(Topping::PRICE.desc());
    let toppings = Pizza::TOPPINGS.load_from(&db, &pizzas, dear).await?;
    assert_eq!(names(toppings.of(&pizzas[0])), "cheese basil");
    assert_eq!(
        names(&Pizza::TOPPINGS.of(&pizzas[0]).order_by(Topping::PRICE.asc()).all(&db).await?),
        "olives basil cheese"
    );
    Ok(())
}

#[tokio::test]
async fn a_relation_of_a_row_that_is_not_saved_is_an_error_when_it_is_used() -> Result<()> {
    let db = db().await;
    let unsaved = Pizza { id: 0 };
    assert!(matches!(Pizza::TOPPINGS.load(&db, [&unsaved]).await, Err(Error::KeyMissing { model: "Pizza", .. })));
    let toppings = unsaved.toppings().objects().filter(Topping::PRICE.gt(0));
    assert!(matches!(toppings.all(&db).await, Err(Error::KeyMissing { model: "Pizza", .. })));
    assert!(matches!(unsaved.toppings().all(&db).await, Err(Error::KeyMissing { model: "Pizza", .. })));
    let error = Pizza::TOPPINGS.load_from(&db, &[], Topping::objects().limit(1)).await.unwrap_err();
    assert!(matches!(error, Error::QueryOptions { model: "Topping", .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_link_that_is_there_twice_counts_once() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_group", many_to_many(people: Member, through = Membership))]
    struct Group {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_member")]
    struct Member {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_membership")]
    struct Membership {
        id: i64,
        #[model(references = Group, on_delete = cascade)]
        group_id: i64,
        #[model(references = Member, on_delete = cascade)]
        member_id: Option<i64>,
    }
    let db = db().await;
    let group = Group { id: 0 }.create(&db).await?;
    let members = [Member { id: 0 }.create(&db).await?, Member { id: 0 }.create(&db).await?];
    for member in [Some(0), Some(1), Some(0), None] {
        let member_id = member.map(|member: usize| members[member].id);
        Membership { id: 0, group_id: group.id, member_id }.create(&db).await?;
    }
    assert_eq!(Group::PEOPLE.load(&db, [&group]).await?.of(&group), members);
    assert_eq!(group.people().all(&db).await?, members);
    // The links are followed as any other model is.
    let links = Membership::objects().all(&db).await?;
    assert_eq!(Membership::MEMBER.load(&db, &links).await?.rows().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_relation_of_a_model_to_itself_is_loaded_in_its_direction() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(
        table = "relations_fan",
        many_to_many(follows: Self, related = followers),
        many_to_many(friends: Self, symmetrical)
    )]
    struct Fan {
        id: i64,
    }
    let db = db().await;
    let mut fans = vec![Fan { id: 0 }, Fan { id: 0 }, Fan { id: 0 }];
    Fan::bulk_create(&db, &mut fans).await?;
    fans[0].follows().add(&db, [&fans[1], &fans[2]]).await?;
    fans[0].friends().add(&db, [&fans[2]]).await?;
    let follows = Fan::FOLLOWS.load(&db, &fans).await?;
    assert_eq!(fans.iter().map(|fan| follows.of(fan)).collect::<Vec<_>>(), [&fans[1..], &[], &[]]);
    let followers = Fan::FOLLOWERS.load(&db, &fans).await?;
    assert_eq!(fans.iter().map(|fan| followers.of(fan)).collect::<Vec<_>>(), [&[], &fans[..1], &fans[..1]]);
    let friends = Fan::FRIENDS.load(&db, &fans).await?;
    assert_eq!(fans.iter().map(|fan| friends.of(fan)).collect::<Vec<_>>(), [&fans[2..], &[], &fans[..1]]);
    Ok(())
}
