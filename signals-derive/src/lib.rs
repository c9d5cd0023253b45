//! The macros of [`signals-orm`](https://docs.rs/signals-orm). Depend on that crate: it re-exports these
//! macros and pins this crate to its own version.
//!
//! | macro | on | makes |
//! |---|---|---|
//! | [`Model`](macro@Model) | a struct | a table that can be saved, deleted and loaded |
//! | [`PrimaryKey`](macro@PrimaryKey) | a newtype or an enum | a type of primary keys |
//! | [`receiver`](macro@receiver) | a function | a receiver of signals, connected when the program is linked |
//! | [`signal!`] | | custom signals |
//! | [`expect_receivers!`] | | a list of receivers that must be linked |
//! | [`task`](macro@task) | a function | a task, whose calls are stored and run later by a worker |
//! | [`scheduled`](macro@scheduled) | a task | a schedule, by which a beat enqueues the task |
//! | [`LoginCredentials`](macro@LoginCredentials) | a struct | credentials that define which fields may be shown |
//!
//! Generated code uses the library by the path `::signals`. A crate with another name for it sets
//! `crate = path`.

mod attr;
mod cfg;
mod crate_path;
mod credentials;
mod expectation;
mod fields;
mod function;
mod keys;
mod model;
mod name;
mod primary_key;
mod receiver;
mod scheduled;
mod signal;
mod sink;
mod span;
mod suggest;
mod task;
#[cfg(test)]
mod tests;
mod ty;

use proc_macro::TokenStream;

