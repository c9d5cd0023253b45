//! The direction of a relation, and the columns of its through model.

use crate::error::{Error, Result};
use crate::model::{ModelMeta, Reference};

/// The direction of a many-to-many relation, as `#[derive(Model)]` writes it.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct RelationPath {
    reverse: bool,
    symmetrical: bool,
    columns: Option<(&'static [usize], &'static [usize])>,
}

impl RelationPath {
    /// From the model that declares the relation to the other one.
    pub const FORWARD: Self = Self { reverse: false, symmetrical: false, columns: None };
    /// From the other model back.
    pub const REVERSE: Self = Self { reverse: true, ..Self::FORWARD };

    /// Makes each link go both ways.
    #[must_use]
    pub const fn symmetrical(mut self) -> Self {
        self.symmetrical = true;
        self
    }

    /// Sets the indexes of the columns of the through model. `source` references the declaring model, and `target`
    /// the other one, in either direction.
    #[must_use]
    pub const fn columns(mut self, source: &'static [usize], target: &'static [usize]) -> Self {
        self.columns = Some((source, target));
        self
    }

    /// Returns whether it goes from the other model to the declaring one.
    pub(super) fn is_reverse(self) -> bool {
        self.reverse
    }

    pub(super) fn is_symmetrical(self) -> bool {
        self.symmetrical
    }

    /// Returns the indexes of columns of the through model: those with the keys of `own`, and those with the keys of
    /// the other side.
    pub(super) fn places(
        self,
        through: &'static ModelMeta,
        own: &'static ModelMeta,
        other: &'static ModelMeta,
    ) -> Result<(&'static [usize], &'static [usize])> {
        let (declaring, declared) = if self.reverse { (other, own) } else { (own, other) };
        let (source, target) = match self.columns {
            Some((source, target)) => (named(through, source, declaring)?, named(through, target, declared)?),
            None if declaring == declared => return Err(unclear(through, declaring)),
            None => (sole(through, declaring)?, sole(through, declared)?),
        };
        Ok(if self.reverse { (target, source) } else { (source, target) })
    }
}

/// Returns the columns, unless they reference something else than the key of `model`.
fn named(
    through: &'static ModelMeta,
    columns: &'static [usize],
    model: &'static ModelMeta,
) -> Result<&'static [usize]> {
    let names = || {
        let names = columns.iter().map(|column| format!("`{}`", through.columns()[*column].field));
        format!("its {} {}", if columns.len() == 1 { "field" } else { "fields" }, names.collect::<Vec<_>>().join(", "))
    };
    let references = if columns.len() == 1 { "references" } else { "reference" };
    match through.references().find(|(own, _)| own.len() == columns.len() && columns.iter().all(|it| own.contains(it)))
    {
        Some((_, reference)) if reference.target() != model => Err(refused(
            through,
            format!(
                "{} {references} `{}`, and not `{}`; name the fields of `through_fields` in the order of the relation's two models",
                names(),
                reference.target().name(),
                model.name(),
            ),
        )),
        Some((_, reference)) if reference.column().is_some() => Err(refused(
            through,
            format!("{} {references} a column that is not the key of `{}`", names(), model.name()),
        )),
        Some((own, _)) if own != columns => Err(refused(
            through,
            format!("{} {references} `{}` in another order; name them in the order of its key", names(), model.name()),
        )),
        _ => Ok(columns),
    }
}

/// Returns the indexes of the columns of the only reference to the key of `model`.
fn sole(through: &'static ModelMeta, model: &'static ModelMeta) -> Result<&'static [usize]> {
    let is_to_key = |reference: &Reference| reference.target() == model && reference.column().is_none();
    let mut references = through.references().filter(|(_, reference)| is_to_key(reference));
    let Some((columns, _)) = references.next() else {
        let name = model.name();
        let reference = if model.single_key().is_some() {
            format!("write `#[model(references = {name}, on_delete = cascade)]` on the one that holds its key")
        } else {
            format!("write `#[model(references({name}, fields(..), on_delete = cascade))]` on the struct")
        };
        return Err(refused(
            through,
            format!("no field references `{name}`; {reference}, or name it with `through_fields(..)`"),
        ));
    };
    if references.next().is_some() { Err(unclear(through, model)) } else { Ok(columns) }
}

fn unclear(through: &'static ModelMeta, model: &'static ModelMeta) -> Error {
    let problem = format!(
        "several fields may reference `{}`; name two with `through_fields(..)`: first the one of the model that declares the relation, then the other",
        model.name(),
    );
    refused(through, problem)
}

fn refused(through: &ModelMeta, problem: String) -> Error {
    Error::ThroughFields { through: through.name(), problem }
}
