use signals::Model;

enum Role {
    Admin,
    Guest,
}

#[derive(Model)]
struct User {
    id: i64,
    role: Role,
}

fn main() {}
