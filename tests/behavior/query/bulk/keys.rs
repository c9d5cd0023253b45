//! Keys that are not integers, in calls with several statements.

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

/// Every call that goes on by key from one part to the next, with keys of this type.
macro_rules! check_over_parts {
    ($model:ident, $key:expr) => {{
        let db = db().await;
        let key = $key;
        let mut rows: Vec<$model> = (0..1300).map(|number| $model { id: key(number), size: 1 }).collect();
        $model::bulk_create(&db, &mut rows).await?;
        let sizes = async |db: &signals::Db| -> Result<(usize, i64)> {
            let rows = $model::objects().all(db).await?;
            Ok((rows.len(), rows.iter().map(|row| row.size).sum()))
        };

        for row in &mut rows {
            row.size = 2;
        }
        $model::bulk_update(&db, &mut rows, [$model::SIZE]).batch_size(500).await?;
        assert_eq!(sizes(&db).await?, (1300, 2600));
        let updated = $model::objects().filter($model::SIZE.eq(2)).update(&db, [$model::SIZE.set(3)]);
        assert_eq!(updated.batch_size(500).await?, 1300);
        assert_eq!(sizes(&db).await?, (1300, 3900));
        assert_eq!(HEARD.take().len(), 3 * 1300, "each row of each call");

        // More than one DELETE binds.
        assert_eq!($model::bulk_delete(&db, &rows[100..]).await?.rows(), 1200);
        assert_eq!(sizes(&db).await?, (100, 300));
        let mut left = $model::objects().all(&db).await?;
        left.sort_by_key(|row| row.id.clone());
        let mut expected = rows[..100].iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        expected.sort();
        assert!(left.iter().map(|row| &row.id).eq(&expected));
    }};
}

#[tokio::test]
async fn keys_of_every_type_go_on_from_part_to_part() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_keys_text")]
    struct Text {
        id: String,
        size: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_keys_uuid")]
    struct Token {
        id: uuid::Uuid,
        size: i64,
    }
    static HEARD: Log = Log::new();
    #[receiver(post_save, sender = Text)]
    fn after_text(instance: &Text, previous: Option<&Text>) {
        assert!(previous.is_none_or(|previous| previous.id == instance.id));
        HEARD.note(&instance.id);
    }
    #[receiver(post_delete, sender = Text)]
    fn gone(instance: &Text) {
        HEARD.note(&instance.id);
    }
    #[receiver(post_save, sender = Token)]
    fn after_token(instance: &Token, previous: Option<&Token>) {
        assert!(previous.is_none_or(|previous| previous.id == instance.id));
        HEARD.note(instance.id);
    }

    // In another order than that of the numbers.
    check_over_parts!(Text, |number: u128| if number.is_multiple_of(2) {
        format!("é{number}")
    } else {
        format!("Z{number}'\"")
    });
    assert_eq!(HEARD.take().len(), 1200, "the deletes");
    check_over_parts!(Token, |number: u128| uuid::Uuid::from_u128(
        (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    ));
    Ok(())
}
