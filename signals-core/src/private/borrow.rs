//! How a payload lends its fields to parameters that are references.
//!
//! A field may be a reference itself or hold its value, and the macro sees no types. A call of a method looks at the field as it is before it
//! borrows it; so each of these traits has its own fields, and none takes the reference of a reference.

use std::convert::Infallible;

/// Lends `&T`, where the field is a `&T` or a `T`.
pub trait Borrow {
    /// The value.
    fn __borrow(&self) -> &Self;
}

impl<T: ?Sized> Borrow for T {
    fn __borrow(&self) -> &Self {
        self
    }
}

/// Lends `&T`, where the field is a `&mut T`.
pub trait BorrowOfMut {
    /// The value.
    fn __borrow(&mut self) -> &Self;
}

impl<T> BorrowOfMut for T {
    fn __borrow(&mut self) -> &Self {
        self
    }
}

/// Lends `&mut T`, where the field is a `&mut T` or a `T`: called on a `&mut` of it.
pub trait BorrowMut<'a> {
    /// The value's type.
    type Target;

    /// The value.
    fn __borrow_mut(self) -> &'a mut Self::Target;
}

#[expect(clippy::mut_mut, reason = "this is what a `&mut` of such a field is")]
impl<'a, T> BorrowMut<'a> for &'a mut &mut T {
    type Target = T;

    fn __borrow_mut(self) -> &'a mut T {
        self
    }
}

/// Refuses to lend `&mut T`, where the field is a `&T`: called on a `&mut` of it.
pub trait BorrowOfShared<'a> {
    /// The value's type.
    type Target: ?Sized;

    /// The value, if it could be changed.
    fn __borrow_mut(self) -> &'a mut Self::Target
    where
        Self::Target: Changeable;
}

impl<'a, T: ?Sized> BorrowOfShared<'a> for &'a mut &T {
    type Target = T;

    fn __borrow_mut(self) -> &'a mut T
    where
        T: Changeable,
    {
        match *self.never() {}
    }
}

/// What may be changed though it is lent by `&`, which nothing may.
#[diagnostic::on_unimplemented(
    message = "the payload lends this `{Self}` by `&`, so it cannot be changed",
    label = "take `&{Self}`",
    note = "of the model signals, `pre_save` alone lends its instance to be changed"
)]
pub trait Changeable {
    /// Says that there is none.
    fn never(&self) -> &Infallible;
}
