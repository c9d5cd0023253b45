//! The macros of [`signals-orm`](https://docs.rs/signals-orm), which re-exports them and pins this crate to its own
//! version: depend on that, not on this crate.
//!
//! | macro | on | makes |
//! |---|---|---|
//! | [`Model`](macro@Model) | a struct | a table that can be saved, deleted and loaded |
//! | [`receiver`](macro@receiver) | a function | a receiver of signals, connected when the program is linked |
//! | [`signal!`] | | signals of one's own |
//! | [`task`](macro@task) | a function | a task, whose calls are stored and run later by a worker |
//! | [`LoginCredentials`](macro@LoginCredentials) | a struct | credentials that say what may be shown of them |
//!
//! Generated code names the library by the path `::signals`; a crate that knows it by another name
//! says so with `crate = path`.

mod attr;
mod cfg;
mod crate_path;
mod credentials;
mod fields;
mod function;
mod keys;
mod model;
mod name;
mod receiver;
mod signal;
mod sink;
mod span;
mod suggest;
mod task;
#[cfg(test)]
mod tests;
mod ty;

use proc_macro::TokenStream;

/// Makes a struct with named fields a model: a table, whose rows are saved, deleted and loaded with signals.
///
/// ```text
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
///     cache: Option<Html>,                // no column
/// }
/// ```
///
/// The struct gets the traits `Model`, `Entity` and sqlx's `FromRow`, and a constant for each column
/// (`Profile::EMAIL`), as visible as its field.
///
/// # On the struct
///
/// | key | meaning | default |
/// |---|---|---|
/// | `table = "profiles"` | the table's name | the struct's name in `snake_case` |
/// | `unique(user_id, slug)` | no two rows have the same values in all of these fields; may be given several times | |
/// | `index(state, due_at)` | the database keeps an index of these fields, in this order; may be given several times | |
/// | `many_to_many(tags: Tag, ..)` | many rows of this model have many of the other; may be given several times | |
/// | `crate = path::to::signals` | where the library is | `::signals` |
///
/// # On a field
///
/// | key | meaning | default |
/// |---|---|---|
/// | `primary_key` | the field tells the rows apart | the field named `id` |
/// | `unique` | no two rows have the same value | |
/// | `index` | the database keeps an index of the column | |
/// | `default = 0` | the column's default in the database: a string, a number, a bool, or SQL as `sql("CURRENT_TIMESTAMP")` | none |
/// | `column = "name"` | the column's name | the field's name |
/// | `sql_type = "TEXT"` | the column's type in the database | chosen by the field's type |
/// | `json` | the value is stored as JSON, through serde | |
/// | `auto_now` | the field is set to the time of each save | |
/// | `auto_now_add` | the field is set to the time of the first save | |
/// | `skip` | the field is no column, and is `Default::default()` when a row is loaded | |
/// | `references = User` | the field holds the primary key of a row of the other model, or of `Self`; its type is that key's, or an `Option` of it | |
/// | `on_delete = cascade` | what becomes of this row when the other is deleted; goes with `references` | |
///
/// | `on_delete` | when the referenced row is deleted |
/// |---|---|
/// | `cascade` | this row is deleted too, with its signals |
/// | `protect` | the delete fails |
/// | `restrict` | the delete fails, unless this row is deleted by it in another way |
/// | `set_null` | the field, an `Option`, becomes NULL |
/// | `set_default` | the field becomes its `default` |
/// | `do_nothing` | nothing is done, and the database may refuse |
/// | `database` | the schema's own `ON DELETE CASCADE` does it, without signals |
///
/// # Many to many
///
/// ```text
/// #[derive(Model)]
/// #[model(many_to_many(toppings: Topping, related = pizzas))]
/// pub struct Pizza {
///     pub id: i64,
/// }
///
/// pizza.toppings().add(&db, [&cheese, &basil]).await?;
/// ```
///
/// This makes the methods `Pizza::toppings` and, by `related`, `Topping::pizzas`, and a model of the links: `PizzaToppings`,
/// with the fields `id`, `pizza_id` and `topping_id`. The links are a model like any other: they may be loaded, and
/// they may have receivers.
///
/// `related` adds a method to the other model, which Rust allows in that model's own crate alone: leave it out where the other
/// model is of another crate.
///
/// | key after the name and the model | meaning | default |
/// |---|---|---|
/// | `related = pizzas` | the method of the other model that goes the way back | none |
/// | `table = "pizza_toppings"` | the table of the links | the model's table and the relation's name |
/// | `through = Membership` | the model of the links, written by hand, with a reference to each of the two models | made by the derive |
/// | `through_fields(group_id, person_id)` | which of its references are meant: the one to this model, then the one to the other | the only two there are |
/// | `symmetrical` | a link goes both ways; for a relation of a model to `Self` | |
///
/// The links of a relation to `Self` have the fields `from_person_id` and `to_person_id`.
///
/// # Errors
///
/// The compiler refuses what is not a model, with every mistake of a struct at once: an enum, a struct
/// without named fields or with generic parameters, no primary key or two, two columns of one name, keys
/// that do not go together. A reference to what is no model, or from a field of a type that cannot hold the key, is the
/// compiler's error at the words that say so.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::derive(input.into()).into()
}

