//! What the library has to know of a signal beside its name.

/// Which signal it belongs to, and what that signal is sent for.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalKind {
    family: &'static str,
    of_deletes: bool,
    at_end: bool,
}

impl SignalKind {
    /// A signal that receivers name: `signal` is its name.
    pub(crate) const fn of(signal: &'static str) -> Self {
        Self { family: signal, of_deletes: false, at_end: false }
    }

    /// The same, sent for rows that are deleted.
    #[cfg(feature = "_models")]
    pub(crate) const fn of_deletes(signal: &'static str) -> Self {
        Self { of_deletes: true, ..Self::of(signal) }
    }

    /// The same, sent when the transaction has ended.
    #[cfg(feature = "_models")]
    pub(crate) const fn at_end(self) -> Self {
        Self { at_end: true, ..self }
    }

    /// The name of the signal that receivers name: those of whole sets and those that wait for the end of the
    /// transaction belong to it.
    #[cfg(feature = "_models")]
    pub(crate) const fn family(self) -> &'static str {
        self.family
    }

    /// Whether it is sent for rows that are deleted.
    #[cfg(feature = "_models")]
    pub(crate) const fn is_of_deletes(self) -> bool {
        self.of_deletes
    }

    /// Whether it is sent when the transaction has ended.
    #[cfg(feature = "_models")]
    pub(crate) const fn is_at_end(self) -> bool {
        self.at_end
    }
}
