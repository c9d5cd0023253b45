//! What is asked: an app that says hello, and one that reads a row.

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

/// An app beside which everything costs much.
pub fn hello() -> Router {
    Router::new().route("/", get(|| async { "Hello, world!" }))
}

/// An app that answers with a row of a database.
pub fn note(db: &Db) -> Router {
    Router::new().route("/{id}", get(show)).with_state(db.clone())
}

/// SQLite in a file, since in memory it has one connection alone, with a row of one kilobyte.
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