/// Registers a function as a receiver of one or several signals; the linker connects it.
///
/// ```text
/// #[receiver(post_save, sender = User)]
/// async fn create_profile(instance: &User, created: bool, tx: &Tx) -> Result<()> {
///     if created {
///         Profile { id: 0, user_id: instance.id, bio: None }.save(tx).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// The function is emitted as it is, so a test calls it directly. It is an `async fn` or a `fn`, and returns `()`, a
/// `Result`, or what the signal has as its response.
///
/// # Parameters
///
/// A parameter is the payload's field of its name, in any order, and the rest is left out. Its type says how the field
/// is taken:
///
/// | parameter | gets |
/// |---|---|
/// | `x: T` | a copy of the field `x` |
/// | `x: &T`, `x: &dyn T` | the field by shared reference |
/// | `x: &mut T`, `x: &mut dyn T` | the field by mutable reference |
/// | `x: Option<&T>`, `x: Option<&dyn T>` | what is in the field, if it is there, by shared reference |
/// | `x: Option<&mut T>` | likewise, by mutable reference |
/// | `event: &E`, `event: &mut E` | the whole payload, as the only parameter |
///
/// # Options
///
/// The signals come first, several of them as a list: `#[receiver([post_save, post_delete], sender = User)]`.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `sender = User` | the only model that it is called for | every sender |
/// | `changed(email, name)` | only rows where one of the fields has another value than before, new rows included | every row |
/// | `when(status: Status::Draft => Status::Published)` | only rows where each of the fields goes from the one value to the other | every row |
/// | `priority = -10` | receivers of a lower number run first | 0 |
/// | `uid = "search.reindex"` | the name that is unique for the signal and the sender | the function's path |
/// | `robust` | a failure is logged, and does not undo the save | |
/// | `raw` | it is called for raw writes too | |
/// | `set` | it is called once for all rows that a call writes at once | row by row |
/// | `on_commit` | the receiver is called after the transaction is committed, when no failure undoes anything any more | at once |
/// | `on_rollback` | the receiver is called after the transaction is rolled back | at once |
/// | `each` | with `on_commit` or `on_rollback`: it is called for each write, not for the net change of a row | |
/// | `crate = path::to::signals` | where the library is | `::signals` |
///
/// A `cfg` under the attribute holds for the registration too.
///
/// # Conditions
///
/// `changed` and `when` compare the instance with the payload's field `previous`, which is the row as it was before; they go with
/// `pre_save` and `post_save`, and want a `sender`, and columns whose types are `PartialEq`. All that is given must hold.
///
/// ```text
/// #[receiver(post_save, sender = Article, when(status: Status::Draft | Status::Review => Status::Published))]
/// async fn announce(instance: &Article) -> Result<()> { /* .. */ }
/// ```
///
/// | in `when` | holds where the field |
/// |---|---|
/// | `status: A => B` | was `A` and is `B` |
/// | `status: _ => B` | was not `B`, or the row is new, and is `B` |
/// | `status: A => _` | was `A` and is not `A` |
/// | `A \| B` on either side | was, or is, one of the two |
///
/// A value is no pattern, but any expression that the field can be compared with by `==`; one with an operator `|` of its own stands in parentheses.
/// A new row was nothing before, so that only `_` holds for it on the left.
///
/// # Errors
///
/// A method, a generic, `unsafe`, `const` or `extern` function is no receiver. A parameter of a wrong name or type is the
/// compiler's own error, at the parameter.
#[proc_macro_attribute]
pub fn receiver(args: TokenStream, item: TokenStream) -> TokenStream {
    receiver::receiver(args.into(), &item.into()).into()
}

