//! Deletes of rows that others reference.

use signals::{
    AnyModel as _, DeleteOrigin, Error, Model, ModelMeta, OnDelete, Result, Tx, post_delete, post_save, pre_delete,
    pre_save, receiver,
};

use crate::support::{Log, Refused, db, named_db, refused, rows};

// E88, E90, E92, E94, E107: cascaded rows get both signals, with the root's origin; children come before parents, and a child's post_delete still finds its parent.
#[tokio::test]
async fn cascaded_rows_get_their_signals_before_what_they_reference() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_signals_author")]
    struct Author {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_signals_book")]
    struct Book {
        id: i64,
        #[model(references = Author, on_delete = cascade)]
        author_id: i64,
    }
    static LOG: Log = Log::new();
    async fn look(signal: &str, id: i64, author: i64, origin: DeleteOrigin, tx: &Tx) -> Result<()> {
        let rows = (Book::find(tx, id).await?.is_some(), Author::find(tx, author).await?.is_some());
        LOG.note(format!("{signal} book {id} {rows:?} {origin:?}"));
        Ok(())
    }
    #[receiver([pre_delete, post_delete], sender = Book)]
    async fn book(signal: &str, instance: &Book, origin: DeleteOrigin, tx: &Tx) -> Result<()> {
        look(signal, instance.id, instance.author_id, origin, tx).await
    }
    #[receiver([pre_delete, post_delete], sender = Author)]
    fn author(signal: &str, instance: &Author, origin: DeleteOrigin) {
        LOG.note(format!("{signal} author {} {origin:?}", instance.id));
    }

    let db = db().await;
    let (mut kept, mut gone) = (Author { id: 0 }, Author { id: 0 });
    kept.save(&db).await?;
    gone.save(&db).await?;
    for author_id in [gone.id, kept.id, gone.id] {
        Book { id: 0, author_id }.save(&db).await?;
    }
    let deleted = gone.delete(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre_delete book 1 (true, true) Cascade { root: Instance(Author 2) }",
            "pre_delete book 3 (true, true) Cascade { root: Instance(Author 2) }",
            "pre_delete author 2 Direct",
            "post_delete book 3 (false, true) Cascade { root: Instance(Author 2) }",
            "post_delete book 1 (false, true) Cascade { root: Instance(Author 2) }",
            "post_delete author 2 Direct",
        ]
    );
    assert_eq!((deleted.rows(), deleted.by_model()["Book"], deleted.by_model()["Author"]), (3, 2, 1));
    assert_eq!((rows(&db, "cascades_signals_book").await, rows(&db, "cascades_signals_author").await), (1, 1));
    Ok(())
}

// E109: every protecting relation is told, with its rows, before any signal; nothing is written.
#[tokio::test]
async fn protected_rows_refuse_the_delete_before_any_signal() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_protect_account")]
    struct Account {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_protect_card")]
    struct Card {
        id: i64,
        #[model(references = Account, on_delete = cascade)]
        account_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_protect_payment")]
    struct Payment {
        id: i64,
        #[model(references = Card, on_delete = protect)]
        card_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_protect_invoice")]
    struct Invoice {
        id: i64,
        #[model(references = Account, on_delete = protect)]
        account_id: i64,
        #[model(references = Account, on_delete = protect)]
        payer_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Account)]
    fn account(signal: &str) {
        LOG.note(signal);
    }
    #[receiver([pre_delete, post_delete], sender = Card)]
    fn card(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    let mut account = Account { id: 0 };
    account.save(&db).await?;
    let mut card = Card { id: 0, account_id: account.id };
    card.save(&db).await?;
    for _ in 0..12 {
        Payment { id: 0, card_id: card.id }.save(&db).await?;
    }
    Invoice { id: 0, account_id: account.id, payer_id: None }.save(&db).await?;
    Invoice { id: 0, account_id: account.id, payer_id: Some(account.id) }.save(&db).await?;

    let error = account.delete(&db).await.unwrap_err();
    let Error::Protected { model: "Account", by } = &error else { panic!("{error}") };
    let told: Vec<_> = by.iter().map(|by| (by.model, by.field, by.target, by.rows, by.keys.len())).collect();
    assert_eq!(
        told,
        [
            ("Payment", "card_id", "Card", 12, 10),
            ("Invoice", "account_id", "Account", 2, 2),
            ("Invoice", "payer_id", "Account", 1, 1)
        ]
    );
    assert_eq!(
        error.to_string(),
        "cannot delete `Account`, which is protected: \
         12 rows of `Payment` reference `Card` by `card_id` (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ..); \
         2 rows of `Invoice` reference `Account` by `account_id` (1, 2); \
         1 row of `Invoice` references `Account` by `payer_id` (2); delete these first, or let them reference another"
    );
    assert!(matches!(account.delete(&db).quiet().await, Err(Error::Protected { .. })));
    assert!(LOG.take().is_empty());
    assert_eq!((rows(&db, "cascades_protect_card").await, rows(&db, "cascades_protect_account").await), (1, 1));
    Ok(())
}
