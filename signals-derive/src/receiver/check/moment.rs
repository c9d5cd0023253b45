//! The checks of a function against the moment at which the attribute has it called.

use syn::Path;
use syn::ext::IdentExt;

use crate::function::Function;
use crate::receiver::ir::Param;
use crate::receiver::syntax::ReceiverOptions;
use crate::sink::Sink;

/// The payload's field with the transaction, which exists until its end.
const TRANSACTION: &str = "tx";

/// The names that users give to a database.
const DATABASE: [&str; 5] = ["conn", "connection", "database", "db", "pool"];

/// The signals whose payload has a transaction and not a database.
const OF_TRANSACTIONS: [&str; 5] = ["m2m_changed", "post_delete", "post_save", "pre_delete", "pre_save"];

/// Checks the parameters of a receiver that is called after the end of the transaction.
pub(in crate::receiver) fn moment(options: &ReceiverOptions, function: &Function, sink: &mut Sink) {
    let end = match (&options.on_commit, &options.on_rollback) {
        (Some(_), None) => "commit",
        (None, Some(_)) => "rollback",
        // A worker calls it, with a transaction or a database.
        (None, None) if options.durable.is_some() => return,
        (None, None) => return within(options, function, sink),
        // The error is reported elsewhere.
        (Some(_), Some(_)) => return,
    };
    for param in function.params().filter_map(Param::resolve) {
        if param.ident.unraw() == TRANSACTION {
            sink.push(param.ident, format!("after the {end} there is no transaction; take `db: &Db`"));
        }
    }
}

/// Checks the parameters of a receiver that is called within the transaction.
fn within(options: &ReceiverOptions, function: &Function, sink: &mut Sink) {
    let Some(signal) = options.signals.iter().find_map(of_transactions) else { return };
    for param in function.params().filter_map(Param::resolve) {
        let written = param.ident.unraw();
        if DATABASE.iter().any(|name| written == name) {
            let message = format!(
                "a receiver of `{signal}` is called within the transaction; take `tx: &Tx`, which every call accepts \
                 in place of a `&Db`; `tx.as_db()?` is the `Db` of this transaction"
            );
            sink.push(param.ident, message);
        }
    }
}

/// Returns the name of a signal of the library with a transaction. A custom signal with such a name must be
/// written with its path.
pub(super) fn of_transactions(signal: &Path) -> Option<&'static str> {
    let mut segments = signal.segments.iter().rev();
    let name = segments.next()?.ident.unraw();
    let is_of_library = segments.next().is_none_or(|of| of.ident == "signals");
    OF_TRANSACTIONS.into_iter().find(|known| is_of_library && name == known)
}
