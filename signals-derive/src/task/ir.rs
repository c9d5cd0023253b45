//! The meaning of a task.

use syn::ext::IdentExt;
use syn::{Ident, PatType, Type};

use crate::function::{Function, plain_name};
use crate::ty;

use super::syntax::TaskOptions;

/// A function whose calls are stored.
pub(super) struct Task<'a> {
    pub(super) options: &'a TaskOptions,
    pub(super) function: &'a Function,
    pub(super) params: Vec<Param<'a>>,
    pub(super) output: Option<&'a Type>,
}

/// A parameter: a stored argument, or a value from the worker.
pub(super) struct Param<'a> {
    pub(super) ident: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) given: Option<Given>,
}

/// The values from the worker, by the parameter's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    Ctx,
    Db,
    Tx,
}

impl<'a> Task<'a> {
    /// Resolves the syntax. The checks report invalid parameters.
    pub(super) fn resolve(options: &'a TaskOptions, function: &'a Function) -> Self {
        Self {
            options,
            function,
            params: function.params().filter_map(Param::resolve).collect(),
            output: function.output(),
        }
    }

    /// Returns the parameter for this value.
    pub(super) fn given(&self, given: Given) -> Option<&Param<'a>> {
        self.params.iter().find(|param| param.given == Some(given))
    }

    /// Returns the stored arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &Param<'a>> {
        self.params.iter().filter(|param| param.given.is_none())
    }
}

impl<'a> Param<'a> {
    /// Resolves a parameter that is a plain name.
    pub(super) fn resolve(param: &'a PatType) -> Option<Self> {
        let ident = plain_name(param)?;
        Some(Self { ident, ty: &param.ty, given: Given::by(ident) })
    }

    /// Returns whether its type is written as a shared reference.
    pub(super) fn is_shared_reference(&self) -> bool {
        matches!(ty::bare(self.ty), Type::Reference(reference) if reference.mutability.is_none())
    }
}

impl Given {
    pub(crate) fn by(ident: &Ident) -> Option<Self> {
        match ident.unraw().to_string().as_str() {
            "ctx" => Some(Self::Ctx),
            "db" => Some(Self::Db),
            "tx" => Some(Self::Tx),
            _ => None,
        }
    }

    /// Returns the correct form of the parameter.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Ctx => "ctx: &Context",
            Self::Db => "db: &Db",
            Self::Tx => "tx: &Tx",
        }
    }
}
