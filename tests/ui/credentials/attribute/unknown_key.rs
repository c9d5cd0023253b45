use signals::web::auth::LoginCredentials;

#[derive(LoginCredentials)]
struct Credentials {
    #[credentials(shown)]
    name: String,
    password: String,
}

fn main() {}