/// Makes a task of a function: its calls are stored in the database, and a worker runs them later.
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
/// The function is emitted as it is, so a test calls it directly. Beside it there is a type of the same name, whose
/// `enqueue` takes a `&Db` or a `&Tx` and the arguments. `enqueue` returns a builder, with the methods `delay`, `at`,
/// `queue`, `priority` and `unique_key`, that enqueues when it is awaited.
///
/// # Parameters
///
/// | parameter | gets |
/// |---|---|
/// | `x: T` | the argument of this name, which is stored as JSON by serde. One that is missing in the table is read as `null`, so a task may gain arguments of type `Option` |
/// | `ctx: &Context` | the run: its idempotency key, which attempt it is |
/// | `tx: &Tx` | a transaction. What is written in it and the end of the run are one commit |
/// | `db: &Db` | the worker's database; not together with `tx` |
///
/// # Options
///
/// | key | meaning | default |
/// |---|---|---|
/// | `queue = "mail"` | the queue | `default` |
/// | `priority = -10` | runs of a lower number start first within the queue | 0 |
/// | `max_attempts = 5` | after how many attempts that fail the run is dead | 20 |
/// | `backoff = "10s"` | the pause after the first attempt; each later one is twice as long, up to an hour | `5s` |
/// | `timeout = "30s"` | an attempt that takes longer is dropped, and counts as failed | none |
/// | `name = "mail.send_welcome"` | the name in the table | the function's path |
/// | `aliases("old.name")` | old names whose runs it takes over | none |
/// | `crate = path::to::signals` | where the library is | `::signals` |
///
/// Durations are a whole number and one of `ms`, `s`, `m`, `h` and `d`. A `cfg` under the attribute holds for the task too.
///
/// # Errors
///
/// A function that is not `async`, a method, and a generic, `unsafe`, `const` or `extern` function are no tasks. An
/// argument is owned: a reference and a type that serde cannot store are refused.
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    task::task(args.into(), &item.into()).into()
}

/// Makes signals of one's own, each with its payload and, where receivers answer, with a response.
///
/// ```text
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
/// async fn notify(order_id: i64, carrier: &str) -> Result<()> { /* .. */ }
///
/// order_shipped.send(OrderShipped { order_id: 7, carrier: "DHL".into() }).await?;
/// ```
///
/// | part | meaning |
/// |---|---|
/// | `pub`, `pub(crate)` | the visibility of the signal, the payload and its fields |
/// | `order_shipped` | the signal, in `snake_case`: a unit struct, so a type and a value |
/// | `<'a>` | the payload borrows for this lifetime |
/// | `{ order_id: i64 }` | the payload's fields: the struct `OrderShipped`; `;` if there are none |
/// | `-> u64` | what each receiver answers; without it, `()` |
///
/// Docs go to the signal and to its payload, `cfg` to all that is made, other attributes to the payload.
///
/// | key of `#[signal(..)]` | meaning | default |
/// |---|---|---|
/// | `crate = path::to::signals` | where the library is | `::signals` |
///
/// # Errors
///
/// A name that is not in `snake_case`, generic parameters but one lifetime, and fields with a visibility are refused.
#[proc_macro]
pub fn signal(input: TokenStream) -> TokenStream {
    signal::signal(input.into()).into()
}

/// Says of credentials which fields may be shown to receivers of `user_login_failed`; all others are stars.
///
/// ```text
/// #[derive(Deserialize, LoginCredentials)]
/// struct Credentials {
///     #[credentials(show)]
///     name: String,
///     password: String,
/// }
/// ```
///
/// A field that is shown implements `Display`, which an `Option` does not: hide it, or implement the trait by hand. The names of the fields are shown in any case.
///
/// | key of `#[credentials(..)]` | on | meaning | default |
/// |---|---|---|---|
/// | `show` | a field | its value may be shown | it is hidden |
/// | `crate = path::to::signals` | the struct | where the library is | `::signals` |
///
/// # Errors
///
/// What is no struct with named fields is refused; `LoginCredentials` can be implemented for it by hand.
#[proc_macro_derive(LoginCredentials, attributes(credentials))]
pub fn derive_login_credentials(input: TokenStream) -> TokenStream {
    credentials::derive(input.into()).into()
}
