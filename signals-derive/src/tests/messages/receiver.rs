//! Of receivers.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::receiver;

#[track_caller]
fn of_receiver(args: TokenStream, said: &[&str]) {
    let function = quote! { fn hear() {} };
    assert_eq!(errors(&receiver::receiver(args, &function)), said);
}

#[track_caller]
fn of_function(item: &TokenStream, said: &[&str]) {
    assert_eq!(errors(&receiver::receiver(quote!(post_save), item)), said);
}

#[test]
fn a_receiver_names_its_signals_first() {
    let first = "name the signal first: `#[receiver(post_save, sender = User)]`";
    for args in [
        quote!(),
        quote!(sender = User),
        quote!(robust),
        quote!("post_save", robust),
        quote!([]),
        quote!(changed(email)),
    ] {
        of_receiver(args, &[first]);
    }
    of_receiver(
        quote!([post_save, post_delete, post_save]),
        &["the signal `post_save` is listed twice; leave one out"],
    );
    of_receiver(
        quote!(post_save, post_delete),
        &["unknown key `post_delete`; the keys are `sender`, `changed`, `when`, `priority`, `uid`, `robust`, \
           `raw`, `set`, `on_commit`, `on_rollback`, `each`, `durable` and `crate`, and a model is written `sender = User`, several signals as a list: `#[receiver([post_save, post_delete])]`"],
    );
    of_receiver(quote!(post_save sender = User), &["expected `,` after the signal"]);
}

#[test]
fn a_signal_that_is_written_as_a_word_or_a_type_is_understood() {
    of_receiver(quote!(postsave, sender = User), &["`postsave` is not a signal; write `post_save`"]);
    of_receiver(quote!([PreSave, post_save]), &["`PreSave` is not a signal; write `pre_save`"]);
    of_receiver(quote!(M2MChanged), &["`M2MChanged` is not a signal; write `m2m_changed`"]);
    of_receiver(quote!(self::postsave), &[]);
    of_receiver(quote!(post_saved), &[]);
}

#[test]
fn every_mistake_of_an_attribute_is_said_at_once() {
    of_receiver(
        quote!(post_save, sendr = User, priority = 99999999999, uid = "", robust = true, robust, raw, raw),
        &[
            "unknown key `sendr`; did you mean `sender = User`? \
             the keys are `sender`, `changed`, `when`, `priority`, `uid`, `robust`, `raw`, `set`, `on_commit`, \
             `on_rollback`, `each`, `durable` and `crate`",
            "`priority` is an `i32`; write a number from -2147483648 to 2147483647",
            "`uid` is empty; write `uid = \"search.reindex\"`",
            "`robust` takes no value; write `robust`",
            "`robust` is given twice; leave one out",
            "`raw` is given twice; leave one out",
        ],
    );
    of_receiver(
        quote!(post_save, priority = 1.0, uid = 1, sender = "User"),
        &[
            "`priority` needs a whole number; write `priority = -10`",
            "`uid` needs a string; write `uid = \"search.reindex\"`",
            "`sender` needs a type; write `sender = User`",
        ],
    );
}

#[test]
fn a_sender_is_a_type_of_its_own() {
    of_receiver(
        quote!(post_save, sender = dyn AnyModel),
        &["a trait object is not a sender; leave `sender` out for every model"],
    );
    of_receiver(quote!(post_save, sender = &User), &["a sender is a type, not a reference to it; leave the `&` out"]);
}

#[test]
fn a_receiver_hears_one_moment() {
    of_receiver(
        quote!(post_save, set, on_commit, on_rollback, robust),
        &[
            "a set of rows has one type; name the model: `sender = User`",
            "receivers of a set are called when it is written; leave `on_commit` or `set` out",
            "a transaction is committed or rolled back; write a receiver for each",
            "what fails after the end of a transaction is logged in any case; leave `robust` out",
        ],
    );
    of_receiver(
        quote!(post_save, sender = User, set, each),
        &["`each` goes with `on_commit` or `on_rollback`; without them the receiver is called for each write anyway"],
    );
    of_receiver(quote!(post_save, on_rollback, each), &[]);
    of_receiver(quote!(set), &["name the signal first: `#[receiver(post_save, sender = User)]`"]);
}

