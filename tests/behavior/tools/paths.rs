//! The signals of each call: the table in the guide is made from the actual signals, and lists every call
//! that writes.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs;

use futures_util::future::LocalBoxFuture;
use signals::{Db, Model, Result, Tx};
use signals_test_behavior::{db, execute_in};

/// Has tags, and books that are deleted with it.
#[derive(Debug, Clone, Model)]
#[model(table = "paths_author", many_to_many(tags: Tag, related = authors, table = "paths_author_tags"))]
pub struct Author {
    /// The key.
    pub id: i64,
    /// What it is called.
    pub name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "paths_tag")]
pub struct Tag {
    /// The key.
    pub id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "paths_book")]
struct Book {
    id: i64,
    #[model(references = Author, on_delete = cascade)]
    author_id: i64,
}

/// Becomes a review without an author.
#[derive(Debug, Clone, Model)]
#[model(table = "paths_review")]
struct Review {
    id: i64,
    #[model(references = Author, on_delete = set_null)]
    author_id: Option<i64>,
}

/// What the database deletes by itself.
#[derive(Debug, Clone, Model)]
#[model(table = "paths_trace")]
struct Trace {
    id: i64,
    #[model(references = Author, on_delete = database)]
    author_id: i64,
}

type Call = for<'a> fn(&'a Tx) -> LocalBoxFuture<'a, Result<()>>;

