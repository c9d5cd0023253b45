//! Receivers that are called after the end of a transaction, and begin another.

use std::sync::OnceLock;

use signals::{Db, Model, Result, Tx, post_save, receiver};

use super::{depth, enter, locals, reaches_the_limit, with_locals};

mod on_commit {
    use super::*;

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_on_commit")]
    struct Row {
        id: i64,
        n: i64,
    }

    #[receiver(post_save, sender = Row, on_commit)]
    async fn again(db: &Db) -> Result<()> {
        with_locals!(Row { id: 0, n: depth() }.save(db).await)
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| {
            Row { id: 0, n: 0 }.save(&db).await.unwrap();
            assert!(db.failed_callbacks() > 0);
        });
    }
}

/// Callbacks that receivers give.
mod callbacks {
    use super::*;

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_callbacks")]
    struct Row {
        id: i64,
        n: i64,
    }

    static DB: OnceLock<Db> = OnceLock::new();

    #[receiver(post_save, sender = Row)]
    fn again(tx: &Tx) {
        enter(&locals());
        tx.on_commit(async { Row { id: 0, n: depth() }.save(DB.get().unwrap()).await }).unwrap();
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| {
            DB.set(db.clone()).unwrap();
            Row { id: 0, n: 0 }.save(&db).await.unwrap();
            assert_eq!(db.failed_callbacks(), 1);
        });
    }
}
