//! The checks of a task. Each check reports its own mistakes, independently of the others.

use quote::ToTokens as _;
use syn::ext::IdentExt;
use syn::{PatType, Type};

use crate::attr::Number;
use crate::fields;
use crate::function::{self, Function, find_impl};
use crate::keys;
use crate::sink::Sink;
use crate::suggest;
use crate::ty;

use super::ir::{Given, Param, Task};
use super::syntax::TaskOptions;

/// Checks the attribute.
pub(super) fn options(options: &TaskOptions, sink: &mut Sink) {
    priority(options.priority, sink);
    attempts(options.max_attempts, sink);
    for (i, alias) in options.aliases.iter().enumerate() {
        if options.aliases.iter().take(i).chain(&options.name).any(|other| other.value() == alias.value()) {
            sink.push(alias, "the task has this name already; leave one out");
        }
    }
}

/// Checks the priority of a run.
pub(crate) fn priority(priority: Option<Number>, sink: &mut Sink) {
    if let Some(priority) = priority
        && i16::try_from(priority.value).is_err()
    {
        let (min, max) = (i16::MIN, i16::MAX);
        sink.push_at(priority.span, format!("a task's `priority` is an `i16`; write a number from {min} to {max}"));
    }
}

/// Checks the number of attempts of a run.
pub(crate) fn attempts(attempts: Option<Number>, sink: &mut Sink) {
    if let Some(attempts) = attempts
        && attempts.value < 1
    {
        sink.push_at(attempts.span, format!("`max_attempts` is at least 1; write `{}`", keys::MAX_ATTEMPTS.usage));
    }
}

/// Checks the function.
pub(super) fn function(of: &Function, options: &TaskOptions, sink: &mut Sink) {
    let sig = &of.sig;
    function::qualifiers(sig, "a task is a plain `async fn`", sink);
    match (&sig.asyncness, &options.blocking) {
        (None, None) => {
            let message = "a task is an `async fn`, so that a worker runs many on one thread; write `async` before `fn`, \
                           or `blocking` into the attribute, for a thread of its own";
            sink.push(sig.fn_token, message);
        }
        (Some(word), Some(_)) => {
            sink.push(word, "a blocking task is called on a thread of its own; leave `async` or `blocking` out");
        }
        _ => {}
    }
    for ident in function::generics(sig) {
        sink.push(ident, "a task cannot be generic; write one task for each type");
    }
    if let Some(this) = sig.receiver() {
        let message =
            "a task is a free function, without `self`; move it out of the `impl` and pass the values as arguments";
        sink.push(this.self_token, message);
    }
    for param in of.params() {
        parameter(param, sink);
    }
    if let syn::ReturnType::Type(_, ty) = &sig.output
        && let Some(word) = find_impl(ty.to_token_stream())
    {
        sink.push(word, "a task returns `()` or a `Result`; write that type instead of `impl`");
    }
}

fn parameter(param: &PatType, sink: &mut Sink) {
    let Some(resolved) = Param::resolve(param) else {
        let message = "an argument is stored by its name; write a name and take the value apart in the body";
        sink.push(&param.pat, message);
        return;
    };
    for attr in &param.attrs {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            sink.push(attr, "a task's parameters are always there; put `cfg` on the function");
        }
    }
    if let Some(given) = resolved.given {
        if !resolved.is_shared_reference() {
            let (name, usage) = (resolved.ident.unraw(), given.usage());
            let message = format!("the worker lends `{name}` to the task; write `{usage}`, or another name");
            sink.push(&param.ty, message);
        }
    } else if let Some(word) = find_impl(param.ty.to_token_stream()) {
        sink.push(word, "an argument is stored and read as one type; write that type instead of `impl`");
    } else if let Type::Reference(reference) = ty::bare(&param.ty) {
        let name = resolved.ident.unraw();
        let message = format!(
            "an argument is stored, so a task owns `{name}`; write an owned type, such as `String` for `&str` \
             (the worker lends `ctx: &Context`, `db: &Db` and `tx: &Tx`)"
        );
        sink.push(reference.and_token, message);
    }
}

/// Checks the combination of the parameters, and the names of sensitive ones.
pub(super) fn task(task: &Task<'_>, sink: &mut Sink) {
    fields::distinct(&task.options.sensitive, "leave one out", sink);
    for name in &task.options.sensitive {
        if !task.arguments().any(|argument| argument.ident.unraw() == name.unraw()) {
            let known = suggest::words(
                task.arguments().map(|it| it.ident.unraw().to_string()).collect::<Vec<_>>().iter().map(String::as_str),
            );
            let known = if known.is_empty() { "it has none".to_owned() } else { format!("they are {known}") };
            sink.push(name, format!("`{name}` is not an argument that the task stores; {known}"));
        }
    }
    if let (Some(_), Some(tx)) = (&task.options.blocking, task.given(Given::Tx)) {
        sink.push(tx.ident, "a blocking task has no transaction, because its writes are async; leave `tx` out");
        return;
    }
    if let (Some(_), Some(db)) = (task.given(Given::Tx), task.given(Given::Db)) {
        let message = "writes on `db` are not part of the transaction `tx`; remove one of the two parameters";
        sink.push(db.ident, message);
    }
}
