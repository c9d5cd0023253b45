use signals::web::auth::LoginCredentials;

#[derive(LoginCredentials)]
struct Credentials {
    #[credentials(show)]
    name: Option<String>,
    password: String,
}

fn main() {}
