//! The columns of a new link other than the two keys.

use super::through::Through;
use crate::backend::Args;
use crate::error::{Error, Result};
use crate::model::{ColumnMeta, ModelMeta};
use crate::query::Assigned;
use crate::sql::Links;

/// The values of a new link's other columns: the given defaults, a key, the time, and the first version.
#[derive(Default)]
pub(super) struct LinkDefaults(Vec<Assigned>);

impl LinkDefaults {
    pub(super) fn new(defaults: Vec<Assigned>) -> Self {
        Self(defaults)
    }

    /// Fails if a default is for a column that the library sets, or that cannot be set.
    pub(super) fn check(&self, links: Links) -> Result<()> {
        for (place, assigned) in self.0.iter().enumerate() {
            let column = &links.through.columns()[assigned.column()];
            let problem = if links.pair().contains(&assigned.column()) {
                "it holds a key of the relation's own; leave it out"
            } else if links.through.single_key() == Some(assigned.column()) {
                "every link needs another key; leave it out"
            } else if column.json {
                "it holds JSON, which cannot be set here; leave it out"
            } else if assigned.computed().is_some() {
                "a new link has no row to compute it from; set it to a value"
            } else if self.0[..place].iter().any(|other| other.column() == assigned.column()) {
                "it is set twice; keep one of the values"
            } else {
                continue;
            };
            return Err(refused(links.through, column, problem));
        }
        Ok(())
    }

    /// Returns the columns of a new link, in the order in which they are bound: the two keys first.
    pub(super) fn columns(&self, links: Links, through: &dyn Through) -> Vec<usize> {
        let mut columns = links.pair();
        if !through.needs_no_key() {
            columns.extend(links.through.primary_key_columns());
        }
        columns.extend(self.filled(links.through));
        columns.extend(self.0.iter().map(Assigned::column));
        columns
    }

    /// Binds all but the two keys.
    pub(super) fn bind(&self, through: &dyn Through, args: &mut Args) -> Result<()> {
        if !through.needs_no_key() {
            through.bind_new_key(args)?;
        }
        for column in self.filled(through.meta()) {
            fill(through.meta(), column, args)?;
        }
        self.0.iter().try_for_each(|assigned| assigned.bind(args))
    }

    /// Returns the columns that hold the time of the INSERT or the version, except those with a default.
    fn filled(&self, through: &'static ModelMeta) -> impl Iterator<Item = usize> {
        let is_given = |place: usize| self.0.iter().any(|assigned| assigned.column() == place);
        let columns = through.columns().iter().enumerate();
        columns
            .filter(move |(place, column)| (column.is_stamped() || column.is_version()) && !is_given(*place))
            .map(|(place, _)| place)
    }
}

fn fill(through: &'static ModelMeta, column: usize, args: &mut Args) -> Result<()> {
    let column = &through.columns()[column];
    column.bind_first_version(args).or_else(|| column.bind_now(args)).unwrap_or_else(|| {
        let problem = "links have no instance that could stamp a time of your own type; set it";
        Err(refused(through, column, problem))
    })
}

fn refused(through: &ModelMeta, column: &ColumnMeta, problem: &'static str) -> Error {
    Error::ThroughDefaults { through: through.name(), field: column.field, problem }
}
