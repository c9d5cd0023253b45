use signals::model::PrimaryKey;

#[derive(Debug, Clone, PrimaryKey)]
enum Owner {
    Nobody,
    User(i64),
}

fn main() {}
