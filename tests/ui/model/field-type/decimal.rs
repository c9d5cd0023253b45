use signals::Model;
use sqlx::types::Decimal;

#[derive(Model)]
struct Invoice {
    id: i64,
    total: Decimal,
}

fn main() {}
