use signals::model::PrimaryKey;

#[derive(Debug, Clone, PrimaryKey)]
struct UserId(i64);

fn main() {}
