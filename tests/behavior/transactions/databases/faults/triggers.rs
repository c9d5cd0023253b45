//! Triggers that make a statement fail, in each SQL dialect.

use signals::{Db, Error};
use signals_test_behavior::{Kind, execute, kind};

/// When a statement fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Such as `BEFORE INSERT`.
    pub moment: &'static str,
    pub table: &'static str,
}

/// Both moments of a statement.
pub fn around(event: &'static str, table: &'static str) -> [Fault; 2] {
    let moments = match event {
        "INSERT" => ["BEFORE INSERT", "AFTER INSERT"],
        "UPDATE" => ["BEFORE UPDATE", "AFTER UPDATE"],
        "DELETE" => ["BEFORE DELETE", "AFTER DELETE"],
        other => panic!("{other}"),
    };
    moments.map(|moment| Fault { moment, table })
}

impl Fault {
    /// Lets the statement fail for rows named `new..`.
    pub async fn begin(self, db: &Db) {
        let Self { moment, table } = self;
        let row = if moment.ends_with("DELETE") { "OLD" } else { "NEW" };
        let is_it = format!("{row}.name LIKE 'new%'");
        let sql = match kind() {
            Kind::Memory | Kind::File => format!(
                "CREATE TRIGGER broken {moment} ON {table} WHEN {is_it} BEGIN SELECT RAISE(ABORT, 'injected'); END"
            ),
            Kind::Postgres => format!(
                "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql \
                 AS $$ BEGIN RAISE EXCEPTION 'injected'; END $$; \
                 CREATE TRIGGER broken {moment} ON {table} FOR EACH ROW WHEN ({is_it}) EXECUTE FUNCTION fail()"
            ),
            Kind::Mysql => format!(
                "CREATE TRIGGER broken {moment} ON {table} FOR EACH ROW \
                 IF {is_it} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'injected'; END IF"
            ),
        };
        execute(db, sql).await;
    }

    /// Has it succeed again.
    pub async fn end(self, db: &Db) {
        let of_table = if kind() == Kind::Postgres { format!(" ON {}", self.table) } else { String::new() };
        execute(db, format!("DROP TRIGGER broken{of_table}")).await;
    }
}

pub fn assert_injected(error: &Error, fault: Fault) {
    let source = error.find::<sqlx::Error>().unwrap_or_else(|| panic!("{fault:?}: {error}"));
    assert!(source.to_string().contains("injected"), "{fault:?}: {error}");
}
