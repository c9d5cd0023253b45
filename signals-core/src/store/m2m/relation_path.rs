//! The direction of a relation, and the columns of its through model.

use crate::error::{Error, Result};
use crate::model::ModelMeta;

/// The direction of a many-to-many relation, as `#[derive(Model)]` writes it.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct RelationPath {
    reverse: bool,
    symmetrical: bool,
    columns: Option<(&'static str, &'static str)>,
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

    /// Names the columns of the through model. `source` references the declaring model, and `target` the
    /// other one, in either direction.
    #[must_use]
    pub const fn columns(mut self, source: &'static str, target: &'static str) -> Self {
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

    /// Returns the indexes of two columns of the through model: the one with the keys of `own`, and the one
    /// with those of the other side.
    pub(super) fn places(
        self,
        through: &'static ModelMeta,
        own: &'static ModelMeta,
        other: &'static ModelMeta,
    ) -> Result<(usize, usize)> {
        let (declaring, declared) = if self.reverse { (other, own) } else { (own, other) };
        let (source, target) = match self.columns {
            Some((source, target)) => (named(through, source, declaring)?, named(through, target, declared)?),
            None if declaring == declared => return Err(unclear(through, declaring)),
            None => (sole(through, declaring)?, sole(through, declared)?),
        };
        Ok(if self.reverse { (target, source) } else { (source, target) })
    }
}

/// Returns the index of the column with this name.
fn named(through: &'static ModelMeta, name: &str, model: &'static ModelMeta) -> Result<usize> {
    let place = through
        .column_named(name)
        .ok_or_else(|| refused(through, format!("it has no field `{name}`, which `through_fields` names")))?;
    match through.columns()[place].reference {
        Some(reference) if reference.target() != model => Err(refused(
            through,
            format!(
                "its field `{name}` references `{}`, and not `{}`; name the fields of `through_fields` in the order of the relation's two models",
                reference.target().name(),
                model.name(),
            ),
        )),
        _ => Ok(place),
    }
}

/// Returns the index of the only column that references `model`.
fn sole(through: &'static ModelMeta, model: &'static ModelMeta) -> Result<usize> {
    let references = through.references().filter(|(_, reference)| reference.target() == model);
    let mut places = references.filter_map(|(columns, _)| if let [column] = columns { Some(*column) } else { None });
    let Some(place) = places.next() else {
        let model = model.name();
        let problem = format!(
            "no field references `{model}`; write `#[model(references = {model}, on_delete = cascade)]` on the one that holds its key, or name it with `through_fields(..)`"
        );
        return Err(refused(through, problem));
    };
    if places.next().is_some() { Err(unclear(through, model)) } else { Ok(place) }
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
