use signals::Model;

#[derive(Model)]
struct Membership {
    #[model(primary_key)]
    user_id: i64,
    #[model(primary_key)]
    group_id: Option<i64>,
}

fn main() {}
