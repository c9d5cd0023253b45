//! Saves of models with columns that the database fills.

use signals::{Db, Model, Result};

use crate::support::{ENOUGH, MOMENTS, database, drop_at, hold_back};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "filled_line")]
struct Line {
    id: i64,
    #[model(db_default, default = 7)]
    stars: Option<i64>,
}

async fn rows(db: &Db) -> Result<Vec<Line>> {
    Line::objects().all(db).await
}

/// A dropped COMMIT may have happened, so a second save must not insert the row twice.
#[tokio::test]
async fn a_dropped_save_forgets_no_key_of_a_row_that_is_there() -> Result<()> {
    let mut kept = 0;
    for when in MOMENTS {
        let mut completed = 0;
        for await_point in 0.. {
            let db = database("filled_").await;
            hold_back(&db).await;
            let mut line = Line { id: 0, stars: None };
            let outcome = drop_at(line.save(&db), await_point, when).await;
            let there = rows(&db).await?;
            assert!(there.is_empty() || there == [line.clone()], "{await_point} {when:?}: {line:?}, {there:?}");
            kept += usize::from(outcome.is_none() && !there.is_empty());
            line.save(&db).await?;
            assert_eq!(rows(&db).await?, [line], "{await_point} {when:?}");
            if let Some(outcome) = outcome {
                outcome?;
                completed += 1;
                if completed == ENOUGH {
                    break;
                }
            }
        }
    }
    assert!(kept > 0, "no commit was dropped after it happened");
    Ok(())
}
