//! Rows are ordered by one order or by a list of them, and a model may have an `all` of its own.

#![deny(warnings)]

use signals::query::{Objects, Order};
use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    age: i32,
}

impl User {
    async fn all(db: &Db) -> Result<Vec<Self>> {
        Self::objects().order_by(Self::AGE.desc()).all(db).await
    }
}

fn orders(by_age: bool, chosen: &[Order<User>]) -> [Objects<User>; 4] {
    let orders: Vec<Order<User>> = if by_age { vec![User::AGE.asc()] } else { Vec::new() };
    [
        User::objects().order_by(orders),
        User::objects().order_by([]),
        User::objects().order_by(chosen.iter().copied()),
        User::objects().order_by([User::AGE.asc(), User::ID.desc()]),
    ]
}

async fn ages(db: &Db) -> Result<Vec<i32>> {
    Ok(User::all(db).await?.iter().map(|user| user.age).collect())
}

fn main() {
    let _ = (ages, orders(true, &[User::ID.asc()]));
}
