//! The checks of a function against the moment at which the attribute has it called.

use syn::ext::IdentExt;

use crate::function::Function;
use crate::receiver::ir::Param;
use crate::receiver::syntax::ReceiverOptions;
use crate::sink::Sink;

/// The payload's field with the transaction, which exists until its end.
const TRANSACTION: &str = "tx";

/// Checks the parameters of a receiver that is called after the end of the transaction.
pub(in crate::receiver) fn moment(options: &ReceiverOptions, function: &Function, sink: &mut Sink) {
    let end = match (&options.on_commit, &options.on_rollback) {
        (Some(_), None) => "commit",
        (None, Some(_)) => "rollback",
        // With both, the error is reported elsewhere. With none, the transaction is open.
        (Some(_), Some(_)) | (None, None) => return,
    };
    for param in function.params().filter_map(Param::resolve) {
        if param.ident.unraw() == TRANSACTION {
            sink.push(param.ident, format!("after the {end} there is no transaction; take `db: &Db`"));
        }
    }
}
