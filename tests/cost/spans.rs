//! Spans of sends and receivers, and an event for each failure.

use signals::{Db, Model, post_save, pre_save, receiver};

use crate::watch::spans;

#[derive(Debug, Clone, Model)]
#[model(table = "spans_note")]
struct Note {
    id: i64,
    text: String,
}

#[receiver(pre_save, sender = Note)]
fn refuse_empty(instance: &Note) -> Result<(), &'static str> {
    if instance.text.is_empty() { Err("empty") } else { Ok(()) }
}

#[receiver(post_save, sender = Note, robust)]
async fn index(instance: &Note) -> Result<(), &'static str> {
    if instance.text == "unreadable" { Err("cannot index") } else { Ok(()) }
}

async fn seen_while_saving(text: &str) -> Vec<String> {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    spans(async {
        let _ = Note { id: 0, text: text.into() }.save(&db).await;
    })
    .await
}

#[tokio::test]
async fn every_send_and_every_receiver_is_a_span() {
    let seen = seen_while_saving("a").await;
    assert_eq!(seen.len(), 6, "{seen:#?}");
    assert_eq!(seen[0], "- > send signal=pre_save sender=Note");
    assert!(seen[1].starts_with("send > receiver file=tests/cost/spans.rs line="), "{seen:#?}");
    assert!(seen[2].ends_with("spans::refuse_empty"), "{seen:#?}");
    assert_eq!(seen[3], "- > send signal=post_save sender=Note");
    assert!(seen[5].ends_with("spans::index"), "{seen:#?}");
}

#[tokio::test]
async fn a_failure_is_one_event_that_names_the_receiver_and_its_place() {
    let seen = seen_while_saving("").await;
    let events: Vec<_> = seen.iter().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(events.len(), 1, "{seen:#?}");
    for part in ["signal=pre_save", "sender=Note", "spans::refuse_empty", "file=tests/cost/spans.rs", "error=empty"] {
        assert!(events[0].contains(part), "{events:?} has no {part}");
    }
}

#[tokio::test]
async fn a_robust_failure_is_an_error_event() {
    let seen = seen_while_saving("unreadable").await;
    let events: Vec<_> = seen.iter().filter(|line| line.starts_with("ERROR")).collect();
    assert_eq!(events.len(), 1, "{seen:#?}");
    assert!(events[0].contains("error=cannot index"), "{events:?}");
}
