use signals::Model;

#[derive(Model)]
#[model(many_to_many(groups: Group, through = Membership))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

struct Membership {
    person_id: i64,
    group_id: i64,
}

fn main() {}
