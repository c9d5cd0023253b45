use signals::Model;

#[derive(Model, sqlx::FromRow)]
struct User {
    id: i64,
}

fn main() {}
