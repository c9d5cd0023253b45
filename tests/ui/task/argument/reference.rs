use signals::tasks::task;

#[task]
async fn greet(name: &str) {
    println!("{name}");
}

fn main() {}
