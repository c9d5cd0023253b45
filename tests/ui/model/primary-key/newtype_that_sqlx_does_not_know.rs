use signals::Model;

#[derive(Clone)]
struct UserId(i64);

#[derive(Model)]
struct User {
    id: UserId,
}

fn main() {}
