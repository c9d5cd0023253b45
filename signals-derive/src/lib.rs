//! The macros of the `signals` crate, which re-exports them: depend on `signals`, not on this crate.
//!
//! | macro | on | makes |
//! |---|---|---|
//! | [`Model`](macro@Model) | a struct | a table that can be saved, deleted and loaded |
//! | [`receiver`](macro@receiver) | a function | a receiver of signals, connected when the program is linked |
//! | [`signal!`] | | signals of one's own |
//!
//! Generated code names the library by the path `::signals`; a crate that knows it by another name
//! says so with `crate = path`.

mod attr;
mod cfg;
mod door;
mod keys;
mod model;
mod name;
mod receiver;
mod signal;
mod sink;
mod span;
mod suggest;
#[cfg(test)]
mod tests;
mod ty;

use proc_macro::TokenStream;

/// Makes a struct with named fields a model: a table, whose rows are saved, deleted and loaded with signals.
///
/// ```text
/// #[derive(Debug, Clone, Model)]
/// #[model(table = "profiles")]
/// pub struct Profile {
///     pub id: i64,                        // the primary key, by its name
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
///
/// # Errors
///
/// What is not a model is told so by the compiler, every mistake of a struct at once: an enum, a struct
/// without named fields or with generic parameters, no primary key or two, two columns of one name, keys
/// that do not go together.
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
/// | `event: &E`, `event: &mut E` | the whole payload, as the only parameter |
///
/// # Options
///
/// The signals come first, several of them as a list: `#[receiver([post_save, post_delete], sender = User)]`.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `sender = User` | the only model to hear | every sender |
/// | `priority = -10` | receivers of a lower number run first | 0 |
/// | `uid = "search.reindex"` | the name that is unique for the signal and the sender | the function's path |
/// | `robust` | a failure is logged, and does not undo the save | |
/// | `raw` | raw writes are heard too | |
/// | `crate = path::to::signals` | where the library is | `::signals` |
///
/// A `cfg` under the attribute holds for the registration too.
///
/// # Errors
///
/// A method, a generic, `unsafe`, `const` or `extern` function is no receiver. A parameter of a wrong name or type is the
/// compiler's own error, at the parameter.
#[proc_macro_attribute]
pub fn receiver(args: TokenStream, item: TokenStream) -> TokenStream {
    receiver::receiver(args.into(), &item.into()).into()
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
