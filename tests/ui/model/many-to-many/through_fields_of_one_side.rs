use signals::Model;

#[derive(Model)]
#[model(many_to_many(groups: Group, through = Membership, through_fields(group_id)))]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Group {
    id: i64,
}

#[derive(Model)]
struct Membership {
    id: i64,
    #[model(references = Person, on_delete = cascade)]
    person_id: i64,
    #[model(references = Group, on_delete = cascade)]
    group_id: i64,
}

fn main() {}
