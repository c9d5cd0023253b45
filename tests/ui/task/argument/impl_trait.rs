use signals::tasks::task;

#[task]
async fn greet(name: impl Into<String>) {
    println!("{}", name.into());
}

fn main() {}
