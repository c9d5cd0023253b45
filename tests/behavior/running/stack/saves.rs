//! Receivers of saves that save.

use super::endless;

endless! {
    after_a_save("stack_save", post_save):
    async |instance: &Row, tx| { let _ = instance; Row::new().save(tx).await },
    async |db| Row::new().save(&db).await
}

endless! {
    before_a_save("stack_pre_save", pre_save):
    async |instance: &mut Row, tx| { instance.n += 1; Row::new().save(tx).await },
    async |db| Row::new().save(&db).await
}

endless! {
    of_a_set("stack_save_set", post_save, set):
    async |instances: &[Row], tx| { let _ = instances; Row::new().save(tx).await },
    async |db| Row::new().save(&db).await
}

endless! {
    forced_inserts("stack_insert", post_save):
    async |instance: &Row, tx| Row { id: instance.id + 1, ..Row::new() }.save(tx).force_insert().await,
    async |db| Row { id: 1, ..Row::new() }.save(&db).force_insert().await
}

endless! {
    of_some_fields("stack_fields", post_save):
    async |instance: &Row, tx| Row { id: instance.id, ..Row::new() }.save(tx).update_fields([Row::N]).await,
    async |db| {
        let mut row = Row::new();
        row.save(&db).quiet().await.unwrap();
        row.save(&db).update_fields([Row::N]).await
    }
}

/// A receiver that takes `previous`.
mod with_previous {
    use signals::{Model, Result, Tx, post_save, receiver};

    use crate::stack::{depth, is_ended, reaches_the_limit, with_locals};

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_previous")]
    struct Row {
        id: i64,
        n: i64,
    }

    #[receiver(post_save, sender = Row, changed(n))]
    async fn again(instance: &Row, previous: Option<&Row>, tx: &Tx) -> Result<()> {
        assert!(previous.is_some());
        with_locals!(Row { id: instance.id, n: depth() }.save(tx).await)
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| {
            let mut row = Row { id: 0, n: -1 };
            row.save(&db).quiet().await.unwrap();
            row.n = 0;
            is_ended(row.save(&db).await);
        });
    }
}

/// A receiver whose failure is logged and not returned.
mod robust {
    use signals::{Model, Result, Tx, post_save, receiver};

    use crate::stack::{depth, reaches_the_limit, with_locals};

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_robust")]
    struct Row {
        id: i64,
        n: i64,
    }

    #[receiver(post_save, sender = Row, robust)]
    async fn again(tx: &Tx) -> Result<()> {
        with_locals!(Row { id: 0, n: depth() }.save(tx).await)
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| Row { id: 0, n: 0 }.save(&db).await.unwrap());
    }
}

/// A receiver without a sender.
mod of_every_model {
    use signals::{AnyModel, Model, Result, Tx, post_save, receiver};

    use crate::stack::{depth, is_ended, reaches_the_limit, with_locals};

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_any")]
    struct Row {
        id: i64,
        n: i64,
    }

    #[receiver(post_save)]
    async fn again(instance: &dyn AnyModel, tx: &Tx) -> Result<()> {
        if instance.downcast_ref::<Row>().is_none() {
            return Ok(());
        }
        with_locals!(Row { id: 0, n: depth() }.save(tx).await)
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| is_ended(Row { id: 0, n: 0 }.save(&db).await));
    }
}

/// A receiver that saves through functions of the application's own.
mod through_functions {
    use signals::{Model, Result, Tx, post_save, receiver};

    use crate::stack::{depth, is_ended, reaches_the_limit, with_locals};

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_functions")]
    struct Row {
        id: i64,
        n: i64,
    }

    async fn first(tx: &Tx) -> Result<()> {
        second(tx).await
    }

    async fn second(tx: &Tx) -> Result<()> {
        let savepoint = tx.begin().await?;
        Row { id: 0, n: depth() }.save(&savepoint).await?;
        savepoint.commit().await
    }

    #[receiver(post_save, sender = Row)]
    async fn again(tx: &Tx) -> Result<()> {
        with_locals!(first(tx).await)
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| is_ended(Row { id: 0, n: 0 }.save(&db).await));
    }
}
