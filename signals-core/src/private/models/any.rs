//! How a payload lends an instance whose model it does not tell.

use std::any::Any;

use crate::model::AnyModel;

impl dyn AnyModel {
    /// As `Lend`: a method of the type's own comes before that of a trait.
    #[doc(hidden)]
    pub fn __lend<T: ?Sized>(&self) -> &T
    where
        Self: LentAs<T>,
    {
        self.lent()
    }
}

/// As `LendMutable`, for an instance of some model.
pub trait LendAny {
    /// The instance.
    fn __lend<T: ?Sized>(&mut self) -> &T
    where
        Self: LentAs<T>;
}

impl LendAny for dyn AnyModel {
    fn __lend<T: ?Sized>(&mut self) -> &T
    where
        Self: LentAs<T>,
    {
        self.lent()
    }
}

/// As `LendMut`, for an instance of some model.
pub trait LendAnyMut<'a> {
    /// The instance.
    fn __lend_mut<T: ?Sized>(self) -> &'a mut T
    where
        dyn AnyModel: LentAs<T>;
}

#[expect(clippy::mut_mut, reason = "this is what a `&mut` of such a field is")]
impl<'a> LendAnyMut<'a> for &'a mut &mut dyn AnyModel {
    fn __lend_mut<T: ?Sized>(self) -> &'a mut T
    where
        dyn AnyModel: LentAs<T>,
    {
        self.lent_mut()
    }
}

/// An instance of some model, where a receiver takes a `T`.
#[diagnostic::on_unimplemented(
    message = "the payload lends a `dyn AnyModel` here, and not a `{T}`",
    label = "take `dyn AnyModel`",
    note = "a receiver that names no sender hears every model; to hear one, write `sender = {T}`",
    note = "`m2m_changed` lends the instance of either model; to get at it, call `instance.downcast_ref::<{T}>()`"
)]
pub trait LentAs<T: ?Sized> {
    /// The instance.
    fn lent(&self) -> &T;
    /// The instance, to be changed.
    fn lent_mut(&mut self) -> &mut T;
}

#[diagnostic::do_not_recommend]
impl LentAs<dyn AnyModel> for dyn AnyModel {
    fn lent(&self) -> &dyn AnyModel {
        self
    }

    fn lent_mut(&mut self) -> &mut dyn AnyModel {
        self
    }
}

/// A second type, without which the compiler would take the first for granted, and would find fault with the parameter in its own words.
#[diagnostic::do_not_recommend]
impl LentAs<dyn Any> for dyn AnyModel {
    fn lent(&self) -> &dyn Any {
        self.as_any()
    }

    fn lent_mut(&mut self) -> &mut dyn Any {
        self.as_any_mut()
    }
}
