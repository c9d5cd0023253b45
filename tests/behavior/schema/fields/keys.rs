//! Primary keys: their unset values, their source, and their types.

use signals::model::{Key, PrimaryKey};
use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, db, execute, kind, rows};
use uuid::Uuid;

#[tokio::test]
async fn integer_keys_are_unset_at_zero_and_made_by_the_database() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_i64")]
    struct Long {
        id: i64,
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_i32")]
    struct Int {
        id: i32,
        text: String,
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_i16")]
    struct Short {
        text: String,
        id: i16,
    }
    let db = db().await;
    let (mut long, mut int, mut short) =
        (Long { id: 0 }, Int { id: 0, text: "i".into() }, Short { id: 0, text: "s".into() });
    for expected in 1..=2_i16 {
        (long.id, int.id, short.id) = (0, 0, 0);
        long.save(&db).await?;
        int.save(&db).await?;
        short.save(&db).await?;
        assert_eq!((long.id, int.id, short.id), (expected.into(), expected.into(), expected));
    }
    assert_eq!((Long::get(&db, 2).await?, Int::get(&db, 2).await?, Short::get(&db, 2).await?), (long, int, short));
    // Keys below zero are set.
    Long { id: -5 }.save(&db).await?;
    assert_eq!(Long::get(&db, -5).await?.id, -5);
    Ok(())
}

#[tokio::test]
async fn a_key_is_not_used_again_after_its_row_was_deleted() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_reused")]
    struct Seat {
        id: i64,
    }
    let db = db().await;
    let mut seat = Seat { id: 0 };
    seat.save(&db).await?;
    seat.delete(&db).await?;
    seat.id = 0;
    seat.save(&db).await?;
    assert_eq!(seat.id, 2);
    Ok(())
}

#[tokio::test]
async fn an_optional_key_is_unset_at_none() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_optional")]
    struct Maybe {
        id: Option<i64>,
        text: String,
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_optional_uuid")]
    struct MaybeUuid {
        id: Option<Uuid>,
    }
    let db = db().await;
    let mut maybe = Maybe { id: None, text: "a".into() };
    maybe.save(&db).await?;
    assert_eq!(maybe.id, Some(1));
    maybe.text = "b".into();
    maybe.save(&db).await?;
    assert_eq!((Maybe::get(&db, 1).await?, rows(&db, "keys_optional").await), (maybe, 1));
    let mut uuid = MaybeUuid { id: None };
    uuid.save(&db).await?;
    assert_eq!(MaybeUuid::get(&db, uuid.id.unwrap()).await?, uuid);
    Ok(())
}

// D64: a nil UUID is generated before pre_save, and the row is inserted without an UPDATE first. A UUID that
// is set tries UPDATE first like any other key; Django forces the INSERT of every new instance.
// `force_insert` does that here.
#[tokio::test]
async fn a_nil_uuid_is_made_before_pre_save_and_inserted() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_uuid")]
    struct Event {
        id: Uuid,
        text: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Event)]
    fn before(instance: &Event) {
        LOG.note(instance.id.get_version_num());
    }
    #[receiver(post_save, sender = Event)]
    fn after(created: bool) {
        LOG.note(created);
    }

    let db = db().await;
    let mut event = Event { id: Uuid::nil(), text: "a".into() };
    event.save(&db).await?;
    assert_eq!(Event::get(&db, event.id).await?.text, "a");
    let own = Uuid::from_u128(0x1234_5678);
    Event { id: own, text: "b".into() }.save(&db).await?;
    Event { id: own, text: "c".into() }.save(&db).await?;
    assert_eq!(Event::get(&db, own).await?.text, "c");
    assert!(Event { id: own, text: "d".into() }.save(&db).force_insert().await.is_err());
    assert_eq!(LOG.take(), ["7", "true", "0", "true", "0", "false", "0"]);
    Ok(())
}

#[tokio::test]
async fn later_uuids_sort_after_earlier_ones() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_uuid_sorted")]
    struct Tick {
        id: Uuid,
    }
    let db = db().await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        let mut tick = Tick { id: Uuid::nil() };
        tick.save(&db).await?;
        ids.push(tick.id);
    }
    assert!(ids.is_sorted());
    Ok(())
}

// D69
#[tokio::test]
async fn a_failed_save_gives_every_kind_of_key_back() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_given_back")]
    struct Made {
        id: Uuid,
    }
    #[derive(Model)]
    #[model(table = "keys_given_back_option")]
    struct Generated {
        id: Option<i32>,
    }
    #[receiver(post_save, sender = Made)]
    #[receiver(post_save, sender = Generated)]
    fn refuse() -> Result<(), Refused> {
        Err(Refused("no"))
    }
    let db = db().await;
    let (mut made, mut generated) = (Made { id: Uuid::nil() }, Generated { id: None });
    made.save(&db).await.unwrap_err();
    generated.save(&db).await.unwrap_err();
    assert!(made.id.is_nil() && generated.id.is_none());
    Ok(())
}

