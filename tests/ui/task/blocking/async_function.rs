use signals::tasks::task;

#[task(blocking)]
async fn resize(path: String) {
    println!("{path}");
}

fn main() {}
