use signals::web::auth::LoginCredentials;

#[derive(LoginCredentials)]
#[credentials(show)]
struct Credentials {
    name: String,
    password: String,
}

fn main() {}
