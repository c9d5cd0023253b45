//! The shop as a program without a command line of its own: `task-app` counts its orders, and its other commands
//! are those of the library. The variable `DATABASE_URL` has the address of the database.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the tests read what it prints")]

use std::env;
use std::process::ExitCode;

use signals::{Db, Model as _, Result, manage};
use signals_test_tasks::shop::Order;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    let command = manage::from_args();
    let db = Db::connect(&env::var("DATABASE_URL").unwrap()).await?;
    if let Some(command) = command {
        return Ok(command.run(&db).await);
    }
    println!("{} orders", Order::objects().count(&db).await?);
    Ok(ExitCode::SUCCESS)
}