#[test]
fn a_condition_is_about_the_fields_of_one_model() {
    of_receiver(
        quote!(post_save, changed(a), when(b: _ => 1)),
        &[
            "`changed` compares the fields of a model; name it: `sender = User`",
            "`when` compares the fields of a model; name it: `sender = User`",
        ],
    );
    of_receiver(
        quote!(post_save, sender = User, set, changed(a), when(b: _ => 1)),
        &[
            "a condition is about one row, and a set has many; leave `changed` or `set` out",
            "a condition is about one row, and a set has many; leave `when` or `set` out",
        ],
    );
    of_receiver(
        quote!(post_save, sender = User, changed(a, b, a), when(c: 1 => 2, c: 3 => 4, d: _ => _)),
        &[
            "the field `a` is listed twice; leave one out",
            "the field `c` is listed twice; leave one out, or write a receiver for each",
            "from every value to every value is not a condition; write `changed(d)`",
        ],
    );
}

#[test]
fn a_condition_is_written_in_parentheses() {
    let fields = "`changed` needs the names of fields; write `changed(email, name)`";
    for wrong in [quote!(), quote!("email"), quote!(email name), quote!(User::EMAIL)] {
        of_receiver(quote!(post_save, sender = User, changed(#wrong)), &[fields]);
    }
    of_receiver(
        quote!(post_save, sender = User, changed, when = 5),
        &[
            "`changed` needs a list here; write `changed(email, name)`",
            "`when` needs a list here; write `when(status: Status::Draft => Status::Published)`",
        ],
    );
    let values = "`when` needs a field with the value before and the one after; \
                  write `when(status: Status::Draft => Status::Published)`";
    for wrong in [quote!(), quote!(a), quote!(a: 1), quote!(a: 1 =>), quote!(a: => 1), quote!(a = 1), quote!(1 => 2)] {
        of_receiver(quote!(post_save, sender = User, when(#wrong)), &[values]);
    }
    of_receiver(
        quote!(post_save, sender = User, when(a: 1 => 2 | _)),
        &["`_` is every value; leave it out, or the others"],
    );
    let pattern = "values are compared and are not patterns; `_` stands alone, for any value";
    for value in [quote!(Some(_)), quote!((1, [_])), quote!(A { b: &_ }), quote!((1 | _)), quote!(a().b(_))] {
        of_receiver(quote!(post_save, sender = User, when(a: #value => 2)), &[pattern]);
        of_receiver(quote!(post_save, sender = User, when(a: 1 => 2 | #value)), &[pattern]);
    }
    of_receiver(quote!(post_save, sender = User, when(a: _ => Vec::<_>::new())), &[]);
    of_receiver(quote!(post_save, sender = User, when(a: 1 => 2 b: 3 => 4)), &["expected `,` before the next field"]);
}

#[test]
fn a_receiver_is_a_plain_function() {
    let function = "a receiver is a function; put `#[receiver(..)]` on a `fn` or `async fn` with a body";
    of_function(&quote! { struct A; }, &[function]);
    of_function(&quote! { fn hear(); }, &[function]);
    of_function(
        &quote! { const unsafe extern "C" fn hear<'a, T>(&self, (a, b): (T, &'a u8), ...) {} },
        &[
            "a receiver is a plain `fn` or `async fn`; leave `const` out",
            "a receiver is a plain `fn` or `async fn`; leave `unsafe` out",
            "a receiver is a plain `fn` or `async fn`; leave `extern` out",
            "a receiver is a plain `fn` or `async fn`; leave `...` out",
            "a receiver is not generic, because no call names its types; \
             name the model, or leave `sender` out and take `instance: &dyn AnyModel`",
            "a receiver is a free function, without `self`; move it out of the `impl` and take `instance`",
            "a receiver's parameter is the name of a payload field; write a name and take the value apart in the body",
        ],
    );
    of_function(
        &quote! { fn hear(x: Box<impl A>, #[cfg(unix)] y: u8) -> impl B {} },
        &[
            "a receiver is not generic; write the type of the payload's `x` instead of `impl`",
            "a receiver's parameters are always there; put `cfg` on the function",
            "a receiver returns `()` or a `Result`; write that type instead of `impl`",
        ],
    );
}

#[test]
fn the_whole_payload_comes_alone_and_by_reference() {
    of_function(
        &quote! { fn hear(event: PostSave<'_, User>, created: bool) {} },
        &[
            "`event` is the whole payload, the other parameters included; take `event` alone or leave it out",
            "receivers share the payload; take it by reference: `event: &PostSave<'_, User>`",
        ],
    );
}

#[test]
fn a_receiver_takes_the_transaction_before_its_end_and_the_database_after_it() {
    let function = quote! { fn hear(r#tx: &Tx, db: &Db) {} };
    let of = |signal: &str| {
        format!(
            "a receiver of `{signal}` is called within the transaction; take `tx: &Tx`, which every call accepts \
             in place of a `&Db`; `tx.as_db()?` is the `Db` of this transaction"
        )
    };
    for (args, messages) in [
        (quote!(post_save, on_commit), vec!["after the commit there is no transaction; take `db: &Db`".to_owned()]),
        (quote!(post_save, on_rollback), vec!["after the rollback there is no transaction; take `db: &Db`".to_owned()]),
        (quote!(post_save, robust), vec![of("post_save")]),
        (quote!(post_save, sender = User, set), vec![of("post_save")]),
        (quote!([paid, signals::m2m_changed]), vec![of("m2m_changed")]),
        (quote!([paid, connection_created, self::post_save]), vec![]),
    ] {
        let expansion = receiver::receiver(args, &function);
        assert_eq!(errors(&expansion), messages);
    }
}

#[test]
fn a_function_outlives_its_attribute() {
    let function = quote! { fn hear(event: u8) {} };
    let expansion = receiver::receiver(quote!(), &function);
    assert!(expansion.to_string().starts_with("fn hear (event : u8) { }"), "{expansion}");
}

/// Checks the errors of a durable receiver with these options and parameters.
#[track_caller]
fn of_durable(args: TokenStream, params: &TokenStream, said: &[&str]) {
    assert_eq!(errors(&receiver::receiver(args, &quote! { async fn index(#params) {} })), said);
}

#[test]
fn a_durable_receiver_is_called_after_the_commit_for_each_row() {
    of_durable(
        quote!([post_save, post_delete], sender = User, durable(snapshot), set, robust),
        &quote!(),
        &[
            "a worker calls a durable receiver after the commit, for each row; leave `set` out",
            "a worker calls a durable receiver after the commit, for each row; leave `robust` out",
            "a durable receiver receives one signal; write a receiver for each",
        ],
    );
    of_durable(
        quote!(post_save, sender = User, durable(whole)),
        &quote!(),
        &["`durable` takes only `snapshot`; write `durable(snapshot)`"],
    );
    of_durable(
        quote!(order_paid, durable(snapshot)),
        &quote!(),
        &["the payload of a signal without a sender is stored as a whole; write `durable`"],
    );
}

#[test]
fn the_options_of_runs_belong_to_durable_receivers_and_agree() {
    of_durable(
        quote!(post_save, sender = User, queue = "mail", coalesce),
        &quote!(),
        &[
            "`queue` is an option of durable receivers; add `durable`, or leave it out",
            "`coalesce` is an option of durable receivers; add `durable`, or leave it out",
        ],
    );
    of_durable(
        quote!(
            post_save,
            sender = User,
            durable,
            debounce = "5s",
            coalesce,
            parallel,
            max_wait = "1s",
            max_attempts = 0,
            priority = 40000
        ),
        &quote!(),
        &[
            "a task's `priority` is an `i16`; write a number from -32768 to 32767",
            "`max_attempts` is at least 1; write `max_attempts = 5`",
            "`debounce` merges the open runs of a row too; leave `coalesce` out",
            "`debounce` makes one run of several; leave it or `parallel` out",
            "`max_wait` is shorter than `debounce`; write a longer time",
        ],
    );
    of_durable(
        quote!(post_save, sender = User, durable, max_wait = "1s"),
        &quote!(),
        &["`max_wait` limits `debounce`; add it, or leave `max_wait` out"],
    );
}

#[test]
fn a_durable_receiver_takes_what_is_stored_or_given() {
    of_durable(
        quote!(post_save, sender = User, durable),
        &quote!(instance: User, previous: Option<&User>, tx: &Tx, db: &Db, ctx: Context),
        &[
            "a receiver borrows the row; write `instance: &User`, or `instance: Option<&User>` if it may be gone",
            "the row as it was before is stored only with `durable(snapshot)`",
            "the worker lends `ctx` to the receiver; write `ctx: &Context`",
            "writes on `db` are not part of the transaction `tx`; remove one of the two parameters",
        ],
    );
    of_durable(
        quote!(post_save, sender = User, durable),
        &quote!(event: &PostSave<'_, User>),
        &["a worker calls a durable receiver when the payload is gone; take its fields, such as `instance`"],
    );
}
