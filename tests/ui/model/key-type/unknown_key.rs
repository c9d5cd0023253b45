use signals::model::PrimaryKey;

#[derive(Debug, Clone, sqlx::Type, PrimaryKey)]
#[primary_key(krate = signals)]
#[sqlx(transparent)]
struct UserId(i64);

fn main() {}
