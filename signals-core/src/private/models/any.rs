//! How a payload lends an instance whose model it does not tell.

use std::any::Any;

use crate::model::AnyModel;

impl dyn AnyModel {
    /// As `Borrow`: a method of the type's own comes before that of a trait.
    #[doc(hidden)]
    pub fn __borrow<T: ?Sized>(&self) -> &T
    where
        Self: BorrowedAs<T>,
    {
        self.lent()
    }
}

/// As `BorrowOfMut`, for an instance of some model.
pub trait BorrowAny {
    /// The instance.
    fn __borrow<T: ?Sized>(&mut self) -> &T
    where
        Self: BorrowedAs<T>;
}

impl BorrowAny for dyn AnyModel {
    fn __borrow<T: ?Sized>(&mut self) -> &T
    where
        Self: BorrowedAs<T>,
    {
        self.lent()
    }
}

/// As `BorrowMut`, for an instance of some model.
pub trait BorrowAnyMut<'a> {
    /// The instance.
    fn __borrow_mut<T: ?Sized>(self) -> &'a mut T
    where
        dyn AnyModel: BorrowedAs<T>;
}

#[expect(clippy::mut_mut, reason = "this is what a `&mut` of such a field is")]
impl<'a> BorrowAnyMut<'a> for &'a mut &mut dyn AnyModel {
    fn __borrow_mut<T: ?Sized>(self) -> &'a mut T
    where
        dyn AnyModel: BorrowedAs<T>,
    {
        self.lent_mut()
    }
}

/// An instance of some model, where a receiver takes a `T`.
#[diagnostic::on_unimplemented(
    message = "the payload lends a `dyn AnyModel` here, and not a `{T}`",
    label = "take `dyn AnyModel`",
    note = "a receiver that names no sender is called for every model; for one model, write `sender = {T}`",
    note = "`m2m_changed` lends the instance of either model; to get at it, call `instance.downcast_ref::<{T}>()`"
)]
pub trait BorrowedAs<T: ?Sized> {
    /// The instance.
    fn lent(&self) -> &T;
    /// The instance, to be changed.
    fn lent_mut(&mut self) -> &mut T;
}

#[diagnostic::do_not_recommend]
impl BorrowedAs<dyn AnyModel> for dyn AnyModel {
    fn lent(&self) -> &dyn AnyModel {
        self
    }

    fn lent_mut(&mut self) -> &mut dyn AnyModel {
        self
    }
}

/// A second type, without which the compiler would take the first for granted, and would find fault with the parameter in its own words.
#[diagnostic::do_not_recommend]
impl BorrowedAs<dyn Any> for dyn AnyModel {
    fn lent(&self) -> &dyn Any {
        self.as_any()
    }

    fn lent_mut(&mut self) -> &mut dyn Any {
        self.as_any_mut()
    }
}
