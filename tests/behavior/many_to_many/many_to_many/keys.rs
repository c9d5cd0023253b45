//! The keys for receivers, and the effect of the receivers' changes to them.

use signals::model::{Key, PrimaryKey};
use signals::relation::KeyOf;
use signals::{Error, KeySet, M2mAction, Model, Result, m2m_changed, receiver};
use signals_test_behavior::{Log, db, execute, sequence};

use super::pizzeria;

// F135: a key that a receiver removes in a pre action is neither written nor sent afterwards.
#[tokio::test]
async fn what_a_receiver_leaves_out_is_not_written() -> Result<()> {
    pizzeria!("m2m_edit_pizza", "m2m_edit_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn refuse_the_second(action: M2mAction, keys: Option<&mut KeySet>) {
        if let (true, Some(keys)) = (action.is_pre(), keys) {
            keys.retain(|key| *key != Key::Int(2));
        }
    }
    #[receiver(m2m_changed, sender = PizzaToppings, priority = 1)]
    fn look(action: M2mAction, keys: Option<&KeySet>) {
        LOG.note(format!("{action:?} {}", keys.map_or("all".into(), ToString::to_string)));
    }
    let db = db().await;
    let (pizza, [cheese, basil, olives]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil, &olives]).await?;
    assert_eq!(LOG.take(), ["PreAdd 1, 3", "PostAdd 1, 3"]);
    assert_eq!(pizza.toppings().keys(&db).await?, [1, 3]);

    pizza.toppings().add(&db, [&basil]).quiet().await?;
    pizza.toppings().remove(&db, [&basil, &olives]).await?;
    assert_eq!(LOG.take(), ["PreRemove 3", "PostRemove 3"]);
    assert_eq!(pizza.toppings().keys(&db).await?, [1, 2]);

    pizza.toppings().add(&db, [&basil]).await?;
    assert_eq!(LOG.take(), ["PreAdd ", "PostAdd "]);
    Ok(())
}

// F135: a key that a receiver adds is written too, each key once. In a post action it has no effect.
#[tokio::test]
async fn what_a_receiver_puts_in_is_written_once() -> Result<()> {
    pizzeria!("m2m_put_pizza", "m2m_put_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn put_in(action: M2mAction, keys: Option<&mut KeySet>) {
        let keys = keys.expect("keys");
        match action {
            M2mAction::PreAdd => keys.as_vec_mut::<i64>().expect("integers").extend([3, 1, 3, 1]),
            M2mAction::PostAdd => keys.as_vec_mut::<i64>().expect("integers").push(2),
            _ => {}
        }
        assert!(keys.as_vec_mut::<String>().is_none() && keys.as_slice::<i32>().is_none());
    }
    #[receiver(m2m_changed, sender = PizzaToppings, priority = 1)]
    fn look(action: M2mAction, keys: Option<&KeySet>) {
        let keys = keys.expect("keys");
        LOG.note(format!("{action:?} {keys:?} {:?} {}", keys.as_slice::<i64>(), keys.contains(&Key::Int(3))));
    }
    let db = db().await;
    let (pizza, [cheese, _, _]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd {Int(1), Int(3), Int(1), Int(3), Int(1)} Some([1, 3, 1, 3, 1]) true",
            "PostAdd {Int(1), Int(3), Int(2)} Some([1, 3, 2]) true",
        ]
    );
    assert_eq!(pizza.toppings().keys(&db).await?, [1, 3]);
    Ok(())
}

