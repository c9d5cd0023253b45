//! The statements of `status` read indexes, and only a bounded part of them.

use behavior::{Kind, execute, kind};
use behavior::{plan, statements};
use signals::Result;
use signals::tasks::{TaskState, status};
use signals_test_tasks::{db, insert_runs};

/// The index on state, queue, priority and id.
const INDEX: &str = "signals_task__state__queue__priority__id__idx";

/// Asserts that a plan reads the runs by an index, without a sort.
fn assert_reads_an_index(statement: &str, plan: &str) {
    let refused: &[&str] = match kind() {
        Kind::Memory | Kind::File => &["SCAN signals_task", "B-TREE"],
        // PostgreSQL may sort the runs of a queue if they are fewer than the limit.
        Kind::Postgres if !statement.contains("state = 3") => &["Seq Scan on signals_task"],
        Kind::Postgres => &["Seq Scan on signals_task", "Sort"],
        Kind::Mysql => &["filesort", "temporary_table"],
    };
    for part in refused {
        assert!(!plan.contains(part), "{statement}\n{plan}");
    }
    if kind() == Kind::Mysql {
        let table = plan.split("\"signals_task\"").nth(1).unwrap_or_default();
        let key = table.split("\"key\":").nth(1).unwrap_or_default();
        assert!(key.trim_start().starts_with(&format!("\"{INDEX}\"")), "{statement}\n{plan}");
        assert!(!table.contains("\"access_type\": \"ALL\""), "{statement}\n{plan}");
    } else {
        assert!(plan.contains(INDEX), "{statement}\n{plan}");
    }
}

#[tokio::test]
async fn status_reads_bounded_parts_of_indexes() -> Result<()> {
    let db = db().await;
    for queue in ["default", "mail"] {
        insert_runs(&db, 20_000, TaskState::Done, queue, 0).await;
    }
    insert_runs(&db, 2_000, TaskState::Ready, "mail", 0).await;
    insert_runs(&db, 2_000, TaskState::Dead, "default", 0).await;
    let analyze = if kind() == Kind::Mysql { "ANALYZE TABLE signals_task" } else { "ANALYZE" };
    execute(&db, analyze).await;
    let statements = statements(async || status(&db).await.map(drop)).await;
    let of_runs: Vec<_> = statements.iter().filter(|statement| statement.contains("FROM signals_task")).collect();
    // Eight states with a lookup after each of their queues, and four counts.
    assert_eq!(of_runs.len(), 8 + 4 + 4, "{statements:#?}");
    for statement in of_runs {
        assert!(statement.contains("LIMIT 1"), "{statement}");
        let bound = statement.replace("$1", "'mail'").replace('?', "'mail'");
        assert_reads_an_index(&bound, &plan(&db, &bound).await);
    }
    Ok(())
}
