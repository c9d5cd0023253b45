//! Receivers of deletes that delete.

use signals::receivers::DEFAULT_RECURSION_LIMIT;
use signals::{Db, Model, Result};

use super::endless;

/// Rows enough for every level.
async fn rows<M: Model>(db: &Db, new: impl Fn(i64) -> M) -> Result<()> {
    let mut rows: Vec<M> = (1..=i64::from(DEFAULT_RECURSION_LIMIT) + 2).map(new).collect();
    M::bulk_create(db, &mut rows).quiet().await
}

endless! {
    after_a_delete("stack_delete", post_delete):
    async |instance: &Row, tx| Row { id: instance.id + 1, ..Row::new() }.delete(tx).await.map(drop),
    async |db| {
        rows(&db, |id| Row { id, ..Row::new() }).await.unwrap();
        Row { id: 1, ..Row::new() }.delete(&db).await
    }
}

endless! {
    before_a_delete("stack_pre_delete", pre_delete):
    async |instance: &Row, tx| Row { id: instance.id + 1, ..Row::new() }.delete(tx).await.map(drop),
    async |db| {
        rows(&db, |id| Row { id, ..Row::new() }).await.unwrap();
        Row { id: 1, ..Row::new() }.delete(&db).await
    }
}

endless! {
    of_a_query_set("stack_delete_set", post_delete):
    async |instance: &Row, tx| Row::objects().filter(Row::ID.eq(instance.id + 1)).delete(tx).await.map(drop),
    async |db| {
        rows(&db, |id| Row { id, ..Row::new() }).await.unwrap();
        Row::objects().filter(Row::ID.eq(1)).delete(&db).await
    }
}

endless! {
    bulk_delete("stack_bulk_delete", post_delete):
    async |instance: &Row, tx| Row::bulk_delete(tx, &[Row { id: instance.id + 1, ..Row::new() }]).await.map(drop),
    async |db| {
        rows(&db, |id| Row { id, ..Row::new() }).await.unwrap();
        Row::bulk_delete(&db, &[Row { id: 1, ..Row::new() }]).await
    }
}

/// Parents whose delete takes their children along.
macro_rules! cascading {
    ($name:ident($parents:literal, $children:literal, $signal:ident) $delete:expr) => {
        mod $name {
            use signals::{Model, Result, Tx, receiver, $signal};

            use super::rows;
            use crate::stack::{is_ended, reaches_the_limit, with_locals};

            #[derive(Debug, Clone, Model)]
            #[model(table = $parents)]
            struct Parent {
                id: i64,
            }

            #[derive(Debug, Clone, Model)]
            #[model(table = $children)]
            struct Child {
                id: i64,
                #[model(references = Parent, on_delete = cascade)]
                parent: i64,
            }

            async fn delete(tx: &Tx, id: i64) -> Result<()> {
                let delete: fn(&Tx, i64) -> futures_util::future::BoxFuture<'_, Result<()>> = $delete;
                delete(tx, id).await
            }

            #[receiver($signal, sender = Child)]
            async fn again(instance: &Child, tx: &Tx) -> Result<()> {
                with_locals!(delete(tx, instance.parent + 1).await)
            }

            #[test]
            fn at_the_limit() {
                reaches_the_limit(module_path!(), async |db| {
                    rows(&db, |id| Parent { id }).await.unwrap();
                    rows(&db, |id| Child { id, parent: id }).await.unwrap();
                    is_ended(db.atomic(async |tx| delete(&tx, 1).await).await);
                });
            }
        }
    };
}

cascading! {
    cascade("stack_cascade_parent", "stack_cascade_child", post_delete)
    |tx, id| Box::pin(async move { Parent { id }.delete(tx).await.map(drop) })
}

cascading! {
    cascade_of_a_set("stack_cascades_parent", "stack_cascades_child", pre_delete)
    |tx, id| Box::pin(async move { Parent::objects().filter(Parent::ID.eq(id)).delete(tx).await.map(drop) })
}
