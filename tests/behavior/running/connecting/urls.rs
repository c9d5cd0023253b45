//! Every form of URL that sqlx accepts works or is an error, and no error shows a secret.

use std::env;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signals::{Db, Error, Model as _, Result};
use signals_test_behavior::{Kind, address, elsewhere, kind, numbers};
use sqlx::postgres::PgConnectOptions;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// URLs that sqlx takes, or refuses: nothing of the kind may panic.
const FORMS: &[&str] = &[
    "{}:",
    "{}:/",
    "{}://",
    "{}:///",
    "{}:///shop",
    "{}://?",
    "{}://#",
    "{}:///shop?user=nobody",
    "{}:///?host=/nowhere",
    "{}:///?host=localhost&port=1",
    "{}:///?host=",
    "{}:///?hostaddr=127.0.0.1&port=1",
    "{}:///?hostaddr=::1&port=1",
    "{}:///?hostaddr=nowhere",
    "{}:///?user=no%20body&port=1",
    "{}:///?user=a%2Fb%40c%3Ad&port=1",
    "{}:///?user=&port=1",
    "{}:///?port=x",
    "{}:///?socket=/nowhere",
    "{}://%2Fnowhere/shop",
    "{}://no%20host/shop",
    "{}://[::1]:1/shop",
    "{}://[::1/shop",
    "{}://127.0.0.1:1/sh%20op",
    "{}://127.0.0.1:1/%FF",
    "{}://us%00er:pass%00word@127.0.0.1:1/shop",
    "{}://us%FFer@127.0.0.1:1/shop",
    "{}://app@corp:pa@ss@127.0.0.1:1/shop",
    "{}://127.0.0.1:99999/shop",
    "{}://127.0.0.1:1/shop?statement-cache-capacity=0",
    "{}://127.0.0.1:1/shop?statement-cache-capacity=-1",
    "{}://127.0.0.1:1/shop?sslmode=nothing",
    "{}://127.0.0.1:1/shop?options[a]=b&options[=c&options=d",
    "{}://127.0.0.1:1/shop?charset=nothing&collation=nothing&timezone=nothing",
    "{}://127.0.0.1:1/shop?ssl-ca=/nowhere&ssl-cert=/nowhere&ssl-key=/nowhere&sslmode=VERIFY_CA",
    "{}://127.0.0.1:1/shop?%=%&&=&%zz",
    "{}:shop",
    "{}:nobody@shop:x",
];

async fn try_all(scheme: &str) {
    for form in FORMS {
        let url = form.replace("{}", scheme);
        // Whether it connects is not the question here: some name the server of this machine.
        drop(Db::builder(&url).acquire_timeout(Duration::from_millis(300)).connect().await);
    }
}

#[tokio::test]
async fn no_url_panics() {
    match kind() {
        Kind::Postgres => {
            try_all("postgres").await;
            try_all("postgresql").await;
        }
        Kind::Mysql => {
            try_all("mysql").await;
            try_all("mariadb").await;
        }
        Kind::Memory => {
            try_all("sqlite").await;
            for url in ["", ":", "://", "?", "sqlite", "sqlite:\0", "sqlite:a%00b", "sqlite:%FF", "sqlite:a?vfs=%00"] {
                assert!(Db::connect(url).await.is_err(), "{url}");
            }
        }
        Kind::File => {}
    }
}

// The URL leaves the host to the environment.
#[tokio::test]
async fn a_host_of_the_environment_that_is_a_folder_does_not_panic() {
    const INSIDE: &str = "SIGNALS_TEST_INSIDE";
    if elsewhere(&[Kind::Postgres]) {
        return;
    }
    if env::var_os(INSIDE).is_some() {
        try_all("postgres").await;
        return;
    }
    for host in ["/nowhere", "::1", "no host", "a@b", ""] {
        let name = "connecting::urls::a_host_of_the_environment_that_is_a_folder_does_not_panic";
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", name]).envs([(INSIDE, "1"), ("PGHOST", host), ("PGUSER", "a b@c"), ("PGPORT", "1")]);
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "{host}: {printed}");
    }
}

