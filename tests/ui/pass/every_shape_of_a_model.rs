//! All shapes of a model.

#![allow(dead_code)]

use signals::field::Field;
use signals::model::{Entity, PrimaryKey};
use signals::Model;

#[derive(Clone, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
enum Role {
    Admin,
    Guest,
}

#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
struct Cents(i64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Settings {
    dark: bool,
}

#[derive(Clone, Model)]
#[model(table = "everything")]
struct Everything {
    #[model(primary_key, column = "code", sql_type = "TEXT")]
    id: String,
    #[model(unique, index, default = "it's")]
    text: String,
    #[model(default = -7)]
    small: i16,
    #[model(default = 1.5)]
    float: f64,
    #[model(default = true)]
    flag: bool,
    #[model(default = sql("CURRENT_TIMESTAMP"))]
    at: Option<chrono::NaiveDateTime>,
    bytes: Vec<u8>,
    role: Role,
    price: Option<Cents>,
    #[model(json)]
    settings: Settings,
    #[model(json)]
    maybe: Option<Settings>,
    uuid: uuid::Uuid,
    #[model(auto_now_add)]
    made: chrono::DateTime<chrono::Utc>,
    #[model(auto_now)]
    changed: Option<time::OffsetDateTime>,
    #[model(skip)]
    cache: Option<fn() -> u8>,
    // Names that generated code uses, too.
    column: i64,
    args: i64,
    row: i64,
    key: i64,
    name: i64,
}

#[derive(Model)]
struct Optional {
    id: Option<i64>,
}

#[derive(Model)]
#[allow(non_snake_case)]
struct HTTPServer {
    id: uuid::Uuid,
    camelCase: i64,
}

fn is_a_key<T: PrimaryKey>() {}
fn is_a_column<T: Field>() {}

fn main() {
    is_a_key::<Option<i64>>();
    is_a_column::<Option<Cents>>();
    assert_eq!(Everything::meta().columns().len(), 19);
    assert!(Everything::meta().primary_key().map(|it| it.column).eq(["code"]));
    assert_eq!(HTTPServer::meta().table(), "http_server");
    assert!(Optional::meta().primary_key().map(|it| it.column).eq(["id"]));
}
