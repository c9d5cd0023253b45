//! The path by which generated code reaches the library.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

/// The path of the library in the user's crate: `::signals`, or the value of `crate = path`.
#[derive(Default)]
pub(crate) struct CratePath {
    path: Option<Path>,
}

impl CratePath {
    /// Makes the path that `crate = path` names.
    pub(crate) fn at(path: Path) -> Self {
        Self { path: Some(path) }
    }

    /// Returns the library's path.
    pub(crate) fn library(&self) -> TokenStream {
        self.path.as_ref().map_or_else(|| quote!(::signals), ToTokens::to_token_stream)
    }

    /// Returns the key that gives a generated model the same path, or `None` for the default path.
    pub(crate) fn key(&self) -> Option<TokenStream> {
        self.path.as_ref().map(|path| quote!(crate = #path,))
    }

    /// Returns the path of the names that generated code may use.
    pub(crate) fn private(&self) -> TokenStream {
        let path = self.library();
        quote!(#path::__private)
    }

    /// Returns the import that opens a generated block.
    ///
    /// The name is one that no user's path starts with: types of the user are quoted in the same block,
    /// and an import named `signals` would capture those that begin with `signals::`.
    pub(crate) fn import(&self) -> TokenStream {
        let private = self.private();
        quote!(use #private as __signals;)
    }

    /// Returns the import that opens a generated block for tasks. They have their own private names.
    pub(crate) fn import_tasks(&self) -> TokenStream {
        let path = self.library();
        quote!(use #path::tasks::__private as __tasks;)
    }

    /// Returns the import that opens a generated block for log-ins. They belong to the feature `auth`, and
    /// not to the private names.
    pub(crate) fn import_auth(&self) -> TokenStream {
        let path = self.library();
        quote!(use #path::web::auth as __auth;)
    }
}
