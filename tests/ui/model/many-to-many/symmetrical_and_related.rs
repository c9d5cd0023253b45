use signals::Model;

#[derive(Model)]
#[model(many_to_many(friends: Self, symmetrical, related = friends_of))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

fn main() {}
