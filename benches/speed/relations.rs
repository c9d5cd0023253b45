//! Rows loaded for many others, compared with two queries in plain sqlx and a map.

use std::hint::black_box;

use signals::{Db, Model};

use super::pair::{Goal, Plan, head, pair, timed};
use super::place::on_each;
use super::twin::twin;

/// The number of rows that reference each row.
const EACH: usize = 10;

#[derive(Debug, Clone, Model)]
#[model(table = "writer")]
pub struct Writer {
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "essay")]
pub struct Essay {
    pub id: i64,
    #[model(references = Writer, related = essays, on_delete = cascade)]
    pub writer_id: i64,
    pub title: String,
    pub score: f64,
    pub note: Option<String>,
}

/// The columns of [`Writer`], read by sqlx's own derive.
#[derive(Debug, sqlx::FromRow)]
#[allow(dead_code, reason = "the columns are read, and not used")]
pub struct PlainWriter {
    pub id: i64,
    pub name: String,
}

/// The columns of [`Essay`], read by sqlx's own derive.
#[derive(Debug, sqlx::FromRow)]
#[allow(dead_code, reason = "the columns are read, and not used")]
pub struct PlainEssay {
    pub id: i64,
    pub writer_id: i64,
    pub title: String,
    pub score: f64,
    pub note: Option<String>,
}

/// Runs the cases on each database.
pub async fn run(plan: &Plan) {
    on_each(plan, async |place, db| on(plan, place, db).await).await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    let name = format!("load 10 rows of each of 1,000, {place}");
    if !plan.selects(&name) {
        return;
    }
    head(plan, &format!("relations in {} {place}, the twin in plain sqlx on the same pool", db.backend()));
    fill(db).await;
    let ours = async |n| {
        timed(async {
            for _ in 0..n {
                let writers = Writer::objects().all(db).await.unwrap();
                let essays = Writer::ESSAYS.load(db, &writers).await.unwrap();
                for writer in &writers {
                    assert_eq!(black_box(essays.of(writer)).len(), EACH);
                }
            }
        })
        .await
    };
    let twin = async |n| {
        timed(async {
            for _ in 0..n {
                twin!(db, prefetch(EACH));
            }
        })
        .await
    };
    pair(plan, &name, Goal::Ratio(1.1), ours, twin).await;
    Writer::objects().delete(db).await.unwrap();
}

async fn fill(db: &Db) {
    let mut writers = vec![Writer { id: 0, name: "Alice Example".into() }; 1000];
    Writer::bulk_create(db, &mut writers).await.unwrap();
    let essay =
        |writer_id| Essay { id: 0, writer_id, title: "On the shortness of life".into(), score: 0.5, note: None };
    let mut essays: Vec<_> = (0..EACH).flat_map(|_| writers.iter().map(|writer| essay(writer.id))).collect();
    Essay::bulk_create(db, &mut essays).await.unwrap();
}
