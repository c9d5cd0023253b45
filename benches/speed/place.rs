//! Where the databases of the cases are.

use signals::Db;

use super::pair::Plan;

/// Runs `cases` on a database in memory and on one in a file, or on the one that the plan names; each with the tables of all models.
pub async fn on_each(plan: &Plan, mut cases: impl AsyncFnMut(&str, &Db)) {
    if let Some(url) = plan.database() {
        let db = Db::connect(url).await.unwrap();
        return on(db, "where it is", &mut cases).await;
    }
    on_sqlite(cases).await;
}

/// The same for cases whose twin is written for SQLite alone.
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
