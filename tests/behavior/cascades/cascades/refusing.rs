//! `on_delete = protect` and `restrict`.

use signals::{Error, Model, Result, post_delete, pre_delete, receiver};
use signals_test_behavior::{Log, db, rows};

// E109: every protecting relation is reported with its rows before any signal; nothing is written.
#[tokio::test]
async fn protected_rows_refuse_the_delete_before_any_signal() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "refusing_account")]
    struct Account {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_card")]
    struct Card {
        id: i64,
        #[model(references = Account, on_delete = cascade)]
        account_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_payment")]
    struct Payment {
        id: i64,
        #[model(references = Card, on_delete = protect)]
        card_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_xinvoice")]
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
    assert_eq!((rows(&db, "refusing_card").await, rows(&db, "refusing_account").await), (1, 1));
    Ok(())
}

// Protecting rows are reported once for each column, by whatever path the delete reached them.
#[tokio::test]
async fn rows_that_protect_are_reported_together() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "refusing_once_folder")]
    struct Folder {
        id: i64,
        #[model(references = Folder, on_delete = cascade)]
        parent_id: Option<i64>,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_once_lock")]
    struct Lock {
        id: i64,
        #[model(references = Folder, on_delete = protect)]
        folder_id: i64,
    }
    let db = db().await;
    for id in 1..=3 {
        Folder { id, parent_id: (id > 1).then_some(id - 1) }.save(&db).force_insert().await?;
        Lock { id: 0, folder_id: id }.save(&db).await?;
    }
    let error = Folder::get(&db, 1).await?.delete(&db).await.unwrap_err();
    let Error::Protected { by, .. } = &error else { panic!("{error}") };
    assert_eq!((by.len(), by[0].rows, &*by[0].keys), (1, 3, &["1", "2", "3"].map(String::from)[..]), "{error}");
    Ok(())
}

// E109: unlike `restrict`, a row that is also deleted still protects.
#[tokio::test]
async fn a_row_that_would_be_deleted_too_still_protects() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "refusing_too_shop")]
    struct Shop {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_too_till")]
    struct Till {
        id: i64,
        #[model(references = Shop, on_delete = cascade)]
        shop_id: i64,
        #[model(references = Shop, on_delete = protect)]
        owner_id: Option<i64>,
    }
    let db = db().await;
    let mut shop = Shop { id: 0 };
    shop.save(&db).await?;
    let mut till = Till { id: 0, shop_id: shop.id, owner_id: Some(shop.id) };
    till.save(&db).await?;
    assert!(matches!(shop.delete(&db).await, Err(Error::Protected { .. })));
    till.owner_id = None;
    till.save(&db).await?;
    assert_eq!(shop.delete(&db).await?.rows(), 2);
    Ok(())
}

// E110: refused, unless the same delete reaches the rows by a cascade, by any path.
#[tokio::test]
async fn restricted_rows_refuse_the_delete_unless_they_are_deleted_too() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "refusing_artist")]
    struct Artist {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_album")]
    struct Album {
        id: i64,
        #[model(references = Artist, on_delete = cascade)]
        artist_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "refusing_song")]
    struct Song {
        id: i64,
        #[model(references = Artist, on_delete = cascade)]
        artist_id: i64,
        #[model(references = Album, on_delete = restrict)]
        album_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Album)]
    fn album(signal: &str, instance: &Album) {
        LOG.note(format!("{signal} album {}", instance.id));
    }

    let db = db().await;
    let (mut one, mut two) = (Artist { id: 0 }, Artist { id: 0 });
    one.save(&db).await?;
    two.save(&db).await?;
    let mut album = Album { id: 0, artist_id: one.id };
    album.save(&db).await?;
    Song { id: 0, artist_id: one.id, album_id: album.id }.save(&db).await?;

    let error = album.delete(&db).await.unwrap_err();
    let Error::Restricted { model: "Album", by } = &error else { panic!("{error}") };
    assert_eq!((by.len(), by[0].model, by[0].rows), (1, "Song", 1));

    // A song of another artist on the album is not deleted with this one.
    let mut guest = Song { id: 0, artist_id: two.id, album_id: album.id };
    guest.save(&db).await?;
    let error = one.delete(&db).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot delete `Artist`, which is restricted: 1 row of `Song` references `Album` by `album_id` (2); \
         delete these first, or let them reference another"
    );
    assert!(LOG.take().is_empty());
    guest.delete(&db).await?;
    assert_eq!(format!("{:?}", one.delete(&db).await?.by_model()), r#"{"Album": 1, "Artist": 1, "Song": 1}"#);
    assert_eq!(LOG.take(), ["pre_delete album 1", "post_delete album 1"]);
    Ok(())
}
