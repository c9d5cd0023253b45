//! What a receiver gives to the code that sends its signal.

use std::any::Any;

use super::{Receiver, Signal};

impl<S: Signal, M: Send + Sync + 'static> Receiver<S, M> {
    /// Gives this to the code that sends the signal, which downcasts it to its type.
    #[doc(hidden)]
    #[must_use]
    pub const fn attaching(mut self, attachment: &'static (dyn Any + Send + Sync)) -> Self {
        self.attachment = Some(attachment);
        self
    }
}