/// Makes a struct with named fields a model: a table whose rows are saved, deleted and loaded with signals.
///
/// ```standalone_crate
/// # use chrono::{DateTime, Utc};
/// # use serde::{Deserialize, Serialize};
/// # use signals::Model;
/// # #[derive(Debug, Clone, Model)]
/// # pub struct User { pub id: i64 }
/// # #[derive(Debug, Clone, Model)]
/// # pub struct Tag { pub id: i64 }
/// # #[derive(Debug, Clone, Serialize, Deserialize)]
/// # pub struct Settings {}
/// # #[derive(Debug, Clone)]
/// # struct Html;
/// #[derive(Debug, Clone, Model)]
/// #[model(table = "profiles", many_to_many(tags: Tag, related = profiles))]
/// pub struct Profile {
///     pub id: i64,                        // the primary key, by its name
///     #[model(references = User, on_delete = cascade)]
///     pub user_id: i64,
///     #[model(unique)]
///     pub email: String,
///     pub bio: Option<String>,            // may be NULL
///     #[model(json)]
///     pub settings: Settings,
///     #[model(auto_now)]
///     pub updated_at: DateTime<Utc>,
///     #[model(skip)]
///     cache: Option<Html>,                // not a column
/// }
/// # fn main() {}
/// ```
///
/// The struct gets the traits `Model`, `Entity` and sqlx's `FromRow`, and a constant for each column
/// (`Profile::EMAIL`) and each reference (`Profile::USER`), as visible as its field.
///
/// # On the struct
///
/// | key | meaning | default |
/// |---|---|---|
/// | `table = "profiles"` | the table's name | the struct's name in `snake_case` |
/// | `schema = "billing"` | the table's schema: a database of MySQL, an attached file of SQLite | the one where the database finds the table |
/// | `was = "users"` | the table's name before: `makemigrations` renames the table | |
/// | `unique(user_id, slug)` | no two rows have the same values in all of these fields; several lists: `unique((user_id, slug), (user_id, title))` | |
/// | `index(state, due_at)` | the database keeps an index of these fields, in this order; several lists: `index((state, due_at), (due_at, state))` | |
/// | `references(Order, fields(tenant_id, order_id), on_delete = cascade)` | the fields hold the composite primary key of a row of the other model, or of `Self`, in the order of that key; may be given several times. It takes `related` and `relation` too | |
/// | `managed = false` | `create_tables` neither creates nor changes the table | `true` |
/// | `many_to_many(tags: Tag, ..)` | many rows of this model have many of the other; may be given several times | |
/// | `validate = check` | the function `check(&User) -> Result<(), Invalid>` checks an instance before it is saved | no check |
/// | `reread` | a SELECT after each write reads the columns that the database fills, with what triggers wrote | `RETURNING` |
/// | `capture` | triggers record writes of the table that are not made by this library, and a worker enqueues the runs of durable receivers for them | |
/// | `crate = path::to::signals` | the path of the library | `::signals` |
///
/// # On a field
///
/// | key | meaning | default |
/// |---|---|---|
/// | `primary_key` | the field is the primary key; of 2 to 5 fields each is a part of it, and the key is a tuple | the field named `id` |
/// | `unique` | no two rows have the same value | |
/// | `index` | the database keeps an index of the column | |
/// | `default = 0` | the column's default in the database: a string, a number, a bool, or SQL as `sql("CURRENT_TIMESTAMP")` | none |
/// | `column = "name"` | the column's name | the field's name |
/// | `was = "mail"` | the column's name before: `makemigrations` renames the column | |
/// | `sql_type = "TEXT"` | the column's type in the database | chosen by the field's type |
/// | `sqlite = datetime` | the form in which SQLite keeps a moment or a UUID: `datetime`, `unix_seconds`, `unix_millis`, `julian_day`, `hyphenated` or `simple` | the form that sqlx chooses |
/// | `json` | the value is stored as JSON, through serde; `None` is NULL | |
/// | `auto_now` | the field is set to the time of each save | |
/// | `auto_now_add` | the field is set to the time of the INSERT | |
/// | `generated`, `read_only` | the database computes the column, or others write it: no statement of this program does. Its value comes back | |
/// | `db_default` | while the field, an `Option`, is `None`, the column's default fills it. Its value comes back | |
/// | `insert_only` | the INSERT writes the column, and no UPDATE does | |
/// | `version` | counts the updates of the row; a save of an instance with an older number is `Error::Stale` | |
/// | `skip` | the field is not a column, and is `Default::default()` when a row is loaded | |
/// | `references = User` | the field holds the primary key of a row of the other model, or of `Self`; its type is that key's, or an `Option` of it | |
/// | `to = email` | the field holds the value of this field of the other model, which is `unique`, in place of the key | the key |
/// | `on_delete = cascade` | what a delete of the other row does with this row; requires `references` | |
/// | `related = orders` | the other model gets the constant `User::ORDERS`, by which the rows that reference it are read | none |
/// | `relation = author` | the name of the constant that leads to the other row: `Post::AUTHOR` | the field's name without `_id` |
///
/// | `on_delete` | when the referenced row is deleted |
/// |---|---|
/// | `cascade` | this row is deleted too, with its signals |
/// | `protect` | the delete fails |
/// | `restrict` | the delete fails, unless this row is also deleted through another reference |
/// | `set_null` | the field, an `Option`, becomes NULL; of several fields, those that are an `Option` |
/// | `set_default` | the field becomes its `default`; of several fields, those that have one |
/// | `do_nothing` | nothing is done, and the database may refuse |
/// | `database` | the schema's `ON DELETE CASCADE` deletes this row, without signals |
///
#[doc = include_str!("model/relations.md")]
///
/// # Errors
///
/// The compiler refuses a struct that cannot be a model, and reports all its mistakes at once: an enum, a
/// struct without named fields or with generic parameters, no primary key or two, two columns with the same
/// name, keys that exclude each other.
///
/// A reference must name a model, and the type of its field must hold the key. Otherwise the compiler reports
/// an error at these words.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::derive(input.into()).into()
}

#[doc = include_str!("receiver/docs.md")]
#[proc_macro_attribute]
pub fn receiver(args: TokenStream, item: TokenStream) -> TokenStream {
    receiver::receiver(args.into(), &item.into()).into()
}