/// The calls and their functions. `methods` are the names that must be in the sources.
const CALLS: &[(&str, &[&str], Call)] = &[
    ("`save` of a new row", &["save"], |tx| Box::pin(async move { author(0, "new").save(tx).await })),
    ("`save` of a row that is there", &["save"], |tx| Box::pin(async move { author(1, "b").save(tx).await })),
    ("`save().update_fields(..)`", &["update_fields", "update_field_set"], |tx| {
        Box::pin(async move { author(1, "b").save(tx).update_fields([Author::NAME]).await })
    }),
    ("`save().force_insert()`", &["force_insert"], |tx| {
        Box::pin(async move { author(9, "b").save(tx).force_insert().await })
    }),
    ("`create`", &["create"], |tx| Box::pin(async move { author(9, "b").create(tx).await.map(drop) })),
    ("`save().force_update()`", &["force_update"], |tx| {
        Box::pin(async move { author(1, "b").save(tx).force_update().await })
    }),
    ("`save().raw()`: only receivers marked `raw`", &["raw"], |tx| {
        Box::pin(async move { author(1, "b").save(tx).raw().await })
    }),
    ("any call with `.quiet()`", &["quiet"], |tx| {
        Box::pin(async move {
            author(1, "b").save(tx).quiet().await?;
            Author::bulk_create(tx, &mut [author(0, "c")]).quiet().await?;
            author(1, "c").save(tx).quiet().on_conflict([Author::ID]).update([Author::NAME]).await?;
            Author::bulk_update(tx, &mut [author(1, "c")], [Author::NAME]).quiet().await?;
            Author::objects().update(tx, [Author::NAME.set("d")]).quiet().await?;
            author(1, "b").tags().add(tx, [2]).quiet().await?;
            author(1, "b").tags().remove(tx, [2]).quiet().await?;
            author(1, "b").tags().set(tx, [1, 2]).quiet().await?;
            author(1, "b").tags().clear(tx).quiet().await?;
            author(1, "b").tags().create(tx, &mut Tag { id: 9 }).quiet().await?;
            let none = Author::objects().filter(Author::ID.eq(78));
            none.get_or_create(tx, || author(78, "c")).quiet().await?;
            none.update_or_create(tx, |found| found.name.push('!'), || author(78, "c")).quiet().await?;
            Author::bulk_delete(tx, &[author(2, "b")]).quiet().await?;
            author(1, "b").delete(tx).quiet().await?;
            Author::objects().delete(tx).quiet().await.map(drop)
        })
    }),
    ("`delete`", &["delete"], |tx| Box::pin(async move { author(2, "b").delete(tx).await.map(drop) })),
    ("`delete`, with a row that cascades", &["delete"], |tx| {
        Box::pin(async move {
            Book { id: 7, author_id: 2 }.save(tx).quiet().await?;
            author(2, "b").delete(tx).await.map(drop)
        })
    }),
    ("`delete`, with a row that is set to NULL or left to the database", &["delete"], |tx| {
        Box::pin(async move {
            Review { id: 7, author_id: Some(2) }.save(tx).quiet().await?;
            Trace { id: 7, author_id: 2 }.save(tx).quiet().await?;
            author(2, "b").delete(tx).await.map(drop)
        })
    }),
    ("`bulk_create`, for each row", &["bulk_create"], |tx| {
        Box::pin(async move { Author::bulk_create(tx, &mut [author(0, "c"), author(0, "d")]).await.map(drop) })
    }),
    ("`bulk_update`, for each row", &["bulk_update"], |tx| {
        Box::pin(async move { Author::bulk_update(tx, &mut [author(1, "c")], [Author::NAME]).await.map(drop) })
    }),
    ("`on_conflict(..).update(..)`, for each row", &["on_conflict", "update_with", "report"], |tx| {
        Box::pin(async move {
            let mut authors = [author(0, "c"), author(1, "d")];
            Author::bulk_create(tx, &mut authors).on_conflict([Author::ID]).update([Author::NAME]).await
        })
    }),
    ("`on_conflict(..).ignore()`, for a row that it inserts", &["ignore"], |tx| {
        Box::pin(async move { author(0, "c").save(tx).on_conflict([Author::ID]).ignore().await })
    }),
    ("`on_conflict(..).ignore()`, for a row that exists", &["ignore"], |tx| {
        Box::pin(async move { author(1, "c").save(tx).on_conflict([Author::ID]).ignore().await })
    }),
    ("`bulk_delete`, for each row", &["bulk_delete"], |tx| {
        Box::pin(async move { Author::bulk_delete(tx, &[author(2, "c")]).await.map(drop) })
    }),
    ("`objects().update(..)`, for each row", &["update"], |tx| {
        Box::pin(async move { Author::objects().update(tx, [Author::NAME.set("c")]).await.map(drop) })
    }),
    ("`objects().delete()`, for each row", &["delete"], |tx| {
        Box::pin(async move { Author::objects().filter(Author::ID.eq(2)).delete(tx).await.map(drop) })
    }),
    ("`get_or_create` that creates", &["get_or_create"], |tx| {
        Box::pin(async move {
            Author::objects().filter(Author::ID.eq(77)).get_or_create(tx, || author(77, "c")).await.map(drop)
        })
    }),
    ("`get_or_create` that finds", &["get_or_create"], |tx| {
        Box::pin(async move {
            Author::objects().filter(Author::ID.eq(1)).get_or_create(tx, || author(1, "c")).await.map(drop)
        })
    }),
    ("`update_or_create` that creates", &["update_or_create"], |tx| {
        Box::pin(async move {
            let none = Author::objects().filter(Author::ID.eq(77));
            none.update_or_create(tx, |found| found.name.push('!'), || author(77, "c")).await.map(drop)
        })
    }),
    ("`update_or_create` that finds", &["update_or_create"], |tx| {
        Box::pin(async move {
            let one = Author::objects().filter(Author::ID.eq(1));
            one.update_or_create(tx, |found| found.name.push('!'), || author(1, "c")).await.map(drop)
        })
    }),
    ("`author.tags().add(..)`", &["add", "through_defaults"], |tx| {
        Box::pin(async move { author(1, "b").tags().add(tx, [2]).await.map(drop) })
    }),
    ("`author.tags().remove(..)`", &["remove"], |tx| {
        Box::pin(async move { author(1, "b").tags().remove(tx, [1]).await.map(drop) })
    }),
    ("`author.tags().set(..)`", &["set"], |tx| {
        Box::pin(async move { author(1, "b").tags().set(tx, [2]).await.map(drop) })
    }),
    ("`author.tags().clear()`", &["clear"], |tx| {
        Box::pin(async move { author(1, "b").tags().clear(tx).await.map(drop) })
    }),
    ("`author.tags().create(..)`", &["create"], |tx| {
        Box::pin(async move { author(1, "b").tags().create(tx, &mut Tag { id: 9 }).await })
    }),
    ("plain sqlx", &[], |tx| {
        Box::pin(async move {
            execute_in(tx, "UPDATE paths_author SET name = 'x'").await;
            Ok(())
        })
    }),
];

fn author(id: i64, name: &str) -> Author {
    Author { id, name: name.to_owned() }
}

