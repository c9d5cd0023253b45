//! Deletes with their cascades, and links.

use signals::{DeleteOrigin, Error, M2mAction, Model, Result, m2m_changed, post_delete, receiver};

use super::db;
use super::log::{note, take};

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_author")]
struct Author {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_book")]
struct Book {
    id: i64,
    #[model(references = Author, on_delete = cascade)]
    author_id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_review")]
struct Review {
    id: i64,
    #[model(references = Book, on_delete = set_null)]
    book_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_loan")]
struct Loan {
    id: i64,
    #[model(references = Book, on_delete = protect)]
    book_id: i64,
}

#[receiver(post_delete, sender = Book)]
fn gone(instance: &Book, origin: DeleteOrigin, using: &str) {
    let is_cascade = matches!(origin, DeleteOrigin::Cascade { .. });
    note(using, format!("book {} {is_cascade}", instance.id));
}

#[tokio::test]
async fn a_delete_reaches_what_references_the_row() -> Result<()> {
    let db = db().await;
    let mut author = Author { id: 0 };
    author.save(&db).await?;
    let mut books: Vec<_> = (0..1200).map(|_| Book { id: 0, author_id: author.id }).collect();
    Book::bulk_create(&db, &mut books).await?;
    let mut review = Review { id: 0, book_id: Some(books[0].id) };
    review.save(&db).await?;
    let mut loan = Loan { id: 0, book_id: books[7].id };
    loan.save(&db).await?;
    let Err(Error::Protected { by, .. }) = author.delete(&db).await else { panic!("it is protected") };
    assert_eq!((by[0].model, by[0].rows), ("Loan", 1));
    assert!(take(&db).is_empty());
    loan.delete(&db).await?;
    let deleted = author.delete(&db).await?;
    assert_eq!((deleted.of::<Book>(), deleted.of::<Author>(), deleted.rows()), (1200, 1, 1201));
    let told = take(&db);
    assert_eq!((told.len(), told[0].as_str()), (1200, "book 1200 true"));
    review.refresh(&db).await?;
    assert_eq!(review.book_id, None);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_node")]
struct Node {
    id: i64,
    #[model(references = Node, on_delete = cascade)]
    next_id: i64,
}

#[tokio::test]
async fn rows_that_reference_each_other_are_deleted_together() -> Result<()> {
    const NODES: i64 = 600;
    let db = db().await;
    let mut nodes: Vec<_> = (1..=NODES).map(|id| Node { id, next_id: 1 }).collect();
    Node::bulk_create(&db, &mut nodes).await?;
    for node in &mut nodes {
        node.next_id = node.id % NODES + 1;
    }
    Node::bulk_update(&db, &mut nodes, [Node::NEXT_ID]).await?;
    assert_eq!(Node::get(&db, 300).await?.delete(&db).await?.rows(), 600);
    // References are checked again.
    assert!(Node { id: 0, next_id: 404 }.save(&db).await.is_err());
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "deletes_pizza", many_to_many(toppings: Topping, related = pizzas))]
struct Pizza {
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "deletes_topping")]
struct Topping {
    id: i64,
}

#[receiver(m2m_changed, sender = PizzaToppings)]
fn changed(action: M2mAction, using: &str) {
    note(using, format!("{action:?}"));
}

#[tokio::test]
async fn links_are_there_once() -> Result<()> {
    let db = db().await;
    let mut pizza = Pizza { id: 0 };
    pizza.save(&db).await?;
    let mut toppings: Vec<_> = (0..3).map(|_| Topping { id: 0 }).collect();
    Topping::bulk_create(&db, &mut toppings).await?;
    pizza.toppings().add(&db, [&toppings[0], &toppings[1]]).await?;
    pizza.toppings().add(&db, [&toppings[1], &toppings[2]]).await?;
    assert_eq!(pizza.toppings().count(&db).await?, 3);
    assert_eq!(toppings[1].pizzas().count(&db).await?, 1);
    pizza.toppings().set(&db, [&toppings[2]]).await?;
    assert_eq!(pizza.toppings().all(&db).await?, [toppings[2].clone()]);
    pizza.toppings().clear(&db).await?;
    assert_eq!(pizza.toppings().count(&db).await?, 0);
    let told = ["PreAdd", "PostAdd", "PreAdd", "PostAdd", "PreRemove", "PostRemove", "PreClear", "PostClear"];
    assert_eq!(take(&db), told);
    Ok(())
}
