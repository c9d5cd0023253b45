//! Allocations, counted on the thread that saves; sqlx's worker has its own thread.
//!
//! This is a separate binary, because a subscriber for spans would allocate too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use allocation_counter::measure;
use behavior::{Kind, kind, run_on};
use signals::{Db, Model};
use tokio::runtime::{Builder, Runtime};

#[derive(Debug, Clone, Model)]
#[model(table = "allocations_note")]
struct Note {
    id: i64,
    text: String,
    stars: i32,
}

#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(rename_all = "snake_case", type_name = "text")]
enum Tone {
    Calm,
}

#[derive(Debug, Clone, Model)]
#[model(table = "allocations_tone")]
struct OfEnum {
    id: i64,
    tone: Tone,
}

#[derive(Debug, Clone, Model)]
#[model(table = "allocations_word")]
struct OfText {
    id: i64,
    tone: String,
}

signals::signal! {
    /// A signal without receivers.
    unheard { number: i64 }
}

const ROUNDS: u64 = 200;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn note() -> Note {
    Note { id: 0, text: "a".into(), stars: 3 }
}

#[test]
fn a_save_without_receivers_allocates_at_most_one_box_more_than_the_statement() {
    let runtime = runtime();
    let db = runtime.block_on(Db::connect("sqlite::memory:")).expect("a database");
    runtime.block_on(db.create_tables()).expect("tables");
    let pool = db.sqlite().expect("SQLite").clone();

    let ours = || {
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                note().save(&db).await.expect("a save");
            }
        });
    };
    let theirs = || {
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                let note = note();
                sqlx::query(r#"INSERT INTO "allocations_note" ("text", "stars") VALUES (?, ?)"#)
                    .bind(&note.text)
                    .bind(note.stars)
                    .execute(&pool)
                    .await
                    .expect("an insert");
            }
        });
    };
    // The first round makes the statements and fills the caches.
    ours();
    theirs();
    let (ours, theirs) = (measure(ours).count_total, measure(theirs).count_total);
    // A wake-up more or less moves the sum of all rounds by a few, but never by one a round.
    let slack = ROUNDS / 4;
    assert!(ours <= theirs + ROUNDS + slack, "{ours} against {theirs} in {ROUNDS} rounds");
}

#[test]
fn a_send_without_receivers_allocates_nothing() {
    let runtime = runtime();
    let send = || {
        runtime.block_on(async {
            for number in 0..100 {
                unheard.send(Unheard { number }).await.expect("nobody to fail");
            }
        });
    };
    send();
    assert_eq!(measure(send).count_total, 0);
    assert_eq!(Unheard { number: 7 }.number, 7);
}

#[test]
fn an_enum_is_read_from_mysql_without_an_error_on_the_way() {
    const ROWS: u64 = 100;
    if kind() != Kind::Mysql {
        run_on(Kind::Mysql);
        return;
    }
    let runtime = runtime();
    let db = runtime.block_on(behavior::database(|builder| builder));
    runtime.block_on(async {
        for _ in 0..ROWS {
            OfEnum { id: 0, tone: Tone::Calm }.save(&db).await.expect("a save");
            OfText { id: 0, tone: "calm".into() }.save(&db).await.expect("a save");
        }
    });
    let enums = || assert_eq!(runtime.block_on(OfEnum::objects().all(&db)).expect("rows").len() as u64, ROWS);
    let texts = || assert_eq!(runtime.block_on(OfText::objects().all(&db)).expect("rows").len() as u64, ROWS);
    enums();
    texts();
    let (enums, texts) = (measure(enums).count_total, measure(texts).count_total);
    // The text of each row is one allocation.
    assert!(enums <= texts - ROWS / 2, "{enums} against {texts} for {ROWS} rows");
}
