//! Models without their type, for receivers of every sender.

use std::any::Any;

use super::{Entity, Key, ModelKey as _, ModelMeta};

/// An instance of any model.
///
/// A receiver without a sender gets `&dyn AnyModel`, or `&mut dyn AnyModel` from `pre_save`.
///
/// # Examples
///
/// ```
/// use signals::{AnyModel, Model};
///
/// #[derive(Model)]
/// struct Note { id: i64, text: String }
///
/// let note = Note { id: 7, text: "hello".into() };
/// let any: &dyn AnyModel = &note;
/// assert_eq!(any.meta().name(), "Note");
/// assert_eq!(any.pk().map(|key| key.to_string()).as_deref(), Some("7"));
/// assert_eq!(any.field_as::<String>("text").map(String::as_str), Some("hello"));
/// assert!(any.downcast_ref::<Note>().is_some());
/// ```
pub trait AnyModel: Send + Sync + 'static {
    /// Returns the model's description.
    fn meta(&self) -> &'static ModelMeta;
    /// Returns the primary key, if it is set.
    fn pk(&self) -> Option<Key<'_>>;
    /// Returns the instance, for a downcast to its own type.
    fn as_any(&self) -> &dyn Any;
    /// Returns the instance, for a downcast that allows changes.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// Returns the value of the field or column of this name. Returns `None` if there is none, and for a
    /// field marked `skip`.
    fn field(&self, name: &str) -> Option<&dyn Any>;
}

impl<E: Entity> AnyModel for E {
    fn meta(&self) -> &'static ModelMeta {
        E::meta()
    }

    fn pk(&self) -> Option<Key<'_>> {
        E::Key::key_of(self.key_ref())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<&dyn Any> {
        let column = E::meta().column_named(name)?;
        Entity::field(self, column)
    }
}

impl std::fmt::Debug for dyn AnyModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pk() {
            Some(key) => write!(f, "{} {key}", self.meta().name()),
            None => f.write_str(self.meta().name()),
        }
    }
}

impl dyn AnyModel {
    /// Returns the instance as a `T`, if it is one.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.as_any().downcast_ref()
    }

    /// Returns the instance as a `T` for changes, if it is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{AnyModel, Model};
    /// #
    /// # #[derive(Model)]
    /// # struct Note { id: i64, text: String, stars: Option<i32> }
    /// fn trim(instance: &mut dyn AnyModel) {
    ///     if let Some(note) = instance.downcast_mut::<Note>() {
    ///         note.text = note.text.trim().to_owned();
    ///     }
    /// }
    ///
    /// let mut note = Note { id: 0, text: " hello ".into(), stars: None };
    /// trim(&mut note);
    /// assert_eq!(note.text, "hello");
    /// ```
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.as_any_mut().downcast_mut()
    }

    /// Returns the value of the field or column of this name, if it is a `T`.
    ///
    /// `T` is the type of the field itself. For a field of type `Option<String>` it is that type, even if the
    /// field holds a text. For a `String` it is `String`, and not `str`. `None` does not distinguish a wrong
    /// type from a wrong name: [`field`](AnyModel::field) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{AnyModel, Model};
    /// #
    /// # #[derive(Model)]
    /// # struct Note { id: i64, text: String, stars: Option<i32> }
    /// let note = Note { id: 0, text: "hello".into(), stars: Some(3) };
    /// let any: &dyn AnyModel = &note;
    /// assert_eq!(any.field_as::<Option<i32>>("stars"), Some(&Some(3)));
    /// assert_eq!(any.field_as::<i32>("stars"), None);             // not the type of the field
    /// ```
    pub fn field_as<T: 'static>(&self, name: &str) -> Option<&T> {
        self.field(name)?.downcast_ref()
    }
}
