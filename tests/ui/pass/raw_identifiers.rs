//! Keywords may name models, fields, signals, receivers and parameters; the names of tables and columns are without `r#`.

use signals::model::Entity;
use signals::{Model, post_save, receiver};

#[derive(Model)]
#[allow(non_camel_case_types)]
struct r#type {
    id: i64,
    r#match: String,
    #[model(index)]
    r#enum: Option<String>,
}

signals::signal! {
    r#loop { r#fn: i64 }
}

#[receiver(post_save, sender = r#type)]
fn r#use(instance: &r#type) {
    let _ = (&instance.r#match, &instance.r#enum);
}

#[receiver(r#loop)]
fn r#move(r#fn: i64) {
    let _ = r#fn;
}

fn main() {
    let meta = r#type::meta();
    assert_eq!((meta.name(), meta.table()), ("type", "type"));
    let columns: Vec<&str> = meta.columns().iter().map(|column| column.column).collect();
    assert_eq!(columns, ["id", "match", "enum"]);
    let _ = (r#type::MATCH, r#type::ENUM, Loop { r#fn: 7 }.r#fn);
    assert_eq!(signals::registry().len(), 2);
}
