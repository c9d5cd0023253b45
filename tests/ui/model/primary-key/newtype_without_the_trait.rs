use signals::Model;

#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
struct UserId(i64);

#[derive(Model)]
struct User {
    id: UserId,
}

fn main() {}
