use signals::web::auth::LoginCredentials;

#[derive(LoginCredentials)]
struct Token(String);

fn main() {}
