use signals::web::auth::LoginCredentials;

struct Credentials {
    name: String,
    password: String,
}

fn log_in(_: impl LoginCredentials) {}

fn main() {
    log_in(Credentials { name: String::new(), password: String::new() });
}
