//! The properties of a signal other than its name.

/// The signal that receivers name, and when it is sent.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalKind {
    family: &'static str,
    of_deletes: bool,
    at_end: bool,
}

impl SignalKind {
    /// Returns the kind of a signal that receivers name `signal`.
    pub(crate) const fn of(signal: &'static str) -> Self {
        Self { family: signal, of_deletes: false, at_end: false }
    }

    /// Returns the kind of a signal that is sent for deleted rows.
    #[cfg(feature = "_models")]
    pub(crate) const fn of_deletes(signal: &'static str) -> Self {
        Self { of_deletes: true, ..Self::of(signal) }
    }

    /// Returns this kind for a signal that is sent after the end of the transaction.
    #[cfg(feature = "_models")]
    pub(crate) const fn at_end(self) -> Self {
        Self { at_end: true, ..self }
    }

    /// Returns the name of the signal that receivers name. The signals of whole sets and those sent after the
    /// end of the transaction belong to it.
    pub(crate) const fn family(self) -> &'static str {
        self.family
    }

    /// Returns whether it is sent for deleted rows.
    #[cfg(feature = "_models")]
    pub(crate) const fn is_of_deletes(self) -> bool {
        self.of_deletes
    }

    /// Returns whether it is sent after the end of the transaction.
    #[cfg(feature = "_models")]
    pub(crate) const fn is_at_end(self) -> bool {
        self.at_end
    }
}
