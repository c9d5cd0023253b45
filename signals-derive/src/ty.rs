//! Types in their syntax.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Ident, PathArguments, Type};

/// Removes the parentheses, and the invisible ones that a macro puts around `$ty`.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return ty,
        }
    }
}

/// Returns the last segment of a type that is a path without generics.
pub(crate) fn name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    (path.qself.is_none() && matches!(last.arguments, PathArguments::None)).then_some(&last.ident)
}

/// Returns whether the type is the one of this name, or `Self`.
pub(crate) fn is_own(ty: &Type, this: &Ident) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    path.qself.is_none() && (path.path.is_ident("Self") || path.path.is_ident(this))
}

/// Returns the type's name for code without a `Self`.
pub(crate) fn named(ty: &Type, this: &Ident) -> TokenStream {
    if !is_own(ty, this) {
        return ty.to_token_stream();
    }
    let mut this = this.clone();
    this.set_span(this.span().located_at(ty.span()));
    this.to_token_stream()
}