/// Makes a function a task: its calls are stored in the database, and a worker runs them later.
///
/// ```text
/// #[task(queue = "mail", max_attempts = 5, backoff = "10s", timeout = "30s")]
/// async fn send_welcome(user_id: i64, ctx: &Context) -> Result<(), BoxError> {
///     mailer().send(user_id, ctx.idempotency_key()).await
/// }
///
/// send_welcome::enqueue(&tx, user.id).await?;             // stored with the transaction, run later
/// send_welcome(7, &Context::for_test()).await?;           // still the function
/// ```
///
/// The function is emitted unchanged, so a test calls it directly. The macro adds a type of the same name.
/// Its `enqueue` takes a `&Db` or a `&Tx` and the arguments. `enqueue` returns a builder with the methods
/// `delay`, `at`, `queue`, `priority` and `unique_key`. The builder enqueues when it is awaited.
///
/// # Parameters
///
/// | parameter | value |
/// |---|---|
/// | `x: T` | the argument of this name, which is stored as JSON by serde. A missing one is read as `null`, so arguments of type `Option` can be added to a task |
/// | `ctx: &Context` | the run: its idempotency key, the number of the attempt, the request and the actor |
/// | `tx: &Tx` | a transaction. Its writes and the end of the run are one commit |
/// | `db: &Db` | the worker's database; not together with `tx` |
///
/// # Options
///
/// | key | meaning | default |
/// |---|---|---|
/// | `queue = "mail"` | the queue | `default` |
/// | `priority = -10` | runs of a lower number start first within the queue | 0 |
/// | `max_attempts = 5` | the number of failed attempts after which the run is dead | 20 |
/// | `backoff = "10s"` | the pause after the first attempt; it doubles after each further one, up to an hour | `5s` |
/// | `timeout = "30s"` | a longer attempt is dropped, and counts as failed | none |
/// | `blocking` | the function is not `async`, and each run has a thread of its own | |
/// | `name = "mail.send_welcome"` | the name in the table | the function's path |
/// | `aliases("old.name")` | old names, whose runs belong to this task | none |
/// | `crate = path::to::signals` | the path of the library | `::signals` |
///
/// A duration is an integer with the unit `ms`, `s`, `m`, `h` or `d`. A `cfg` below the attribute applies to
/// the task too.
///
/// # Errors
///
/// A function that is neither `async` nor `blocking`, a method, and a generic, `unsafe`, `const` or `extern` function cannot be
/// a task. Arguments are owned: a reference and a type that serde cannot store are refused.
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    task::task(args.into(), &item.into()).into()
}

/// Enqueues a task at times: a beat enqueues a run at each tick of the schedule.
///
/// ```text
/// #[scheduled(cron = "30 2 * * mon-fri", tz = "Europe/Berlin")]
/// #[task(queue = "reports")]
/// async fn report(ctx: &Context, db: &Db) -> Result<(), BoxError> { .. }
///
/// #[scheduled(every = "30s")]
/// #[task]
/// async fn clean_up(tx: &Tx) -> Result<(), BoxError> { .. }
/// ```
///
/// The task has no arguments: `ctx`, `db` and `tx` only. `#[scheduled]` may be above or below `#[task]`. The
/// queue, the priority and the other options of the run are the task's.
///
/// # Options
///
/// | key | meaning | default |
/// |---|---|---|
/// | `cron = "*/5 * * * *"` | minute, hour, day of the month, month and weekday | |
/// | `every = "30s"` | an interval of at least 100 ms, from the first time that a beat sees the schedule; not together with `cron` | |
/// | `tz = "Europe/Berlin"` | the time zone of `cron`, by its name in the IANA database | `UTC` |
/// | `missed = ".."` | the ticks that had no beat: `last` enqueues the last one, `all` up to 100 of them, `skip` none | `last` |
/// | `overlap = ".."` | a tick while a run of the schedule has not ended: `skip` drops it, `queue` lets it wait until the run has ended, `allow` enqueues it | `skip`; with `missed = "all"`: `queue` |
/// | `crate = path::to::signals` | the path of the library | `::signals` |
///
/// A field of `cron` is `*`, a value, a range `1-5` or a list of them. `*` and a range may have a step: `*/5`.
/// Months and weekdays have names (`jan`, `mon`), and `L` is the last day of the month. If neither day field
/// begins with `*`, a day matches by one of them; otherwise it matches by both. `@hourly`, `@daily`, `@weekly`,
/// `@monthly` and `@yearly` are whole expressions.
///
/// # Errors
///
/// An expression, a time zone or a duration that is wrong is refused, and a time that never comes. An argument
/// and a missing `#[task]` are refused too.
#[proc_macro_attribute]
pub fn scheduled(args: TokenStream, item: TokenStream) -> TokenStream {
    scheduled::scheduled(args.into(), &item.into()).into()
}

