use signals::model::PrimaryKey;

#[derive(Debug, Clone, PrimaryKey)]
struct OrderId(i64, i64);

fn main() {}
