//! A parent and its children, for each set of receivers of the children.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use signals::model::Entity as _;
use signals::{Db, Model, post_delete, post_save, receiver};
use sqlx::{AssertSqlSafe, Sqlite, SqlitePool, Transaction};

/// A model and one that references it.
pub trait Family {
    type Parent: Model<Key = i64>;
    type Child: Model + for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Unpin;

    /// Inserts a parent with this number of children by plain SQL, and returns the parent's key.
    async fn fill(pool: &SqlitePool, children: u32) -> i64 {
        let (parent, child) = Self::tables();
        let sql = AssertSqlSafe(format!("INSERT INTO {parent} (name) VALUES ('Alice')"));
        let key = sqlx::query(sql).execute(pool).await.unwrap().last_insert_rowid();
        let sql = AssertSqlSafe(format!(
            "INSERT INTO {child} (parent_id, name, score) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
             SELECT ?, 'child number ' || i, i * 0.5 FROM n"
        ));
        sqlx::query(sql).bind(children).bind(key).execute(pool).await.unwrap();
        key
    }

    /// Deletes a parent as an application does, and returns the number of rows.
    async fn delete(db: &Db, parent: i64) -> u64 {
        Self::Parent::get(db, parent).await.unwrap().delete(db).await.unwrap().rows()
    }

    /// Deletes the children, then the parent.
    async fn delete_by_hand(pool: &SqlitePool, parent: i64) {
        let mut tx = pool.begin().await.unwrap();
        let sql = AssertSqlSafe(format!("DELETE FROM {} WHERE parent_id = ?", Self::tables().1));
        sqlx::query(sql).bind(parent).execute(&mut *tx).await.unwrap();
        Self::delete_parent_by_hand(&mut tx, parent).await;
        tx.commit().await.unwrap();
    }

    async fn delete_parent_by_hand(tx: &mut Transaction<'_, Sqlite>, parent: i64) {
        let sql = AssertSqlSafe(format!("DELETE FROM {} WHERE id = ?", Self::tables().0));
        let done = sqlx::query(sql).bind(parent).execute(&mut **tx).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    }

    async fn keys_by_hand(tx: &mut Transaction<'_, Sqlite>, parent: i64) -> Vec<i64> {
        let sql = AssertSqlSafe(format!("SELECT id FROM {} WHERE parent_id = ?", Self::tables().1));
        sqlx::query_scalar(sql).bind(parent).fetch_all(&mut **tx).await.unwrap()
    }

    async fn read_by_hand(tx: &mut Transaction<'_, Sqlite>, keys: &[i64]) {
        let sql = AssertSqlSafe(format!("SELECT * FROM {} WHERE id IN ({})", Self::tables().1, marks(keys)));
        let rows: Vec<Self::Child> =
            keys.iter().fold(sqlx::query_as(sql), |query, key| query.bind(*key)).fetch_all(&mut **tx).await.unwrap();
        black_box(rows);
    }

    async fn delete_children_by_hand(tx: &mut Transaction<'_, Sqlite>, keys: &[i64]) {
        let sql = AssertSqlSafe(format!("DELETE FROM {} WHERE id IN ({})", Self::tables().1, marks(keys)));
        keys.iter().fold(sqlx::query(sql), |query, key| query.bind(*key)).execute(&mut **tx).await.unwrap();
    }

    /// Returns the names of the two tables.
    fn tables() -> (&'static str, &'static str) {
        (Self::Parent::meta().table(), Self::Child::meta().table())
    }
}

fn marks(keys: &[i64]) -> String {
    vec!["?"; keys.len()].join(", ")
}

macro_rules! family {
    ($($(#[$doc:meta])* $family:ident: $parent:ident in $parents:literal, $child:ident in $children:literal;)*) => {$(
        $(#[$doc])*
        pub struct $family;

        impl Family for $family {
            type Parent = $parent;
            type Child = $child;
        }

        #[derive(Debug, Clone, Model)]
        #[model(table = $parents)]
        pub struct $parent {
            pub id: i64,
            pub name: String,
        }

        #[derive(Debug, Clone, Model)]
        #[model(table = $children)]
        pub struct $child {
            pub id: i64,
            #[model(references = $parent, on_delete = cascade)]
            pub parent_id: i64,
            pub name: String,
            pub score: f64,
        }
    )*};
}

family! {
    /// No receivers.
    Silent: SilentParent in "silent_parent", SilentChild in "silent_child";
    /// A receiver that is called for each child.
    Counted: CountedParent in "counted_parent", CountedChild in "counted_child";
    /// A receiver that is called for each set of children.
    Totaled: TotaledParent in "totaled_parent", TotaledChild in "totaled_child";
}

/// The number of deleted children.
static DELETED: AtomicU64 = AtomicU64::new(0);

#[receiver(post_delete, sender = CountedChild)]
fn count_each(instance: &CountedChild) {
    black_box(instance);
    DELETED.fetch_add(1, Ordering::Relaxed);
}

/// The number of saved children.
static SAVED: AtomicU64 = AtomicU64::new(0);

#[receiver(post_save, sender = CountedChild)]
fn count_saves(instance: &CountedChild) {
    black_box(instance);
    SAVED.fetch_add(1, Ordering::Relaxed);
}

#[receiver(post_delete, sender = TotaledChild, set)]
fn count_all(instances: &[TotaledChild]) {
    DELETED.fetch_add(instances.len() as u64, Ordering::Relaxed);
}