/// Defines custom signals, each with its payload and an optional response.
///
/// ```standalone_crate
/// # use signals::{Result, receiver};
/// signals::signal! {
///     /// Sent when an order leaves the warehouse.
///     #[derive(Debug)]
///     pub order_shipped { order_id: i64, carrier: String }
///
///     /// Asks for a price; the payload is borrowed.
///     pub(crate) price_asked<'a> { item: &'a str } -> u64
///
///     cache_cleared;
/// }
///
/// #[receiver(order_shipped)]
/// async fn notify(order_id: i64, carrier: &str) -> Result<()> {
///     println!("order {order_id} left with {carrier}");
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// order_shipped.send(OrderShipped { order_id: 7, carrier: "DHL".into() }).await?;
/// # Ok(()) }
/// ```
///
/// | part | meaning |
/// |---|---|
/// | `pub`, `pub(crate)` | the visibility of the signal, the payload and its fields |
/// | `order_shipped` | the signal, in `snake_case`: a unit struct, so a type and a value |
/// | `<'a>` | the payload borrows for this lifetime |
/// | `{ order_id: i64 }` | the payload's fields: the struct `OrderShipped`; `;` if there are none |
/// | `-> u64` | the response of each receiver; `()` without it |
///
/// Docs are put on the signal and on its payload, `cfg` on everything generated, other attributes on the
/// payload.
///
/// | key of `#[signal(..)]` | meaning | default |
/// |---|---|---|
/// | `crate = path::to::signals` | the path of the library | `::signals` |
///
/// # Errors
///
/// These are refused: a name that is not in `snake_case`, generic parameters other than one lifetime, and
/// fields with a visibility.
#[proc_macro]
pub fn signal(input: TokenStream) -> TokenStream {
    signal::signal(input.into()).into()
}

/// Declares receivers that must be linked into the program.
///
/// `Db::connect` and `check_receivers` return `Error::MissingReceivers` if one of them is not linked. The error
/// names each missing receiver and the line that expects it.
///
/// ```text
/// use plugin as _;
///
/// signals::expect_receivers!["plugin::audit", "search.index"];
/// ```
///
/// Cargo does not link a crate that no code names, so its receivers are never called. Write this beside the
/// `use plugin as _;` that links them. If someone removes that line, the program then fails at its start.
///
/// A receiver is named by its uid or by its path: the module path, which begins with the name of the crate, and
/// the name of the function. `signals::registry()` lists both. Receivers that are connected while the program
/// runs do not count.
///
/// `expect_receivers![crate = path::to::signals, "plugin::audit"]` sets the path of the library, if it is not
/// `::signals`.
///
/// # Errors
///
/// An empty list, an empty name, and an entry that is not a string literal are refused. A path that begins with
/// `crate::` is refused too, since the registry has the crate's name there.
#[proc_macro]
pub fn expect_receivers(input: TokenStream) -> TokenStream {
    expectation::expect(input.into()).into()
}

#[doc = include_str!("credentials/docs.md")]
#[proc_macro_derive(LoginCredentials, attributes(credentials))]
pub fn derive_login_credentials(input: TokenStream) -> TokenStream {
    credentials::derive(input.into()).into()
}

#[doc = include_str!("primary_key/docs.md")]
#[proc_macro_derive(PrimaryKey, attributes(primary_key))]
pub fn primary_key(input: TokenStream) -> TokenStream {
    primary_key::derive(input.into()).into()
}
