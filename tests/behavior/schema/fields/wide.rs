//! Models with more columns than a machine number has bits.

use signals::schema;
use signals::{FieldSet, Model, Result, post_save, receiver};
use signals_test_behavior::{Log, count, db};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "wide_owners")]
struct Owner {
    id: i64,
}

#[rustfmt::skip]
mod model {
    use super::Owner;
    use signals::Model;

    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "wide_rows", unique(c128, last))]
    pub(super) struct Wide {
        pub(super) id: i64,
        pub(super) c0: i32,
        pub(super) c1: i32,
        pub(super) c2: i32,
        pub(super) c3: i32,
        pub(super) c4: i32,
        pub(super) c5: i32,
        pub(super) c6: i32,
        pub(super) c7: i32,
        pub(super) c8: i32,
        pub(super) c9: i32,
        pub(super) c10: i32,
        pub(super) c11: i32,
        pub(super) c12: i32,
        pub(super) c13: i32,
        pub(super) c14: i32,
        pub(super) c15: i32,
        pub(super) c16: i32,
        pub(super) c17: i32,
        pub(super) c18: i32,
        pub(super) c19: i32,
        pub(super) c20: i32,
        pub(super) c21: i32,
        pub(super) c22: i32,
        pub(super) c23: i32,
        pub(super) c24: i32,
        pub(super) c25: i32,
        pub(super) c26: i32,
        pub(super) c27: i32,
        pub(super) c28: i32,
        pub(super) c29: i32,
        pub(super) c30: i32,
        pub(super) c31: i32,
        pub(super) c32: i32,
        pub(super) c33: i32,
        pub(super) c34: i32,
        pub(super) c35: i32,
        pub(super) c36: i32,
        pub(super) c37: i32,
        pub(super) c38: i32,
        pub(super) c39: i32,
        pub(super) c40: i32,
        pub(super) c41: i32,
        pub(super) c42: i32,
        pub(super) c43: i32,
        pub(super) c44: i32,
        pub(super) c45: i32,
        pub(super) c46: i32,
        pub(super) c47: i32,
        pub(super) c48: i32,
        pub(super) c49: i32,
        pub(super) c50: i32,
        pub(super) c51: i32,
        pub(super) c52: i32,
        pub(super) c53: i32,
        pub(super) c54: i32,
        pub(super) c55: i32,
        pub(super) c56: i32,
        pub(super) c57: i32,
        pub(super) c58: i32,
        pub(super) c59: i32,
        pub(super) c60: i32,
        pub(super) c61: i32,
        pub(super) c62: i32,
        pub(super) c63: i32,
        pub(super) c64: i32,
        pub(super) c65: i32,
        pub(super) c66: i32,
        pub(super) c67: i32,
        pub(super) c68: i32,
        pub(super) c69: i32,
        pub(super) c70: i32,
        pub(super) c71: i32,
        pub(super) c72: i32,
        pub(super) c73: i32,
        pub(super) c74: i32,
        pub(super) c75: i32,
        pub(super) c76: i32,
        pub(super) c77: i32,
        pub(super) c78: i32,
        pub(super) c79: i32,
        pub(super) c80: i32,
        pub(super) c81: i32,
        pub(super) c82: i32,
        pub(super) c83: i32,
        pub(super) c84: i32,
        pub(super) c85: i32,
        pub(super) c86: i32,
        pub(super) c87: i32,
        pub(super) c88: i32,
        pub(super) c89: i32,
        pub(super) c90: i32,
        pub(super) c91: i32,
        pub(super) c92: i32,
        pub(super) c93: i32,
        pub(super) c94: i32,
        pub(super) c95: i32,
        pub(super) c96: i32,
        pub(super) c97: i32,
        pub(super) c98: i32,
        pub(super) c99: i32,
        pub(super) c100: i32,
        pub(super) c101: i32,
        pub(super) c102: i32,
        pub(super) c103: i32,
        pub(super) c104: i32,
        pub(super) c105: i32,
        pub(super) c106: i32,
        pub(super) c107: i32,
        pub(super) c108: i32,
        pub(super) c109: i32,
        pub(super) c110: i32,
        pub(super) c111: i32,
        pub(super) c112: i32,
        pub(super) c113: i32,
        pub(super) c114: i32,
        pub(super) c115: i32,
        pub(super) c116: i32,
        pub(super) c117: i32,
        pub(super) c118: i32,
        pub(super) c119: i32,
        pub(super) c120: i32,
        pub(super) c121: i32,
        pub(super) c122: i32,
        pub(super) c123: i32,
        pub(super) c124: i32,
        pub(super) c125: i32,
        pub(super) c126: i32,
        pub(super) c127: i32,
        pub(super) c128: i32,
        pub(super) c129: i32,
        #[model(references = Owner, on_delete = cascade)]
        pub(super) owner_id: i64,
        #[model(db_default, default = 7)]
        pub(super) filled: Option<i32>,
        pub(super) last: String,
    }

    #[allow(clippy::too_many_lines, reason = "a line for each column")]
    pub(super) fn wide(owner_id: i64, last: &str) -> Wide {
        Wide {
            id: 0,
            c0: 0,
            c1: 1,
            c2: 2,
            c3: 3,
            c4: 4,
            c5: 5,
            c6: 6,
            c7: 7,
            c8: 8,
            c9: 9,
            c10: 10,
            c11: 11,
            c12: 12,
            c13: 13,
            c14: 14,
            c15: 15,
            c16: 16,
            c17: 17,
            c18: 18,
            c19: 19,
            c20: 20,
            c21: 21,
            c22: 22,
            c23: 23,
            c24: 24,
            c25: 25,
            c26: 26,
            c27: 27,
            c28: 28,
            c29: 29,
            c30: 30,
            c31: 31,
            c32: 32,
            c33: 33,
            c34: 34,
            c35: 35,
            c36: 36,
            c37: 37,
            c38: 38,
            c39: 39,
            c40: 40,
            c41: 41,
            c42: 42,
            c43: 43,
            c44: 44,
            c45: 45,
            c46: 46,
            c47: 47,
            c48: 48,
            c49: 49,
            c50: 50,
            c51: 51,
            c52: 52,
            c53: 53,
            c54: 54,
            c55: 55,
            c56: 56,
            c57: 57,
            c58: 58,
            c59: 59,
            c60: 60,
            c61: 61,
            c62: 62,
            c63: 63,
            c64: 64,
            c65: 65,
            c66: 66,
            c67: 67,
            c68: 68,
            c69: 69,
            c70: 70,
            c71: 71,
            c72: 72,
            c73: 73,
            c74: 74,
            c75: 75,
            c76: 76,
            c77: 77,
            c78: 78,
            c79: 79,
            c80: 80,
            c81: 81,
            c82: 82,
            c83: 83,
            c84: 84,
            c85: 85,
            c86: 86,
            c87: 87,
            c88: 88,
            c89: 89,
            c90: 90,
            c91: 91,
            c92: 92,
            c93: 93,
            c94: 94,
            c95: 95,
            c96: 96,
            c97: 97,
            c98: 98,
            c99: 99,
            c100: 100,
            c101: 101,
            c102: 102,
            c103: 103,
            c104: 104,
            c105: 105,
            c106: 106,
            c107: 107,
            c108: 108,
            c109: 109,
            c110: 110,
            c111: 111,
            c112: 112,
            c113: 113,
            c114: 114,
            c115: 115,
            c116: 116,
            c117: 117,
            c118: 118,
            c119: 119,
            c120: 120,
            c121: 121,
            c122: 122,
            c123: 123,
            c124: 124,
            c125: 125,
            c126: 126,
            c127: 127,
            c128: 128,
            c129: 129,
            owner_id,
            filled: None,
            last: last.to_owned(),
        }
    }
}

