//! The place of a receiver in the source.

use crate::signal::ReceiverInfo;

/// A receiver, and its place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Site {
    Linked(&'static ReceiverInfo),
    /// A receiver that was connected at run time, by the place of the call.
    Connected {
        file: &'static str,
        line: u32,
    },
}

#[cfg(feature = "_models")]
impl Site {
    /// Returns the path of a linked receiver, or an empty string for one that was connected at run time.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Linked(info) => info.path(),
            Self::Connected { .. } => String::new(),
        }
    }

    /// Returns its file and line.
    pub(crate) fn file_and_line(self) -> (&'static str, u32) {
        match self {
            Self::Linked(info) => (info.file(), info.line()),
            Self::Connected { file, line } => (file, line),
        }
    }
}
