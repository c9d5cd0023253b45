//! Query sets: the meaning of conditions, the order of rows, and how they are read.

mod aggregates;
mod creating;
mod for_each;
mod locking;
mod names;
mod operators;
mod pages;
mod reading;
mod streams;
mod trees;
mod values;

use signals::query::Condition;
use signals::{Db, Model, Result};

/// The model of the tests of conditions.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "query_person")]
struct Person {
    id: i64,
    name: String,
    nickname: Option<String>,
    age: Option<i32>,
    score: i32,
    height: Option<f64>,
}

fn person(name: &str, nickname: Option<&str>, age: Option<i32>, score: i32) -> Person {
    let height = age.map(|age| f64::from(age) / 10.0);
    Person { id: 0, name: name.into(), nickname: nickname.map(Into::into), age, score, height }
}

/// Inserts seven people, some with missing values.
async fn people(db: &Db) -> Result<()> {
    let people = [
        person("Ada", Some("The Countess"), Some(36), 10),
        person("Bob", None, Some(18), 0),
        person("bobby", Some("50% off_\\"), None, -5),
        person("Çelik", Some(""), Some(18), 7),
        person("Eve*[x]?", Some("it's \"quoted\"; DROP TABLE query_person; --"), Some(-1), 7),
        person("", None, None, i32::MAX),
        person("Zoë Countess", Some("the countess"), Some(99), 7),
    ];
    for mut one in people {
        one.save(db).await?;
    }
    Ok(())
}

/// Returns the keys of the rows that match a condition, in order.
async fn ids(db: &Db, condition: Condition<Person>) -> Result<Vec<i64>> {
    let rows = Person::objects().filter(condition).order_by([Person::ID.asc()]).all(db).await?;
    Ok(rows.iter().map(|row| row.id).collect())
}