use model::{Wide, wide};

static WRITTEN: Log = Log::new();

#[receiver(post_save, sender = Wide, changed(last))]
fn written(update_fields: Option<&FieldSet>) {
    WRITTEN.note(format!("{update_fields:?}"));
}

#[tokio::test]
async fn a_model_has_any_number_of_columns() -> Result<()> {
    let db = db().await;
    let owner = Owner { id: 0 }.create(&db).await?;
    let mut row = wide(owner.id, "a").create(&db).await?;
    assert_eq!(row.filled, Some(7));
    assert_eq!(Wide::get(&db, row.id).await?, row);
    (row.c0, row.c129, row.filled, row.last) = (-1, -1, Some(8), "b".into());
    row.save(&db).await?;
    assert_eq!(Wide::get(&db, row.id).await?, row);
    assert_eq!(WRITTEN.take(), ["None", "None"]);

    let set = FieldSet::of::<Wide>(&[Wide::C0, Wide::LAST, Wide::C129]);
    assert_eq!((set.len(), set.names().len()), (3, 3));
    assert_eq!(set.names().collect::<Vec<_>>(), ["c0", "c129", "last"]);
    assert!(set.contains(Wide::C129) && !set.contains(Wide::C128) && !set.contains_name("owner_id"));
    (row.c0, row.c1, row.c129, row.last) = (-2, -2, -2, "c".into());
    row.save(&db).update_fields([Wide::C0, Wide::LAST]).await?;
    assert_eq!(WRITTEN.take(), [r#"Some({"c0", "last"})"#]);
    row.save(&db).update_fields([Wide::C129]).await?;
    assert_eq!(WRITTEN.take(), [""; 0]);
    row.c1 = 1;
    assert_eq!(Wide::get(&db, row.id).await?, row);

    row.c128 = 5;
    Wide::bulk_update(&db, std::slice::from_mut(&mut row), [Wide::C128]).await?;
    let found =
        Wide::objects().filter(Wide::C128.eq(5).and(Wide::C129.lt(0))).order_by(Wide::LAST.asc()).all(&db).await?;
    assert_eq!(found, [row]);
    assert!(schema::check_of(&db, signals::ModelMeta::is::<Wide>).await?.is_empty());
    assert_eq!(owner.delete(&db).await?.rows(), 2);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM wide_rows").await, 0);
    Ok(())
}
