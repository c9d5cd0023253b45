//! The syntax of a reference to a composite key.

use syn::parse::{Parse as _, ParseStream};
use syn::{Error, Ident, Result, Type};

use crate::attr::{self, Reader, WrittenKeys};
use crate::keys::{self, Key};
use crate::model::on_delete::OnDelete;
use crate::sink::Sink;

use super::RelationNames;

/// The contents of `references(..)` on the struct.
pub(crate) struct WrittenReference {
    pub(crate) target: Type,
    keys: WrittenKeys,
    pub(crate) fields: Vec<Ident>,
    /// The action of a delete, with its word.
    pub(crate) on_delete: Option<(OnDelete, Ident)>,
    pub(crate) names: RelationNames,
}

impl WrittenReference {
    /// Reads the contents of the parentheses. A mistake in a key does not remove the reference.
    pub(super) fn read(input: ParseStream<'_>, sink: &mut Sink) -> Result<Self> {
        let target = attr::parse_or(input, Type::parse, |span| {
            let usage = keys::REFERENCES_TOGETHER.usage;
            Error::new(span, format!("a reference is to a model; write `{usage}`"))
        })?;
        attr::comma_after("the model", input)?;
        let (keys, names) = (WrittenKeys::default(), RelationNames::default());
        let mut reference = Self { target, keys, fields: Vec::new(), on_delete: None, names };
        Reader::new(&keys::REFERENCE, sink).list(input, |key, word, input| reference.take(key, word, input));
        Ok(reference)
    }

    /// Returns the word of the key in the source.
    pub(crate) fn find(&self, key: Key) -> Option<&Ident> {
        self.keys.find(key)
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        self.keys.push(key, word);
        match key {
            keys::FIELDS => self.fields = attr::names(key, input)?,
            keys::ON_DELETE => self.on_delete = Some(OnDelete::read(key, input)?),
            keys::REVERSE => self.names.related = Some(attr::word(key, input)?),
            keys::RELATION_NAME => self.names.relation = Some(attr::word(key, input)?),
            _ => {}
        }
        Ok(())
    }
}
