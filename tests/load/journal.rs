//! The journals: that of the receivers, and that of the database's triggers, which is correct by definition.

use behavior::{Kind, execute, kind};
use signals::Db;

use crate::models::Line;

/// The key of a link in the journals.
pub fn link_key(order: i64, tag: i64) -> i64 {
    order * 1000 + tag
}

/// The state of a line in the journals.
pub fn line_state(line: &Line) -> i64 {
    line.order_id * 1_000_000 + line.amount
}

/// A table whose changes are recorded. `{row}` is the row before or after the change.
struct Watched {
    table: &'static str,
    what: &'static str,
    key: &'static str,
    state: &'static str,
}

const WATCHED: [Watched; 4] = [
    Watched { table: "load_line", what: "line", key: "{row}.id", state: "{row}.order_id * 1000000 + {row}.amount" },
    Watched { table: "load_order", what: "order", key: "{row}.id", state: "{row}.note" },
    Watched { table: "load_tag", what: "tag", key: "{row}.id", state: "{row}.color" },
    Watched { table: "load_order_tags", what: "link", key: "{row}.order_id * 1000 + {row}.tag_id", state: "0" },
];

impl Watched {
    fn key_of(&self, row: &str) -> String {
        self.key.replace("{row}", row)
    }

    fn state_of(&self, row: &str) -> String {
        self.state.replace("{row}", row)
    }

    fn changes(&self) -> [Change; 3] {
        let (old, new) = (self.state_of("OLD"), self.state_of("NEW"));
        let none = || "0".to_owned();
        [
            Change { event: "INSERT", sign: '+', key: self.key_of("NEW"), old: none(), new: new.clone() },
            Change { event: "UPDATE", sign: '~', key: self.key_of("NEW"), old: old.clone(), new },
            Change { event: "DELETE", sign: '-', key: self.key_of("OLD"), old, new: none() },
        ]
    }
}

/// A kind of statement, and what is written down of each row that it changes.
struct Change {
    event: &'static str,
    sign: char,
    key: String,
    old: String,
    new: String,
}

impl Change {
    fn insert(&self, what: &str) -> String {
        let Self { sign, key, old, new, .. } = self;
        format!(
            "INSERT INTO load_truth (what, row_key, old_state, new_state) VALUES ('{what}{sign}', {key}, {old}, {new})"
        )
    }

    /// When it is a change: an UPDATE may give a row the state that it has.
    fn condition(&self) -> String {
        if self.event == "UPDATE" { format!("{} <> {}", self.old, self.new) } else { "1 = 1".to_owned() }
    }
}

/// Makes the journals and the triggers.
pub async fn create(db: &Db) {
    let key = match kind() {
        Kind::Memory | Kind::File => "INTEGER PRIMARY KEY",
        Kind::Postgres => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        Kind::Mysql => "BIGINT AUTO_INCREMENT PRIMARY KEY",
    };
    let columns =
        "what VARCHAR(10) NOT NULL, row_key BIGINT NOT NULL, old_state BIGINT NOT NULL, new_state BIGINT NOT NULL";
    execute(db, format!("CREATE TABLE load_told (id {key}, heard VARCHAR(10) NOT NULL, {columns})")).await;
    execute(db, format!("CREATE TABLE load_truth (id {key}, {columns})")).await;
    for watched in &WATCHED {
        for change in watched.changes() {
            execute(db, trigger(watched, &change)).await;
        }
    }
}

fn trigger(Watched { table, what, .. }: &Watched, change: &Change) -> String {
    let (event, insert, condition) = (change.event, change.insert(what), change.condition());
    let name = format!("{table}_{}", event.to_ascii_lowercase());
    let on = format!("CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW");
    match kind() {
        Kind::Memory | Kind::File => format!("{on} WHEN {condition} BEGIN {insert}; END"),
        Kind::Postgres => format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert}; RETURN NULL; END $$; \
             {on} WHEN ({condition}) EXECUTE FUNCTION {name}()"
        ),
        Kind::Mysql => format!("{on} IF {condition} THEN {insert}; END IF"),
    }
}
