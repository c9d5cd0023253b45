//! The syntax of a many-to-many relation.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Result, Token, Type};

use crate::attr::{self, Reader, WrittenKeys};
use crate::keys::{self, Key};
use crate::sink::Sink;

/// The contents of `many_to_many(..)`.
pub(crate) struct WrittenRelation {
    pub(crate) name: Ident,
    pub(crate) target: Type,
    keys: WrittenKeys,
    pub(crate) related: Option<Ident>,
    pub(crate) through: Option<Type>,
    pub(crate) through_fields: Vec<Ident>,
    pub(crate) table: Option<LitStr>,
    pub(crate) schema: Option<LitStr>,
    /// The columns of `columns(..)`, which are the key of the links.
    pub(crate) columns: Vec<WrittenColumn>,
}

/// A column of a table of links: the name of its field too, or a string.
pub(crate) enum WrittenColumn {
    Field(Ident),
    Name(LitStr),
}

impl WrittenRelation {
    /// Reads the contents of the parentheses. A mistake in a key does not remove the relation.
    pub(super) fn read(input: ParseStream<'_>, sink: &mut Sink) -> Result<Self> {
        let (name, target) = head(input)?;
        let mut relation = Self {
            name,
            target,
            keys: WrittenKeys::default(),
            related: None,
            through: None,
            through_fields: Vec::new(),
            table: None,
            schema: None,
            columns: Vec::new(),
        };
        Reader::new(&keys::RELATION, sink).list(input, |key, word, input| relation.take(key, word, input));
        Ok(relation)
    }

    /// Returns the word of the key in the source.
    pub(crate) fn find(&self, key: Key) -> Option<&Ident> {
        self.keys.find(key)
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        self.keys.push(key, word);
        match key {
            keys::RELATED => self.related = Some(attr::word(key, input)?),
            keys::THROUGH => self.through = Some(attr::ty(key, input)?),
            keys::THROUGH_FIELDS => self.through_fields = attr::names(key, input)?,
            keys::LINK_TABLE => self.table = Some(attr::string(key, input)?),
            keys::SCHEMA => self.schema = Some(attr::string(key, input)?),
            keys::LINK_COLUMNS => {
                self.columns = attr::entries(key, "the names of columns", input, WrittenColumn::read)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl WrittenColumn {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            attr::string(keys::LINK_COLUMNS, input).map(Self::Name)
        } else {
            input.parse().map(Self::Field)
        }
    }

    /// Returns the column's name.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Field(field) => field.unraw().to_string(),
            Self::Name(name) => name.value(),
        }
    }
}

impl ToTokens for WrittenColumn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Field(field) => field.to_tokens(tokens),
            Self::Name(name) => name.to_tokens(tokens),
        }
    }
}

/// Reads the relation's name and its model, with the comma after them.
fn head(input: ParseStream<'_>) -> Result<(Ident, Type)> {
    let name_and_model = |input: ParseStream<'_>| {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok((name, input.parse()?))
    };
    let head = attr::parse_or(input, name_and_model, |span| {
        let usage = keys::MANY_TO_MANY.usage;
        Error::new(span, format!("a relation is a name and a model; write `{usage}`"))
    })?;
    attr::comma_after("the model", input)?;
    Ok(head)
}
