//! A small site with sign-up, log-in and log-out, on axum, axum-login and an in-memory SQLite.
//!
//! Its handlers record nothing: receivers do, through models. Users who are logged in see the list.
//!
//! Run it with `cargo run -p web`, and on another port with `cargo run -p web -- 8001`.

mod accounts;
mod app;
mod failure;
mod models;
mod options;
mod pages;
mod password;
mod receivers;
mod routes;
mod sessions;
mod shutdown;
mod trail;

use std::env;
use std::io::{self, ErrorKind, Write as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use signals::Db;
use signals::web::SignalsLayer;
use signals::web::auth::update_last_login;
use tokio::net::TcpListener;

use models::User;
use options::{Options, Request, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    // Failures of these receivers are only logged: they change no response.
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(io::stderr).init();
    let options = match options::parse(env::args().skip(1)) {
        Ok(Request::Serve(options)) => options,
        Ok(Request::Help) => {
            say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let listener = listen(options.port).await?;
    let db = Db::connect(&options.database).await?;
    let outcome = serve(listener, &db).await;
    let closed = db.close().await;
    outcome?;
    closed?;
    say("Every request and every receiver came to its end. Goodbye.");
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!("port {port} is in use; name another one, such as 8001, or 0 for any"),
        _ => anyhow!("cannot listen on port {port}: {error}"),
    })
}

async fn serve(listener: TcpListener, db: &Db) -> Result<()> {
    db.create_tables().await?;
    update_last_login::<User>(db)?;
    let layer = SignalsLayer::new();
    let app = app::app(db, layer.clone());
    say(&format!("Listening on http://{}, until ctrl-c", listener.local_addr()?));
    shutdown::serve(listener, app, &layer).await
}

/// Prints to a standard output that may be closed, as by `| head`; `println!` would panic.
fn say(text: &str) {
    writeln!(io::stdout(), "{text}").ok();
}
