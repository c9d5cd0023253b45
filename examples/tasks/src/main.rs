//! A shop that confirms its orders by mail, on SQLite. One program is the web app, the worker and the beat.
//!
//! `cargo run -p tasks -- demo` plays the whole story in one process. For the real one, open three terminals:
//!
//! ```sh
//! cargo run -p tasks                                # the web app
//! cargo run -p tasks -- worker --loglevel=info
//! cargo run -p tasks -- beat --loglevel=info
//! ```
//!
//! Then order a mug, pay for it, and look at what happened:
//!
//! ```sh
//! curl -d email=ann@example.com -d item=mug http://127.0.0.1:3000/orders
//! curl -X POST http://127.0.0.1:3000/orders/1/pay
//! curl http://127.0.0.1:3000/orders
//! cargo run -p tasks -- tasks status
//! ```
//!
//! The variable `SHOP_FOLDER` names the folder of the database and of the mails, `DATABASE_URL` another database.

mod demo;
mod orders;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::{env, fs};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use clap::{Parser, Subcommand};
use serde::Deserialize;
use signals::{BoxError, Db, Error, Model as _, manage};
use tokio::net::TcpListener;

use orders::{Order, folder};

/// A shop on SQLite. Without a command, it serves the web app
#[derive(Parser)]
struct Cli {
    /// The port of the web app; 0 for any that is free
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Plays the whole story in one process, on a database in memory
    Demo,
    #[command(flatten)]
    Signals(manage::Command),
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let cli = Cli::parse();
    fs::create_dir_all(folder())?;
    let url = env::var("DATABASE_URL")
        .unwrap_or_else(|_| format!("sqlite://{}?mode=rwc", folder().join("shop.db").display()));
    match cli.command {
        Some(Command::Demo) => demo::play().await?,
        Some(Command::Signals(command)) => return Ok(command.run(&connect(&url).await?).await),
        None => serve(connect(&url).await?, cli.port).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Any of the processes may be the first one, so each creates the tables that are missing.
async fn connect(url: &str) -> signals::Result<Db> {
    let db = Db::connect(url).await?;
    db.create_tables().await?;
    Ok(db)
}

async fn serve(db: Db, port: u16) -> Result<(), BoxError> {
    let app = Router::new().route("/orders", get(list).post(order)).route("/orders/{id}/pay", post(pay)).with_state(db);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("Listening on http://{}, until ctrl-c. Mails are in {}", listener.local_addr()?, folder().display());
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app).with_graceful_shutdown(stopped).await?)
}

async fn list(State(db): State<Db>) -> Result<Json<Vec<Order>>, Failure> {
    Ok(Json(Order::objects().order_by([Order::ID.asc()]).all(&db).await?))
}

#[derive(Deserialize)]
struct NewOrder {
    email: String,
    item: String,
}

/// Answers as soon as the order is stored. A mail server that is slow or down changes nothing here.
async fn order(State(db): State<Db>, Form(new): Form<NewOrder>) -> Result<(StatusCode, Json<Order>), Failure> {
    Ok((StatusCode::CREATED, Json(Order::new(&new.email, &new.item).create(&db).await?)))
}

async fn pay(State(db): State<Db>, Path(id): Path<i64>) -> Result<Json<Order>, Failure> {
    Ok(Json(orders::pay(&db, id).await?))
}

struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self.0, Error::DoesNotExist { .. }) {
            return StatusCode::NOT_FOUND.into_response();
        }
        eprintln!("error: {}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
