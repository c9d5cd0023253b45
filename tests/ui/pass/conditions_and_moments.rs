//! Receivers may receive only some rows, whole sets, or the end of a transaction.

#![deny(warnings)]

use signals::{AnyModel, Model, Result, post_delete, post_save, pre_delete, pre_save, receiver};

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
enum Status {
    Draft,
    Review,
    Published,
}

#[derive(Debug, Clone, Model)]
struct Article {
    id: i64,
    title: String,
    status: Status,
    price: Option<f64>,
    score: i64,
    r#type: String,
}

const LIMIT: i64 = 3;

fn title() -> &'static str {
    "none"
}

#[receiver(post_save, sender = Article, changed(title, price, r#type))]
fn index(instance: &Article, previous: Option<&Article>) {
    let _ = (&instance.price, previous.map(|previous| previous.id));
}

#[receiver(pre_save, sender = Article, changed(title))]
fn trim(instance: &mut Article) {
    instance.title = instance.title.trim().to_owned();
}

#[receiver(post_save, sender = Article, when(status: Status::Draft | Status::Review => Status::Published))]
async fn announce(instance: &Article) -> Result<()> {
    let _ = instance;
    Ok(())
}

#[receiver(
    [pre_save, post_save],
    sender = Article,
    changed(status),
    when(
        title: _ => "first" | title(),
        r#type: "a" => _,
        score: -1 => LIMIT + 1,
        price: None => if LIMIT > 2 { Some(1.5) } else { None },
    ),
)]
fn tell() {}

#[receiver(post_save, sender = Article, set)]
fn count(created: &[bool]) {
    let _ = created.len();
}

#[receiver([pre_delete, post_delete], sender = Article, set)]
async fn count_deleted() {}

#[receiver(post_save, sender = Article, on_commit, when(status: _ => Status::Published))]
async fn mail(instance: &Article, previous: Option<&Article>, db: &signals::Db) -> Result<()> {
    let _ = (instance, previous, db);
    Ok(())
}

#[receiver([post_save, post_delete], on_rollback, each)]
fn log(instance: &dyn AnyModel) {
    let _ = instance;
}

fn main() {
    assert_eq!(signals::registry().len(), 11);
}
