//! The values that a column is compared with.

use crate::backend::Field;

/// A value that can be compared with a column of type `T`: a `T` or a reference to one. A column of `String`
/// also takes a `&str`, and a column of `Option<T>` also takes a `T`.
///
/// # Examples
///
/// ```
/// use signals::Model;
///
/// #[derive(Model)]
/// struct User { id: i64, email: String, nickname: Option<String>, age: Option<i32> }
///
/// let name = String::from("al");
/// let _ = User::EMAIL.eq("al@example.com");
/// let _ = User::EMAIL.eq(&name);
/// let _ = User::NICKNAME.eq(name);
/// let _ = User::NICKNAME.eq(None);
/// let _ = User::AGE.gt(18);
/// let _ = User::AGE.in_([Some(18), None]);
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    label = "not a value of this column",
    note = "pass a value of type `{T}` or a reference to one; a column of `String` takes `&str` too, and a column of `Option<T>` takes a `T`"
)]
pub trait Operand<T> {
    /// Returns the value in the column's type.
    fn into_value(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Field> Operand<T> for T {
    fn into_value(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field + Clone> Operand<T> for &T {
    fn into_value(self) -> T {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Operand<Option<T>> for T {
    fn into_value(self) -> Option<T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field + Clone> Operand<Option<T>> for &T {
    fn into_value(self) -> Option<T> {
        Some(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Option<String>> for &str {
    fn into_value(self) -> Option<String> {
        Some(self.to_owned())
    }
}