#[tokio::test]
async fn a_string_key_is_never_unset() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_string")]
    struct Country {
        #[model(primary_key)]
        code: String,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Country)]
    fn after(created: bool) {
        LOG.note(created);
    }
    let db = db().await;
    let country = |code: &str, name: &str| Country { code: code.into(), name: name.into() };
    country("no", "Norge").save(&db).await?;
    country("no", "Norway").save(&db).await?;
    country("", "Nowhere").save(&db).await?;
    assert_eq!(LOG.take(), ["true", "false", "true"]);
    assert_eq!(Country::get(&db, "no").await?, country("no", "Norway"));
    assert_eq!(Country::get(&db, "").await?.name, "Nowhere");
    assert!(Country::find(&db, "se").await?.is_none());
    assert_eq!(country("no", "").delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn a_field_of_any_name_and_place_may_be_the_key() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_marked")]
    struct Part {
        // Not the key, as another field is marked.
        id: String,
        weight: f64,
        #[model(primary_key, column = "serial")]
        number: i64,
    }
    let db = db().await;
    let mut part = Part { id: "bolt".into(), weight: 0.25, number: 0 };
    part.save(&db).await?;
    part.id.push('s');
    part.save(&db).update_fields([Part::ID]).await?;
    assert_eq!(Part::get(&db, 1).await?, part);
    let meta = <Part as signals::model::Entity>::meta();
    assert!(meta.primary_key().map(|column| column.column).eq(["serial"]));
    Ok(())
}

#[tokio::test]
async fn a_newtype_is_the_key_that_its_field_is() -> Result<()> {
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type, PrimaryKey)]
    #[sqlx(transparent)]
    struct OrderId(i64);
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_newtype")]
    struct Order {
        id: OrderId,
        next: Option<OrderId>,
    }
    let db = db().await;
    let mut order = Order { id: OrderId(0), next: Some(OrderId(9)) };
    order.save(&db).await?;
    assert_eq!(order.id, OrderId(1));
    assert_eq!(Order::get(&db, order.id).await?, order);
    assert_eq!((OrderId(0).key(), OrderId(7).key()), (None, Some(Key::Int(7))));
    Ok(())
}

// D63: a model with only a key has nothing to update. The save depends on whether its row exists.
#[tokio::test]
async fn a_model_may_be_nothing_but_its_key() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_only_integer")]
    struct Token {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "keys_only_string")]
    struct Tag {
        #[model(primary_key)]
        name: String,
    }
    #[derive(Model)]
    #[model(table = "keys_only_uuid")]
    struct Session {
        id: Uuid,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Token)]
    #[receiver(post_save, sender = Tag)]
    #[receiver(post_save, sender = Session)]
    fn after(created: bool) {
        LOG.note(created);
    }
    let db = db().await;
    let (mut token, mut tag, mut session) = (Token { id: 0 }, Tag { name: "rust".into() }, Session { id: Uuid::nil() });
    for created in ["true", "false"] {
        token.save(&db).await?;
        tag.save(&db).await?;
        session.save(&db).await?;
        assert_eq!(LOG.take(), [created; 3]);
    }
    assert!(matches!(Token { id: 9 }.save(&db).force_update().await, Err(Error::NotUpdated { .. })));
    Ok(())
}

#[tokio::test]
async fn a_key_that_does_not_fit_its_type_is_an_error_that_undoes_the_insert() -> Result<()> {
    #[derive(Model)]
    #[model(table = "keys_too_large")]
    struct Small {
        id: i16,
    }
    #[receiver(post_save, sender = Small)]
    #[expect(clippy::unnecessary_wraps, reason = "what can fail is what needs a transaction")]
    fn needs_a_transaction() -> Result<()> {
        Ok(())
    }
    let db = db().await;
    execute(
        &db,
        match kind() {
            Kind::Memory | Kind::File => "INSERT INTO keys_too_large VALUES (40000)",
            // Their columns are as small as the field. This column was created by hand.
            Kind::Postgres => {
                "ALTER TABLE keys_too_large ALTER id TYPE BIGINT, ALTER id RESTART WITH 40001; \
                 INSERT INTO keys_too_large VALUES (40000)"
            }
            Kind::Mysql => {
                "ALTER TABLE keys_too_large MODIFY id BIGINT AUTO_INCREMENT; INSERT INTO keys_too_large VALUES (40000)"
            }
        },
    )
    .await;
    let mut small = Small { id: 0 };
    let error = small.save(&db).await.unwrap_err();
    assert!(error.to_string().contains("40001"), "{error}");
    assert_eq!((small.id, rows(&db, "keys_too_large").await), (0, 1));
    Ok(())
}
