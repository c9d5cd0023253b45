//! A relation of many rows to many, as it was written.

use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Result, Token, Type};

use crate::attr::{self, Reader};
use crate::keys::{self, Key};
use crate::sink::Sink;

/// What `many_to_many(..)` says.
pub(crate) struct WrittenRelation {
    pub(crate) name: Ident,
    pub(crate) target: Type,
    /// Every key, with the word to point at.
    keys: Vec<(Key, Ident)>,
    pub(crate) related: Option<Ident>,
    pub(crate) through: Option<Type>,
    pub(crate) through_fields: Vec<Ident>,
    pub(crate) table: Option<LitStr>,
}

impl WrittenRelation {
    /// Reads what stands in the parentheses; what is wrong with a key leaves the relation there.
    pub(super) fn read(input: ParseStream<'_>, sink: &mut Sink) -> Result<Self> {
        let (name, target) = head(input)?;
        let mut relation = Self {
            name,
            target,
            keys: Vec::new(),
            related: None,
            through: None,
            through_fields: Vec::new(),
            table: None,
        };
        Reader::new(&keys::RELATION, sink).list(input, |key, word, input| relation.take(key, word, input));
        Ok(relation)
    }

    /// Returns the word where the key was written.
    pub(crate) fn find(&self, key: Key) -> Option<&Ident> {
        let found = self.keys.iter().find(|(written, _)| *written == key);
        found.map(|(_, word)| word)
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        self.keys.push((key, word));
        match key {
            keys::RELATED => self.related = Some(attr::word(key, input)?),
            keys::THROUGH => self.through = Some(attr::ty(key, input)?),
            keys::THROUGH_FIELDS => self.through_fields = attr::names(key, input)?,
            keys::LINK_TABLE => self.table = Some(attr::string(key, input)?),
            _ => {}
        }
        Ok(())
    }
}

/// Reads the relation's name and its model, with the comma after them.
fn head(input: ParseStream<'_>) -> Result<(Ident, Type)> {
    let span = input.span();
    let read = || {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok((name, input.parse()?))
    };
    let head: Result<(Ident, Type)> = read();
    let head = head.map_err(|_| {
        let usage = keys::MANY_TO_MANY.usage;
        Error::new(span, format!("a relation is a name and a model; write `{usage}`"))
    })?;
    if !input.is_empty() {
        let comma: Result<Token![,]> = input.parse();
        comma.map_err(|_| input.error("expected `,` after the model"))?;
    }
    Ok(head)
}
