//! The targets of calls.

use signals::{Db, Tx};

#[derive(Debug, Clone)]
pub enum On {
    Db(Db),
    Tx(Tx),
}

/// Makes a call on either.
macro_rules! on {
    ($on:expr, |$handle:ident| $call:expr) => {
        match $on {
            $crate::target::On::Db($handle) => $call.await,
            $crate::target::On::Tx($handle) => $call.await,
        }
    };
}

pub(crate) use on;
