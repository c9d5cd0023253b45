use signals::Model;

#[derive(Model)]
#[model(many_to_many(groups: Group, related_name = people))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

fn main() {}
