//! The statements of many rows as text. The modules that use them test their effects.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

use std::any::Any;

use sqlx::Arguments as _;

use super::{Assigned, Assignment, Built, ColumnRef, Condition, Node, Select, Subquery, value};
use crate::backend::{Args, Backend, Row};
use crate::error::{Error, Result};
use crate::model::TableName;
use crate::model::{Column, ColumnMeta, Entity, FieldCodec, ModelMeta};

struct Book {
    id: i64,
    title: String,
    author: Option<i64>,
}

static META: ModelMeta = ModelMeta::new::<Book>(
    "Book",
    "tests::Book",
    "bo\"ok",
    &[0],
    &[
        FieldCodec::<i64>::of().column("id", "id", false).primary_key(),
        FieldCodec::<String>::of().column("title", "title", false),
        FieldCodec::<Option<i64>>::of().column("author", "author", true),
        ColumnMeta::json::<String>("extra", "extra", false),
    ],
);

impl Book {
    const TITLE: &'static Column<Self, String> = &Column::new(1, "title");
    const AUTHOR: &'static Column<Self, Option<i64>> = &Column::new(2, "author");
    const EXTRA: &'static Column<Self, String> = &Column::new(3, "extra");
}

impl Entity for Book {
    type Key = i64;

    fn meta() -> &'static ModelMeta {
        &META
    }

    fn key_ref(&self) -> &i64 {
        &self.id
    }

    fn set_key(&mut self, key: i64) {
        self.id = key;
    }

    fn field(&self, _: usize) -> Option<&dyn Any> {
        None
    }

    fn field_mut(&mut self, column: usize) -> Option<&mut dyn Any> {
        Some(match column {
            0 => &mut self.id,
            1 => &mut self.title,
            2 => &mut self.author,
            _ => return None,
        })
    }

    fn load(_: &Row<'_>) -> Result<Self, sqlx::Error> {
        Err(sqlx::Error::RowNotFound)
    }
}

/// The column of the key.
fn key() -> ColumnRef {
    ColumnRef::key_of(&META).next().unwrap()
}

fn books(condition: Condition<Book>) -> Select {
    Select::of(&META).filter(condition.into_node())
}

/// Returns the text and the number of bound values.
fn shown(built: Result<Built>) -> (String, usize) {
    let Built { statement, args } = built.unwrap();
    let bound = match args {
        Args::Sqlite(args) => args.len(),
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        _ => 0,
    };
    (sqlx::SqlSafeStr::into_sql_str(statement.text()).as_str().to_owned(), bound)
}

#[test]
fn deletes_and_updates_bind_what_is_set_before_what_is_asked() {
    let select = books(Book::AUTHOR.ne(7).and(Book::TITLE.eq("x")));
    let place = "(\"bo\"\"ok\".\"author\" <> ? OR \"bo\"\"ok\".\"author\" IS NULL) AND \"bo\"\"ok\".\"title\" = ?";
    let delete = format!("DELETE FROM \"bo\"\"ok\" WHERE {place}");
    assert_eq!(shown(select.delete(Backend::Sqlite)), (delete, 2));
    let set = [Book::TITLE.set("y"), Book::AUTHOR.set(None)];
    let update = format!("UPDATE \"bo\"\"ok\" SET \"title\" = ?, \"author\" = ? WHERE {place}");
    assert_eq!(shown(select.update(Backend::Sqlite, set.iter().map(Assignment::assigned))), (update, 4));
    assert_eq!(shown(Select::of(&META).delete(Backend::Sqlite)), ("DELETE FROM \"bo\"\"ok\"".into(), 0));
}

#[test]
fn impossible_updates_and_deletes_are_refused() {
    let refused = |built: Result<Built>| matches!(built, Err(Error::QueryOptions { model: "Book", .. }));
    let all = Select::of(&META);
    let title = Book::TITLE.set("y");
    for sliced in [all.clone().limit(1), all.clone().skip(1)] {
        assert!(refused(sliced.delete(Backend::Sqlite)));
        assert!(refused(sliced.update(Backend::Sqlite, [title.assigned()])));
    }
    assert!(refused(all.update(Backend::Sqlite, Vec::<&Assigned>::new())));
    let json = all.update(Backend::Sqlite, [Book::EXTRA.set("plain").assigned()]);
    assert!(matches!(json, Err(Error::JsonValue { model: "Book", .. })), "{json:?}");
}

#[test]
fn a_subquery_has_columns_of_its_own_and_no_null_among_its_values() {
    let table = TableName { schema: None, table: "loan" };
    let loans = |column, nullable| ColumnRef {
        table,
        column,
        model: "Loan",
        field: column,
        nullable,
        json: false,
        stored: None,
    };
    let filter = Node::equal(loans("reader", false), value(5_i32));
    let lent = Node::within(vec![key()], Subquery { model: &META, columns: vec![loans("book", true)], filter });
    let built = Select::of(&META).filter(lent.not()).count(Backend::Sqlite);
    let text = "SELECT COUNT(*) AS \"count\" FROM \"bo\"\"ok\" WHERE \"bo\"\"ok\".\"id\" NOT IN (SELECT \"loan\".\"book\" FROM \"loan\" \
                WHERE \"loan\".\"reader\" = ? AND \"loan\".\"book\" IS NOT NULL)";
    assert_eq!(shown(built), (text.into(), 1));
    let keys = Node::test(key(), super::node::Test::In(vec![value(1_i64), value(2_i64)]));
    let text = "DELETE FROM \"bo\"\"ok\" WHERE \"bo\"\"ok\".\"id\" IN (?, ?)";
    assert_eq!(shown(Select::of(&META).filter(keys).delete(Backend::Sqlite)), (text.into(), 2));
}

#[test]
fn an_assignment_can_be_made_to_an_instance_too() {
    let mut book = Book { id: 1, title: "a".into(), author: Some(1) };
    assert!(Book::TITLE.set("b").assign(&mut book));
    assert!(Book::AUTHOR.set(None).assign(&mut book));
    assert_eq!((book.title.as_str(), book.author), ("b", None));
    assert!(!Book::EXTRA.set("c").assign(&mut book), "the instance has no such field");
}
