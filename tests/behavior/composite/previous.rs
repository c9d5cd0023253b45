//! What receivers learn of a row with a composite key: the row as it was, and the net change of a transaction.

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn previous_is_the_row_of_the_whole_key() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_previous")]
    struct Seat {
        #[model(primary_key)]
        row: i64,
        #[model(primary_key)]
        place: i64,
        guest: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Seat)]
    fn saved(instance: &Seat, previous: Option<&Seat>, created: bool) {
        LOG.note(format!("{} {:?} {created}", instance.guest, previous.map(|seat| &*seat.guest)));
    }
    #[receiver(post_delete, sender = Seat)]
    fn deleted(previous: Option<&Seat>) {
        LOG.note(format!("gone {:?}", previous.map(|seat| &*seat.guest)));
    }
    let db = db().await;
    let seat = |row, place, guest: &str| Seat { row, place, guest: guest.into() };
    seat(1, 1, "Ann").save(&db).await?;
    seat(1, 2, "Bob").save(&db).await?;
    seat(1, 1, "Cid").save(&db).await?;
    seat(1, 2, "stale").delete(&db).await?;
    assert_eq!(LOG.take(), ["Ann None true", "Bob None true", "Cid Some(\"Ann\") false", "gone Some(\"Bob\")"]);
    Ok(())
}

#[tokio::test]
async fn the_net_change_of_a_row_is_that_of_its_whole_key() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_net")]
    struct Seat {
        #[model(primary_key)]
        hall: String,
        #[model(primary_key)]
        place: i64,
        guest: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([post_save, post_delete], sender = Seat, on_commit)]
    fn committed(signal: &str, instance: &Seat) {
        LOG.note(format!("{signal} {} {} {}", instance.hall, instance.place, instance.guest));
    }
    let db = db().await;
    let seat = |hall: &str, place, guest| Seat { hall: hall.into(), place, guest };
    let tx = db.begin().await?;
    seat("a", 1, 1).save(&tx).await?;
    seat("a", 2, 1).save(&tx).await?;
    seat("a", 1, 2).save(&tx).await?;
    seat("b", 1, 1).save(&tx).await?;
    seat("b", 1, 1).delete(&tx).await?;
    // Receivers get the rows as quiet statements leave them.
    Seat::objects().filter(Seat::PLACE.eq(2)).update(&tx, [Seat::GUEST.set(9)]).quiet().await?;
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["post_save on_commit a 1 2", "post_save on_commit a 2 9"]);
    let tx = db.begin().await?;
    seat("a", 1, 3).delete(&tx).await?;
    seat("a", 2, 3).save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["post_delete on_commit a 1 3", "post_save on_commit a 2 3"]);
    Ok(())
}
