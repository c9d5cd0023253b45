use signals::model::PrimaryKey;

#[derive(Debug, Clone, sqlx::Type, PrimaryKey)]
#[sqlx(transparent)]
struct Weight(f64);

fn main() {}
