use signals::model::PrimaryKey;

#[derive(Debug, Clone, PrimaryKey)]
struct UserId;

fn main() {}
