use signals::Model;

#[derive(Model)]
struct User<'a> {
    id: i64,
    email: &'a str,
}

fn main() {}
