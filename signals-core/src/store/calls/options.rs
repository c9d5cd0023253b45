//! The options that several calls have.

/// Makes the method of a call that sets an option, which is kept at `self.$place`.
///
/// The docs that hold for every call stand here. Those of one call are given with the option, and follow them.
macro_rules! option_method {
    ($(#[$doc:meta])* batch_size: $($place:ident).+) => {
        /// Writes at most `rows` rows with one statement. The default is 1,000, or as many as the database takes.
        ///
        $(#[$doc])*
        pub fn batch_size(mut self, rows: usize) -> Self {
            self.$($place).+ = Some(rows);
            self
        }
    };
    ($(#[$doc:meta])* raw: $($place:ident).+) => {
        /// Writes as fixtures are written: `auto_now` fields keep their values, and only receivers marked `raw` are
        /// called.
        ///
        $(#[$doc])*
        pub fn raw(mut self) -> Self {
            self.$($place).+ = true;
            self
        }
    };
    ($(#[$doc:meta])* quiet: $($place:ident).+) => {
        /// Sends no signals.
        ///
        $(#[$doc])*
        pub fn quiet(mut self) -> Self {
            self.$($place).+ = true;
            self
        }
    };
}

pub(super) use option_method;
