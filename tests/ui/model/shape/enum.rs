use signals::Model;

#[derive(Model)]
enum Role {
    Admin,
    Guest,
}

fn main() {}
