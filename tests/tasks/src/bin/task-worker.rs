//! A worker of the shop: `task-worker URL` with the arguments of [`work`], or only the beat of the shop:
//! `task-worker URL beat`.

use signals_test_tasks::program::{Arguments, work};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> signals::Result<()> {
    work(&Arguments::of_process()).await
}
