//! Traits by which a payload lends an instance of any model.

use std::any::Any;

use crate::model::AnyModel;

impl dyn AnyModel {
    /// Lends the instance, as `Borrow` does. An inherent method comes before that of a trait.
    #[doc(hidden)]
    pub fn __borrow<T: ?Sized>(&self) -> &T
    where
        Self: BorrowedAs<T>,
    {
        self.lent()
    }
}

/// Lends an instance of any model, as `BorrowOfMut` does.
pub trait BorrowAny {
    /// Returns the instance.
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

/// Lends an instance of any model mutably, as `BorrowMut` does.
pub trait BorrowAnyMut<'a> {
    /// Returns the instance.
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

/// An instance of any model that a receiver takes as a `T`.
#[diagnostic::on_unimplemented(
    message = "the payload lends a `dyn AnyModel` here, and not a `{T}`",
    label = "take `dyn AnyModel`",
    note = "a receiver that names no sender is called for every model; for one model, write `sender = {T}`",
    note = "`m2m_changed` lends the instance of either model; to get at it, call `instance.downcast_ref::<{T}>()`"
)]
pub trait BorrowedAs<T: ?Sized> {
    /// Returns the instance.
    fn lent(&self) -> &T;
    /// Returns the instance, to change it.
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

/// A second implementation. With only one, the compiler would assume that type, and would report the
/// parameter in its own words.
#[diagnostic::do_not_recommend]
impl BorrowedAs<dyn Any> for dyn AnyModel {
    fn lent(&self) -> &dyn Any {
        self.as_any()
    }

    fn lent_mut(&mut self) -> &mut dyn Any {
        self.as_any_mut()
    }
}