/// Returns the signals of a call in order, each once, with the model if it is not the author.
async fn sent(db: &Db, call: Call) -> Result<String> {
    let tx = db.begin().await?;
    let recording = db.record();
    call(&tx).await?;
    let mut sent = Vec::new();
    for signal in recording.signals() {
        let of = if signal.sender == "Author" || signal.signal == "m2m_changed" {
            String::new()
        } else {
            format!(" of `{}`", signal.sender)
        };
        let action = match signal.summary.split(' ').find(|word| word.starts_with("pre_") || word.starts_with("post_"))
        {
            Some(action) if signal.signal == "m2m_changed" => format!(" {action}"),
            _ => String::new(),
        };
        let line = format!("`{}{action}`{of}", signal.signal);
        if !sent.contains(&line) {
            sent.push(line);
        }
    }
    tx.rollback().await?;
    Ok(if sent.is_empty() { "nothing".into() } else { sent.join(", ") })
}

async fn table() -> Result<String> {
    let db = db().await;
    // The database makes the keys 1 and 2: PostgreSQL would make them again if they were given.
    for _ in 0..2 {
        author(0, "a").save(&db).await?;
        Tag { id: 0 }.save(&db).await?;
    }
    author(1, "a").tags().add(&db, [1]).await?;
    let mut table = "| call | sends |\n|---|---|\n".to_owned();
    for (name, _, call) in CALLS {
        let _ = writeln!(table, "| {name} | {} |", sent(&db, *call).await?);
    }
    Ok(table)
}

// C: no write path is silent, unless it is documented as silent.
#[tokio::test]
async fn the_guide_lists_which_call_sends_what() -> Result<()> {
    let chapter = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/what-sends.md")).unwrap();
    let table = table().await?;
    assert!(chapter.contains(&table), "the table in docs/src/what-sends.md should be:\n\n{table}");
    Ok(())
}

/// The methods of the store's public types that do not write: reading, describing, and options that change no
/// signal.
const OTHERS: &[&str] = &[
    "after",
    "all",
    "and",
    "as_slice",
    "as_vec_mut",
    "avg",
    "batch_size",
    "before",
    "by_model",
    "can_reference",
    "captured_models",
    "check",
    "column",
    "columns",
    "contains",
    "count",
    "create_tables",
    "create_tables_of",
    "distinct",
    "exclude",
    "exists",
    "filter",
    "find",
    "find_for_update",
    "first",
    "for_each",
    "get",
    "get_for_update",
    "has_no_save_receivers",
    "has_table",
    "into_rows",
    "is_empty",
    "is_post",
    "is_pre",
    "iter",
    "key",
    "keys",
    "len",
    "limit",
    "linked_models",
    "load",
    "load_from",
    "lock",
    "max",
    "min",
    "new",
    "no_wait",
    "objects",
    "of",
    "of_stored",
    "offset",
    "order_by",
    "page",
    "planned_columns",
    "planned_name",
    "planned_triggers",
    "quoted_name",
    "referenced_values",
    "refresh",
    "retain",
    "rows",
    "send_captured",
    "skip_locked",
    "state",
    "stream",
    "sum",
    "symmetrical",
    "table_definitions",
    "trigger_removal",
    "values",
];

#[test]
fn every_call_that_writes_is_in_the_table() {
    let known: HashSet<&str> = CALLS.iter().flat_map(|(_, methods, _)| *methods).chain(OTHERS).copied().collect();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../signals-core/src/");
    let mut found = BTreeSet::new();
    collect(&format!("{root}store"), &mut found);
    let text = fs::read_to_string(format!("{root}store/model.rs")).unwrap();
    // The methods of `Model` are written without `pub`.
    let methods = text.lines().filter_map(|line| line.strip_prefix("    fn "));
    found.extend(methods.map(name));
    let missing: Vec<_> = found.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "in neither list: {missing:?}");
    assert!(
        found.contains("bulk_update") && found.contains("update_or_create"),
        "the sources were not read: {found:?}"
    );
}

fn collect(folder: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(path.to_str().unwrap(), found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let line = line.trim_start();
            let public =
                ["pub fn ", "pub async fn ", "pub const fn "].iter().find_map(|start| line.strip_prefix(start));
            found.extend(public.map(name));
        }
    }
}

fn name(signature: &str) -> String {
    signature.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}
