//! Waits for what the server does with other connections.

use std::time::{Duration, Instant};

use signals::Db;

use crate::{Kind, count, kind};

/// Waits until a statement on this table waits for another transaction, on PostgreSQL or MariaDB.
///
/// # Panics
///
/// If none waits within a minute.
pub async fn until_waiting(db: &Db, table: &str) {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let waiting = match kind() {
        Kind::Postgres => "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query",
        _ => "information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT' AND trx_query",
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        // MariaDB refreshes the table only if it was not read for a tenth of a second.
        let _turn = TURN.lock().await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        if count(db, format!("SELECT COUNT(*) FROM {waiting} LIKE '%{table}%'")).await > 0 {
            return;
        }
        assert!(Instant::now() < deadline, "no statement on {table} waits");
    }
}

/// Waits until the server has closed the connections with these ids, on PostgreSQL or MariaDB.
///
/// # Panics
///
/// If one of them is still open after a minute.
pub async fn until_gone(db: &Db, ids: &[i64]) {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let open = match kind() {
        Kind::Postgres => format!("SELECT COUNT(*) FROM pg_stat_activity WHERE pid IN ({list})"),
        _ => format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id IN ({list})"),
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    while count(db, open.as_str()).await > 0 {
        assert!(Instant::now() < deadline, "one of {list} is still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
