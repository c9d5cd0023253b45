//! The meaning of a receiver.

use syn::ext::IdentExt;
use syn::{GenericArgument, Ident, PatType, PathArguments, Type, TypeReference};

use crate::function::{Function, plain_name};
use crate::ty;

use super::syntax::ReceiverOptions;

/// The parameter that takes the whole payload.
pub(crate) const EVENT: &str = "event";

/// The parameter that takes the instance.
const INSTANCE: &str = "instance";

/// A function and the signals it receives.
pub(super) struct Receiver<'a> {
    pub(super) options: &'a ReceiverOptions,
    pub(super) function: &'a Function,
    pub(super) params: Vec<Param<'a>>,
    pub(super) output: Option<&'a Type>,
}

/// A parameter. It is the payload's field of the same name.
pub(super) struct Param<'a> {
    pub(super) ident: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) shape: Shape,
}

/// How a parameter takes its field, by the syntax of its type.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// `&mut dyn T`: the field is a reference already, and cannot be coerced through another one.
    MutDyn,
    /// `&dyn T`: the same as for `&mut dyn T`.
    RefDyn,
    /// `&mut T`
    Mut,
    /// `&T`
    Ref,
    /// `Option<&mut T>`
    OptionMut,
    /// `Option<&T>`
    OptionRef,
    /// `T`
    Value,
}

impl<'a> Receiver<'a> {
    /// Resolves the syntax. The checks report a wrong parameter.
    pub(super) fn resolve(options: &'a ReceiverOptions, function: &'a Function) -> Self {
        Self {
            options,
            function,
            params: function.params().filter_map(Param::resolve).collect(),
            output: function.output(),
        }
    }
}

impl ReceiverOptions {
    /// Returns whether the receiver is called after the end of the transaction.
    pub(super) fn is_at_end(&self) -> bool {
        self.on_commit.is_some() || self.on_rollback.is_some()
    }

    /// Returns whether the receiver is called only for some rows.
    pub(super) fn has_conditions(&self) -> bool {
        self.changed.is_some() || self.when.is_some()
    }
}

impl<'a> Param<'a> {
    /// Resolves a parameter that is a plain name.
    pub(super) fn resolve(param: &'a PatType) -> Option<Self> {
        Some(Self { ident: plain_name(param)?, ty: &param.ty, shape: Shape::of(&param.ty) })
    }

    /// Returns whether the parameter has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.ident.unraw() == name
    }

    /// Returns whether the parameter takes the whole payload.
    pub(super) fn is_event(&self) -> bool {
        self.is(EVENT)
    }

    /// Returns whether the parameter is written like an instance that it owns, which payloads only lend.
    pub(super) fn is_instance_by_value(&self) -> bool {
        matches!(self.shape, Shape::Value) && self.is(INSTANCE)
    }
}

impl Shape {
    fn of(ty: &Type) -> Self {
        if let Type::Reference(reference) = ty::bare(ty) {
            let is_dyn = matches!(ty::bare(&reference.elem), Type::TraitObject(_));
            return match (reference.mutability.is_some(), is_dyn) {
                (true, true) => Self::MutDyn,
                (true, false) => Self::Mut,
                (false, true) => Self::RefDyn,
                (false, false) => Self::Ref,
            };
        }
        match optional(ty) {
            // A `'static` reference is copied. Borrowed through the payload, it would have a shorter
            // lifetime.
            Some(reference) if is_static(reference) => Self::Value,
            Some(reference) if reference.mutability.is_some() => Self::OptionMut,
            Some(_) => Self::OptionRef,
            None => Self::Value,
        }
    }
}

/// Returns the reference in an `Option<&T>`.
fn optional(ty: &Type) -> Option<&TypeReference> {
    let Type::Path(path) = ty::bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => match ty::bare(inner) {
            Type::Reference(reference) => Some(reference),
            _ => None,
        },
        _ => None,
    }
}

fn is_static(reference: &TypeReference) -> bool {
    reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
}
