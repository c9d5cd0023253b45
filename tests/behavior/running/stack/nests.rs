//! Custom signals, nested transactions, and nested calls that are dropped.

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use tokio::sync::Notify;

use super::{depth, endless, is_ended, reaches_the_limit, with_locals};

endless! {
    atomic("stack_atomic", post_save):
    async |instance: &Row, tx| {
        let _ = instance;
        tx.atomic(async |tx| tx.as_db()?.atomic(async |tx| Row::new().save(&tx).await).await).await
    },
    async |db| db.atomic(async |tx| Row::new().save(&tx).await).await
}

mod sends {
    use super::*;

    signals::signal! {
        stack_sent { n: i64 }
    }

    #[receiver(stack_sent)]
    async fn again(n: i64) -> Result<()> {
        with_locals!(stack_sent.send(StackSent { n: n + 1 }).await.map(drop))
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |_| is_ended(stack_sent.send(StackSent { n: 0 }).await));
    }
}

mod robust_sends {
    use super::*;

    signals::signal! {
        stack_robust_sent { n: i64 }
    }

    #[receiver(stack_robust_sent)]
    async fn again(n: i64) -> Result<()> {
        with_locals!({
            let outcome = stack_robust_sent.send_robust(StackRobustSent { n: n + 1 }).await.pop();
            outcome.map_or(Ok(()), |outcome| outcome.result)
        })
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |_| {
            let mut outcomes = stack_robust_sent.send_robust(StackRobustSent { n: 0 }).await;
            assert!(matches!(outcomes.pop().unwrap().result, Err(Error::Recursion(_))));
        });
    }
}

mod tells {
    use super::*;

    signals::signal! {
        stack_told { n: i64 }
    }

    #[receiver(stack_told)]
    async fn again(n: i64) {
        with_locals!(_ = stack_told.notify(StackTold { n: n + 1 }).await);
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |_| assert_eq!(stack_told.notify(StackTold { n: 0 }).await, 0));
    }
}

/// A nest whose innermost receiver never ends, and which is dropped.
mod dropped {
    use super::*;

    #[derive(Debug, Clone, Model)]
    #[model(table = "stack_dropped")]
    struct Row {
        id: i64,
        n: i64,
    }

    #[receiver(post_save, sender = Row)]
    async fn again(tx: &Tx) -> Result<()> {
        with_locals!({
            if depth() == 32 {
                REACHED.notify_one();
                std::future::pending::<()>().await;
            }
            Row { id: 0, n: depth() }.save(tx).await
        })
    }

    static REACHED: Notify = Notify::const_new();

    async fn start(db: &Db) {
        let mut row = Row { id: 0, n: 0 };
        tokio::select! {
            biased;
            _ = row.save(db).into_future() => panic!("it waits for its receiver"),
            () = REACHED.notified() => {}
        }
        assert_eq!(Row::objects().count(db).await.unwrap(), 0);
    }

    #[test]
    fn at_the_limit() {
        reaches_the_limit(module_path!(), async |db| start(&db).await);
    }
}
