//! Keys that are neither numbers of the database nor strings.

use chrono::NaiveDate;
use signals::model::{Key, PrimaryKey};
use signals::{Model, Result, post_delete, receiver};
use signals_test_behavior::{Log, db};

/// A test of a type of keys: rows are inserted, found, changed and deleted by it, with the rows that reference them.
macro_rules! key_type {
    ($name:ident, $type:ty, $table:literal, $children:literal, $one:expr, $other:expr, $shown:expr) => {
        mod $name {
            use super::*;

            static GONE: Log = Log::new();

            #[derive(Debug, Clone, PartialEq, Model)]
            #[model(table = $table)]
            struct Parent {
                #[model(primary_key)]
                code: $type,
                name: String,
            }

            #[derive(Debug, Clone, PartialEq, Model)]
            #[model(table = $children)]
            struct Child {
                id: i64,
                #[model(references = Parent, on_delete = cascade)]
                parent: Option<$type>,
            }

            #[receiver(post_delete, sender = Child)]
            fn gone(instance: &Child) {
                GONE.note(instance.parent.as_ref().and_then(PrimaryKey::key).unwrap());
            }

            #[tokio::test]
            async fn is_a_key() -> Result<()> {
                let db = db().await;
                let mut one = Parent { code: $one, name: "one".into() }.create(&db).await?;
                let other = Parent { code: $other, name: "other".into() }.create(&db).await?;
                for parent in [&one, &other, &one] {
                    Child { id: 0, parent: Some(parent.code.clone()) }.create(&db).await?;
                }
                one.name.push('!');
                one.save(&db).await?;
                let all = Parent::objects().order_by(Parent::NAME.asc()).all(&db).await?;
                assert_eq!(all, [one.clone(), other.clone()]);
                one.refresh(&db).await?;
                assert_eq!(one.code.key().unwrap().to_string(), $shown);

                let deleted = one.delete(&db).await?;
                assert_eq!(deleted.rows(), 3);
                assert_eq!(GONE.take(), [$shown, $shown]);
                assert_eq!(Parent::objects().all(&db).await?, [other]);
                assert_eq!(Child::objects().count(&db).await?, 1);
                Ok(())
            }
        }
    };
}

key_type!(bytes, Vec<u8>, "key_bytes", "key_bytes_child", vec![0, 255], vec![1], "00ff");
key_type!(
    days,
    NaiveDate,
    "key_day",
    "key_day_child",
    NaiveDate::from_yo_opt(2026, 1).unwrap(),
    NaiveDate::from_yo_opt(2024, 366).unwrap(),
    "2026-01-01"
);
key_type!(
    days_of_time,
    time::Date,
    "key_date",
    "key_date_child",
    time::Date::from_ordinal_date(2026, 1).unwrap(),
    time::Date::from_ordinal_date(2024, 366).unwrap(),
    "2026-01-01"
);

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type, PrimaryKey)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
enum Currency {
    Euro,
    Krone,
}

key_type!(variants, Currency, "key_enum", "key_enum_child", Currency::Euro, Currency::Krone, "Euro");

#[derive(Debug, Clone, PartialEq, sqlx::Type, PrimaryKey)]
#[sqlx(transparent)]
struct Isbn {
    text: String,
}

key_type!(
    named_fields,
    Isbn,
    "key_isbn",
    "key_isbn_child",
    Isbn { text: "0-13".into() },
    Isbn { text: "0-7".into() },
    "0-13"
);

#[test]
fn a_newtype_of_a_key_that_the_program_makes_makes_it_too() {
    #[derive(Debug, Clone, PartialEq, sqlx::Type, PrimaryKey)]
    #[sqlx(transparent)]
    struct SessionId(uuid::Uuid);

    assert_eq!(SessionId(uuid::Uuid::nil()).key(), None);
    let made = SessionId::generate().unwrap();
    assert!(matches!(made.key(), Some(Key::Uuid(id)) if id.get_version_num() == 7));
    assert_eq!(SessionId(uuid::Uuid::nil()).part(), Key::Uuid(uuid::Uuid::nil()));
}
