use signals::web::auth::LoginCredentials;

#[derive(LoginCredentials)]
enum Credentials {
    Password { name: String, password: String },
    Token(String),
}

fn main() {
    use signals::web::auth::LoginCredentials as _;
    let _ = Credentials::Token(String::new()).mask();
}
