//! Traits by which a payload lends its fields to parameters that are references.
//!
//! A field may be a reference or hold its value, and the macro does not see types. A method call tries the
//! field as it is before it borrows it. So each of these traits covers different fields, and none takes a
//! reference to a reference.

use std::convert::Infallible;

/// Lends `&T`, if the field is a `&T` or a `T`.
pub trait Borrow {
    /// Returns the value.
    fn __borrow(&self) -> &Self;
}

impl<T: ?Sized> Borrow for T {
    fn __borrow(&self) -> &Self {
        self
    }
}

/// Lends `&T`, if the field is a `&mut T`.
pub trait BorrowOfMut {
    /// Returns the value.
    fn __borrow(&mut self) -> &Self;
}

impl<T> BorrowOfMut for T {
    fn __borrow(&mut self) -> &Self {
        self
    }
}

/// Lends `&mut T`, if the field is a `&mut T` or a `T`. It is called on a `&mut` of the field.
pub trait BorrowMut<'a> {
    /// The value's type.
    type Target;

    /// Returns the value.
    fn __borrow_mut(self) -> &'a mut Self::Target;
}

#[expect(clippy::mut_mut, reason = "this is what a `&mut` of such a field is")]
impl<'a, T> BorrowMut<'a> for &'a mut &mut T {
    type Target = T;

    fn __borrow_mut(self) -> &'a mut T {
        self
    }
}

/// Refuses to lend `&mut T`, if the field is a `&T`. It is called on a `&mut` of the field.
pub trait BorrowOfShared<'a> {
    /// The value's type.
    type Target: ?Sized;

    /// Returns the value, if its type is [`Changeable`].
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

/// A type that may be changed though it is lent by `&`. No type implements it.
#[diagnostic::on_unimplemented(
    message = "the payload lends this `{Self}` by `&`, so it cannot be changed",
    label = "take `&{Self}`",
    note = "of the model signals, `pre_save` alone lends its instance to be changed"
)]
pub trait Changeable {
    /// Proves that there is no such value.
    fn never(&self) -> &Infallible;
}

/// Passes on the instance to a parameter of the type `T`, which must be the type of the field itself.
pub fn lent<F: Lent<T>, T>(field: F) -> T {
    F::pass_on(field)
}

/// An instance whose parameter has the type of the field, such as `&User`.
///
/// Without it, `instance: User` is "expected `User`, found `&User`" in a call that the user did not write.
#[diagnostic::on_unimplemented(
    message = "the payload lends its instance as `{Self}`, and not as `{T}`",
    label = "write `instance: {Self}`",
    note = "all receivers of a send share the instance: `&` reads it, and a clone in the body keeps it; in `pre_save`, `&mut` changes what is saved"
)]
pub trait Lent<T>: Sized {
    /// Returns the field.
    ///
    /// It is not a method: rustc would suggest it for a method such as `save` that is not in scope.
    fn pass_on(field: Self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Lent<T> for T {
    fn pass_on(field: Self) -> T {
        field
    }
}
