//! The databases of the cases.

use signals::Db;

use super::pair::Plan;

/// Runs `cases` on a database in memory and on one in a file, or on the one of the plan. Each has the tables
/// of all models.
pub async fn on_each(plan: &Plan, mut cases: impl AsyncFnMut(&str, &Db)) {
    if let Some(url) = plan.database() {
        let db = Db::connect(url).await.unwrap();
        return on(db, "where it is", &mut cases).await;
    }
    on_sqlite(cases).await;
}

/// Runs cases on SQLite only, because their twin is written for it.
pub async fn on_sqlite(mut cases: impl AsyncFnMut(&str, &Db)) {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}?mode=rwc", folder.path().join("speed.db").display());
    for (place, url) in [("in memory", "sqlite::memory:"), ("in a file with WAL", &file)] {
        on(Db::connect(url).await.unwrap(), place, &mut cases).await;
    }
}

async fn on(db: Db, place: &str, cases: &mut impl AsyncFnMut(&str, &Db)) {
    db.create_tables().await.unwrap();
    cases(place, &db).await;
    db.close().await.unwrap();
}
