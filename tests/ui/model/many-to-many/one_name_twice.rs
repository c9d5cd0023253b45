use signals::Model;

#[derive(Model)]
#[model(many_to_many(groups: Group), many_to_many(groups: Person))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

fn main() {}
