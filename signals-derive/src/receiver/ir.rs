//! A receiver as it is meant.

use syn::ext::IdentExt;
use syn::{FnArg, Ident, Pat, PatType, ReturnType, Type};

use super::syntax::{Function, Options};

/// The parameter that takes the whole payload.
pub(crate) const EVENT: &str = "event";

/// A function and the signals it receives.
pub(super) struct Receiver<'a> {
    pub(super) options: &'a Options,
    pub(super) function: &'a Function,
    pub(super) params: Vec<Param<'a>>,
    pub(super) output: Option<&'a Type>,
}

/// A parameter, which is a field of the payload by its name.
pub(super) struct Param<'a> {
    pub(super) ident: &'a Ident,
    pub(super) shape: Shape,
}

/// How a parameter takes its field, as its type is written.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// `&mut dyn T`: the field is a reference already, and cannot be coerced through another one.
    MutDyn,
    /// `&dyn T`, likewise.
    RefDyn,
    /// `&mut T`
    Mut,
    /// `&T`
    Ref,
    /// `T`
    Value,
}

impl<'a> Receiver<'a> {
    /// Resolves what was written; a parameter that is none is left to the checks.
    pub(super) fn resolve(options: &'a Options, function: &'a Function) -> Self {
        Self {
            options,
            function,
            params: function.params().filter_map(Param::resolve).collect(),
            output: match &function.sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some(ty),
            },
        }
    }
}

impl Function {
    /// Returns the parameters, without a `self`.
    pub(super) fn params(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        })
    }
}

impl<'a> Param<'a> {
    /// Resolves a parameter that is a plain name.
    pub(super) fn resolve(param: &'a PatType) -> Option<Self> {
        match param.pat.as_ref() {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                Some(Self { ident: &name.ident, shape: Shape::of(&param.ty) })
            }
            _ => None,
        }
    }

    /// Whether the parameter takes the whole payload.
    pub(super) fn is_event(&self) -> bool {
        self.ident.unraw() == EVENT
    }
}

impl Shape {
    fn of(ty: &Type) -> Self {
        match bare(ty) {
            Type::Reference(reference) => {
                let is_dyn = matches!(bare(&reference.elem), Type::TraitObject(_));
                match (reference.mutability.is_some(), is_dyn) {
                    (true, true) => Self::MutDyn,
                    (true, false) => Self::Mut,
                    (false, true) => Self::RefDyn,
                    (false, false) => Self::Ref,
                }
            }
            _ => Self::Value,
        }
    }
}

/// Takes away the parentheses, and the invisible ones that a macro puts around `$ty`.
pub(super) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return ty,
        }
    }
}