#[tokio::test]
async fn a_key_from_a_receiver_is_sent_only_if_its_link_is_added() -> Result<()> {
    pizzeria!("m2m_put_again_pizza", "m2m_put_again_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn always_with_the_first(action: M2mAction, keys: Option<&mut KeySet>) {
        let keys = keys.expect("keys");
        match action {
            M2mAction::PreAdd => keys.as_vec_mut::<i64>().expect("integers").extend([1, 4]),
            _ => LOG.note(format!("{action:?} {keys}")),
        }
    }
    let db = db().await;
    let (pizza, [cheese, basil, olives, _]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    pizza.toppings().add(&db, [&olives]).await?;
    pizza.toppings().add(&db, [&olives]).await?;
    assert_eq!(LOG.take(), ["PostAdd 3, 4", "PostAdd "]);
    assert_eq!(pizza.toppings().keys(&db).await?, [1, 2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_unset_cannot_be_put_in() -> Result<()> {
    pizzeria!("m2m_put_unset_pizza", "m2m_put_unset_topping");
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn put_in(keys: Option<&mut KeySet>) {
        keys.expect("keys").as_vec_mut().expect("integers").push(0_i64);
    }
    let db = db().await;
    let (pizza, [cheese]) = menu(&db).await;
    for outcome in [pizza.toppings().add(&db, [&cheese]).await, pizza.toppings().remove(&db, [&cheese]).await] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::KeyMissing { model: "Topping", .. }), "{error}");
        assert!(error.to_string().contains("a receiver of m2m_changed added it"), "{error}");
    }
    assert_eq!(pizza.toppings().count(&db).await?, 0);
    Ok(())
}

// F133: rows are named by instances or by keys of the key's own type.
#[tokio::test]
async fn rows_are_named_by_instances_or_by_keys_of_any_type() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, sqlx::Type)]
    #[sqlx(transparent)]
    struct Code(String);
    impl PrimaryKey for Code {
        type Lookup<'a> = Code;
        const GENERATED: bool = false;
        fn key(&self) -> Option<Key<'_>> {
            Some(Key::Other(self.0.clone()))
        }
        fn from_lookup(lookup: Code) -> Self {
            lookup
        }
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_types_shelf", many_to_many(books: Book, related = shelves), many_to_many(rooms: Room, related = shelves))]
    struct Shelf {
        id: uuid::Uuid,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_types_book")]
    struct Book {
        #[model(primary_key)]
        isbn: String,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_types_room")]
    struct Room {
        #[model(primary_key)]
        code: Code,
    }
    impl KeyOf<Room> for Code {
        fn into_key(self) -> Code {
            self
        }
    }

    let db = db().await;
    let mut shelf = Shelf { id: uuid::Uuid::nil() };
    shelf.save(&db).await?;
    let mut books = ["a", "b", "c", "d"].map(|isbn| Book { isbn: isbn.into() });
    for book in &mut books {
        book.save(&db).await?;
    }
    shelf.books().add(&db, &books[..1]).await?;
    shelf.books().add(&db, ["b"]).await?;
    shelf.books().add(&db, [String::from("c")]).await?;
    shelf.books().add(&db, [&String::from("d")]).await?;
    assert_eq!(shelf.books().keys(&db).await?, ["a", "b", "c", "d"]);
    shelf.books().remove(&db, books.iter().skip(1)).await?;
    assert!(books[0].shelves().contains(&db, shelf.id).await?);
    assert!(!books[1].shelves().contains(&db, shelf.id).await?);
    books[1].shelves().set(&db, [shelf.id]).await?;
    assert_eq!(shelf.books().keys(&db).await?, ["a", "b"]);

    let mut room = Room { code: Code("attic".into()) };
    room.save(&db).await?;
    shelf.rooms().add(&db, [room.code.clone()]).await?;
    assert_eq!(shelf.rooms().keys(&db).await?, [room.code.clone()]);
    assert_eq!(room.shelves().keys(&db).await?, [shelf.id]);
    Ok(())
}

#[tokio::test]
async fn more_keys_than_a_statement_takes_are_written_in_parts() -> Result<()> {
    pizzeria!("m2m_parts_pizza", "m2m_parts_topping");
    let db = db().await;
    let (pizza, []) = menu(&db).await;
    execute(&db, format!("INSERT INTO m2m_parts_topping (id) SELECT i FROM {}", sequence(3000))).await;

    pizza.toppings().add(&db, 1..=2500).await?;
    assert_eq!(pizza.toppings().count(&db).await?, 2500);
    pizza.toppings().set(&db, 500..=3000).await?;
    assert!(pizza.toppings().keys(&db).await?.into_iter().eq(500..=3000));
    let listens = m2m_changed.connect_scoped::<PizzaToppings>("look", |event| {
        assert_eq!(event.keys.as_deref().map(KeySet::len), Some(499), "500 of them are related");
        Ok(())
    })?;
    pizza.toppings().add(&db, 1..=999).await?;
    drop(listens);
    pizza.toppings().remove(&db, 2..=2999).await?;
    assert_eq!(pizza.toppings().keys(&db).await?, [1, 3000]);
    Ok(())
}

#[tokio::test]
async fn links_of_many_columns_are_written_in_smaller_parts() -> Result<()> {
    macro_rules! wide {
        ($($column:ident)*) => {
            #[derive(Debug, Clone, Model)]
            #[model(table = "m2m_wide_link")]
            struct Link {
                id: i64,
                #[model(references = Page, on_delete = cascade)]
                page_id: i64,
                #[model(references = Word, on_delete = cascade)]
                word_id: i64,
                $(#[model(auto_now_add)] $column: chrono::NaiveDateTime,)*
            }
        };
    }
    wide! {
        a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
        g0 g1 g2 g3 g4 g5 g6 g7 g8 g9
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_wide_page", many_to_many(words: Word, through = Link))]
    struct Page {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_wide_word")]
    struct Word {
        id: i64,
    }

    let db = db().await;
    let mut page = Page { id: 0 };
    page.save(&db).await?;
    let mut words = vec![Word { id: 0 }; 1200];
    Word::bulk_create(&db, &mut words).await?;
    page.words().add(&db, &words).await?;
    assert_eq!(page.words().count(&db).await?, 1200);
    Ok(())
}
