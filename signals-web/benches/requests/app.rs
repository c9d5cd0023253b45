//! The apps: one says hello, and one reads a row.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use signals::{Db, Model};
use tempfile::TempDir;

#[derive(Debug, Clone, Model, Serialize)]
struct Note {
    id: i64,
    title: String,
    text: String,
}

/// Returns an app that does almost nothing, so that every cost is visible.
pub fn hello() -> Router {
    Router::new().route("/", get(|| async { "Hello, world!" }))
}

/// Returns an app that answers with a row of a database.
pub fn note(db: &Db) -> Router {
    Router::new().route("/{id}", get(show)).with_state(db.clone())
}

/// Makes a database of SQLite in a file, because in memory it has only one connection. It has a row of one
/// kilobyte.
pub async fn database(folder: &TempDir) -> Db {
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("notes.db").display());
    let db = Db::connect(&url).await.unwrap();
    db.create_tables().await.unwrap();
    Note { id: 0, title: "A note".into(), text: "Word ".repeat(200) }.save(&db).await.unwrap();
    db
}

async fn show(State(db): State<Db>, Path(id): Path<i64>) -> Json<Note> {
    Json(Note::get(&db, id).await.unwrap())
}
