//! The words that Django, Celery, Rails, `SeaORM`, Diesel and serde have for what this library writes in another way.

use crate::keys::{self, Keys};

/// Words of other libraries, and what to write here instead.
type Words = &'static [(&'static [&'static str], &'static str)];

/// Returns what to write instead of a word of another library, if it is one.
pub(super) fn advice(keys: &Keys, word: &str) -> Option<&'static str> {
    // The statics are compared by their first key, because the struct and a field have the same attribute.
    let words = match keys.known.first().copied()? {
        keys::TABLE => STRUCT,
        keys::PRIMARY_KEY => FIELD,
        keys::FIELDS => REFERENCE,
        keys::QUEUE => TASK,
        _ => return None,
    };
    let is_listed = |(written, _): &&(&[&str], &str)| written.contains(&word);
    words.iter().find(is_listed).map(|(_, advice)| *advice)
}

/// The words on a field.
const FIELD: Words = &[
    (
        &["foreign_key", "fk", "belongs_to", "from", "has_one", "one_to_one"],
        "a field holds the key of another row with `references = User, on_delete = cascade`",
    ),
    (&["to_field", "to_column"], "write `to = email` beside `references = User`"),
    (
        &["has_many", "one_to_many", "related_name", "backref"],
        "the other side of a reference has a name by `related = albums` beside `references = Artist`",
    ),
    (&["on_update"], "a key does not change; write `on_delete = cascade` alone"),
    (&["pk", "id"], "write `primary_key`"),
    (
        &["max_length", "max_digits", "length", "size"],
        "a type is limited in the table alone; write `sql_type = \"VARCHAR(80)\"`",
    ),
    (&["stored", "stored_as", "format"], "for a moment or a UUID in SQLite, write `sqlite = datetime` or another form"),
    (&["column_type", "db_type", "type"], "write `sql_type = \"TEXT\"`"),
    (
        &["null", "nullable", "optional", "not_null"],
        "a column takes NULL if the type of its field is an `Option`, such as `Option<String>`",
    ),
    (
        &["blank", "validators", "check"],
        "a function checks the values: write `validate = check` on the struct, and leave this out",
    ),
    (&["choices"], "write an enum with `#[derive(sqlx::Type)]` as the type of the field"),
    (&["db_column", "column_name", "rename"], "write `column = \"name\"`"),
    (&["db_index", "indexed"], "write `index`"),
    (
        &["default_value", "default_expr", "server_default"],
        "write `default = 0` or `default = sql(\"CURRENT_TIMESTAMP\")`",
    ),
    (
        &["auto_increment", "autoincrement", "auto", "serial"],
        "the database makes each key of an `i64`, `i32` or `i16` that is 0; leave it out",
    ),
    (&["unique_together"], "write `#[model(unique(a, b))]` on the struct"),
    (&["index_together", "indexes"], "write `#[model(index(a, b))]` on the struct"),
    (&["table_name", "db_table", "tablename"], "write `#[model(table = \"users\")]` on the struct"),
    (&["ignore", "transient", "virtual", "not_mapped"], "a field without a column is `skip`"),
    (&["embed", "flatten", "serialize_as", "deserialize_as"], "write `json`, or a type with `#[derive(sqlx::Type)]`"),
    (
        &["computed", "readonly", "insertable", "updatable", "database_generated"],
        "a column that the database computes is `generated`, and one that is only read is `read_only`",
    ),
    (&["created_at"], "write `auto_now_add`"),
    (&["updated_at"], "write `auto_now`"),
    (&["help_text", "verbose_name", "comment"], "write a doc comment"),
];

/// The words on the struct.
const STRUCT: Words = &[
    (&["table_name", "db_table", "tablename", "rename"], "write `table = \"users\"`"),
    (&["schema_name"], "write `schema = \"billing\"`"),
    (&["unique_together", "constraints", "unique_constraint"], "write `unique(a, b)`"),
    (&["index_together", "indexes", "indices"], "write `index(a, b)`"),
    (
        &["ordering", "order_by", "default_order"],
        "a query has the order; write `User::objects().order_by([User::ID.asc()])`",
    ),
    (&["rename_all"], "a column has the name of its field; write `#[model(column = \"name\")]` on each other one"),
    (
        &["foreign_key", "belongs_to", "fk"],
        "the field with the key has the reference; write `#[model(references = User, on_delete = cascade)]` there",
    ),
    (
        &["has_many", "has_one", "one_to_many"],
        "the model with the key has the reference; write `#[model(references = User, related = orders, on_delete = cascade)]` on its field",
    ),
    (&["has_and_belongs_to_many", "many2many", "m2m"], "write `many_to_many(toppings: Topping)`"),
    (&["verbose_name", "comment"], "write a doc comment"),
];

/// The words in a reference of several fields.
const REFERENCE: Words = &[(
    &["to", "to_field", "to_fields", "to_column", "to_columns"],
    "several fields reference the primary key of the other model; leave it out, or declare a reference to other unique columns only in the database",
)];

/// The words on a task.
const TASK: Words = &[
    (&["bind"], "a task that needs its run takes `ctx: &Context`; leave it out"),
    (&["max_retries"], "the first attempt counts; write `max_attempts = 4` for three retries"),
    (
        &["retry_backoff", "retry_backoff_max", "default_retry_delay", "retry_jitter", "countdown"],
        "a pause doubles up to an hour, and varies; write `backoff = \"10s\"` for the first one",
    ),
    (&["time_limit", "soft_time_limit"], "write `timeout = \"30s\"`"),
    (
        &["autoretry_for", "dont_autoretry_for", "throws"],
        "every error is tried again; return `Err(Retry::never().into())` to give up",
    ),
    (&["ignore_result", "store_errors_even_if_ignored"], "a task has no result; leave it out"),
    (&["acks_late", "reject_on_worker_lost"], "a run that is lost with its worker always runs again; leave it out"),
    (&["serializer"], "arguments are stored as JSON; leave it out"),
    (&["expires"], "a run does not expire; take a time as an argument, and compare it in the task"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_listed_twice_or_is_a_key() {
        let all = [(FIELD, &keys::FIELD), (STRUCT, &keys::MODEL), (REFERENCE, &keys::REFERENCE), (TASK, &keys::TASK)];
        for (words, known) in all {
            let all: Vec<_> = words.iter().flat_map(|(written, _)| *written).collect();
            for (i, word) in all.iter().enumerate() {
                assert!(!all[..i].contains(word), "`{word}` is listed twice");
                let mut keys = known.known.iter().chain(known.elsewhere);
                assert!(keys.all(|key| key.name != **word), "`{word}` is a key");
            }
        }
    }

    #[test]
    fn a_word_of_another_attribute_has_no_advice() {
        assert_eq!(advice(&keys::RECEIVER, "db_column"), None);
        assert_eq!(advice(&keys::MODEL, "max_length"), None);
        assert_eq!(advice(&keys::RECEIVER, "max_retries"), None);
    }
}
