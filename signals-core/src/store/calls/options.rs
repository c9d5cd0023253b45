//! The options that several calls have.

/// Generates the method that sets an option of a call. The option is stored in `self.$place`.
///
/// The docs for every call are here. The docs for one call are given with the option, and come after them.
macro_rules! option_method {
    ($(#[$doc:meta])* batch_size: $($place:ident).+) => {
        /// Writes at most `rows` rows with one statement. The default is 1,000, or fewer if the database
        /// limits the number of values.
        ///
        $(#[$doc])*
        pub fn batch_size(mut self, rows: usize) -> Self {
            self.$($place).+ = Some(rows);
            self
        }
    };
    ($(#[$doc:meta])* raw: $($place:ident).+) => {
        /// Writes the way fixtures are loaded: `auto_now` fields keep their values, and only receivers marked
        /// `raw` are called.
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

pub(in crate::store) use option_method;