#[tokio::test]
async fn postgres_is_reached_by_every_form_of_its_url() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let server: PgConnectOptions = address().parse().unwrap();
    let (host, port, user) = (server.get_host(), server.get_port(), server.get_username());
    let database = server.get_database().unwrap();
    for url in [
        format!("postgres:///{database}?host={host}&port={port}&user={user}"),
        format!("postgres:///?dbname={database}&hostaddr={host}&port={port}&user={user}"),
        format!("postgresql://{user}@{host}:{port}/{database}?statement-cache-capacity=0"),
        format!("postgres://{user}:ignored@{host}:{port}/{database}?application_name=a%20b"),
        format!("postgres://?host={host}&port={port}&user={user}&dbname={database}&unknown=ignored"),
    ] {
        let db = Db::connect(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(numbers(&db, "SELECT 7::BIGINT").await, [7], "{url}");
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_url_of_sqlite_that_names_nothing_is_refused_with_the_fix() {
    if elsewhere(&[Kind::Memory]) {
        return;
    }
    for url in [
        "sqlite:",
        "sqlite://",
        "sqlite:?mode=rwc",
        "sqlite://?mode=rwc",
        "sqlite://?",
        "sqlite:file:",
        "sqlite:file:%3Fmode=rwc",
    ] {
        let error = Db::connect(url).await.unwrap_err().to_string();
        let fixes = error.contains("`sqlite::memory:`") && error.contains("`sqlite://app.db?mode=rwc`");
        assert!(error.starts_with("opening `sqlite:") && fixes, "{url}: {error}");
    }
}

#[tokio::test]
async fn every_way_to_name_memory_is_one_database() -> Result<()> {
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite:%3Amemory%3A",
        "sqlite::memory:?cache=private",
        "sqlite:?mode=memory",
        "sqlite://connecting?mode=memory",
        "sqlite://connecting?mode=memory&cache=private",
        "sqlite:file::memory:",
        "sqlite:file:connecting%3Fmode=memory",
        "sqlite:/connecting?vfs=memdb",
    ] {
        let db = Db::builder(url).max_connections(4).connect().await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(db.sqlite()?.options().get_max_connections(), 1, "{url}");
        db.create_tables_of(|model| model.table() == "connecting_item").await?;
        let db = &db;
        let tasks = (0..4).map(|_| async move { super::Item::objects().count(db).await });
        for outcome in futures_util::future::join_all(tasks).await {
            assert_eq!(outcome?, 0, "{url}");
        }
    }
    Ok(())
}

/// Everything that is logged, of every library.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Logged {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

impl Visit for Logged {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

#[tokio::test]
async fn no_error_and_no_event_shows_a_secret() {
    let schemes: &[&str] = match kind() {
        Kind::Postgres => &["postgres", "postgresql"],
        Kind::Mysql => &["mysql", "mariadb"],
        Kind::Memory => &["postgers", "oracle", "jdbc:mysql", ""],
        Kind::File => &[],
    };
    let logged = Logged::default();
    // With two subscribers, tracing does not decide by the subscriber of another test's thread.
    let (_, _guard) = signals_test_behavior::capture();
    let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(logged.clone()));
    let _logging = tracing::dispatcher::set_default(&subscriber);
    tracing::callsite::rebuild_interest_cache();
    for scheme in schemes {
        for rest in [
            "app:hunter2@127.0.0.1:1/shop",
            "app:@hunter2@127.0.0.1:1/shop",
            "app:hunter2@[::1]:1/shop",
            "app:hunter2/@127.0.0.1:1/shop",
            "app:hunter2?@127.0.0.1:1/shop",
            "app:hunter2",
            "127.0.0.1:1/shop?password=hunter2",
            "127.0.0.1:1/shop?sslpassword=hunter2&password=hunter2",
            "127.0.0.1:1/shop?pasword=hunter2",
            "127.0.0.1:1/shop?p%61ssword=hunter2",
            "127.0.0.1:1/shop?sslmode=verify-ca&sslrootcert=hunter2&sslkey=hunter2",
            "%2Fnowhere/shop?password=hunter2",
        ] {
            let url = format!("{scheme}://{rest}");
            let builder = Db::builder(&url).acquire_timeout(Duration::from_millis(300));
            shows_nothing(&format!("{builder:?}"));
            if let Err(error) = builder.connect().await {
                shows_nothing(&format!("{error} {error:?}"));
            }
        }
    }
    if kind() == Kind::Memory {
        for url in [
            "sqlite:/nowhere/app.db?key=hunter2",
            "sqlite:/nowhere/app.db?mode=rwc&key=hunter2",
            "hunter2=:x",
            "a:hunter2",
        ] {
            shows_nothing(&format!("{:?}", Db::builder(url)));
            let error = Db::connect(url).await.unwrap_err();
            shows_nothing(&format!("{error} {error:?}"));
        }
        let error = Db::connect("postgers://app:hunter2@127.0.0.1/shop").await.unwrap_err();
        assert!(matches!(error, Error::UnknownBackend { url, .. } if url == "postgers://***@127.0.0.1/shop"));
    }
    shows_nothing(&logged.0.lock().unwrap());
}

fn shows_nothing(text: &str) {
    assert!(!text.contains("hunter2"), "{text}");
}
