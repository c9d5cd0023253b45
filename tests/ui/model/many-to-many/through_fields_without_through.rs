use signals::Model;

#[derive(Model)]
#[model(many_to_many(groups: Group, through_fields(person_id, group_id)))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

fn main() {}
