use signals::Model;

#[derive(Model)]
struct Membership {
    #[model(primary_key)]
    user_id: i64,
    #[model(primary_key)]
    weight: f64,
}

fn main() {}
