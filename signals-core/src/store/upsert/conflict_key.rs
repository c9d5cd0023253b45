//! The values of an instance in the columns of a unique key, for comparisons in memory.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::backend::{Args, Backend};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, ModelMeta};
use crate::store::Model;
use crate::store::bulk::refused;
use crate::store::write::bind_column;

/// The values of an instance in the conflict columns.
///
/// Equal keys are equal in the database. Different ones may be equal there too, such as texts in a collation without
/// case. Numbers and texts are ordered as in the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ConflictKey(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Number(i128),
    Text(String),
    /// A value of another type, as sqlx shows it.
    Shown(String),
}

impl ConflictKey {
    /// Returns the key of an instance. `None` if it conflicts with no row: one of the values is NULL, or the primary
    /// key is unset.
    pub(super) fn of<M: Model>(instance: &M, columns: &[usize], backend: Backend) -> Result<Option<Self>> {
        let meta = M::meta();
        if columns == meta.primary_key_columns() && instance.pk().is_none() {
            return Ok(None);
        }
        let mut parts = Vec::with_capacity(columns.len());
        for column in columns {
            let Some(value) = instance.field(*column) else { return Ok(None) };
            if meta.columns()[*column].is_null(value, backend) {
                return Ok(None);
            }
            parts.push(match part(value) {
                Some(part) => part,
                None => shown(instance, *column, backend)?,
            });
        }
        Ok(Some(Self(parts)))
    }

    /// Returns the key without the case of its texts, and without spaces at their ends. `None` if it has no text.
    pub(super) fn folded(&self) -> Option<Self> {
        let has_text = self.0.iter().any(|part| matches!(part, Part::Text(_)));
        let fold = |part: &Part| match part {
            Part::Text(text) => Part::Text(text.trim_end().to_lowercase()),
            part => part.clone(),
        };
        has_text.then(|| Self(self.0.iter().map(fold).collect()))
    }

    /// Returns the key of each instance. Fails if two instances have the same one.
    pub(super) fn of_all<M: Model>(instances: &[M], columns: &[usize], backend: Backend) -> Result<Vec<Option<Self>>> {
        let mut places = HashMap::with_capacity(instances.len());
        let keys: Vec<_> =
            instances.iter().map(|instance| Self::of(instance, columns, backend)).collect::<Result<_>>()?;
        for (place, key) in keys.iter().enumerate() {
            match key.as_ref().map(|key| places.entry(key)) {
                Some(Entry::Occupied(first)) => return Err(twice::<M>(columns, *first.get(), place)),
                Some(Entry::Vacant(free)) => {
                    free.insert(place);
                }
                None => {}
            }
        }
        Ok(keys)
    }
}

/// Returns the error of two instances with the same key.
pub(super) fn twice<M: Model>(columns: &[usize], first: usize, second: usize) -> Error {
    refused::<M>(format!(
        "the instances at {first} and {second} have the same {} for `on_conflict`; keep one of the two",
        fields(M::meta(), columns),
    ))
}

/// Returns the names of the fields, for an error.
pub(super) fn fields(meta: &ModelMeta, columns: &[usize]) -> String {
    let names: Vec<_> = columns.iter().map(|index| format!("`{}`", meta.columns()[*index].field)).collect();
    if let [one] = &*names { one.clone() } else { format!("({})", names.join(", ")) }
}

/// Returns a value of one of the usual types.
fn part(value: &dyn Any) -> Option<Part> {
    macro_rules! number {
        ($($number:ty),*) => {$(
            if let Some(number) = value.downcast_ref::<$number>() {
                return Some(Part::Number(i128::from(*number)));
            }
            if let Some(number) = value.downcast_ref::<Option<$number>>() {
                return number.map(|number| Part::Number(i128::from(number)));
            }
        )*};
    }
    if let Some(text) = value.downcast_ref::<String>() {
        return Some(Part::Text(text.clone()));
    }
    if let Some(text) = value.downcast_ref::<Option<String>>() {
        return text.clone().map(Part::Text);
    }
    number!(i64, i32, i16, i8, u64, u32, u16, u8);
    None
}

/// Returns a value of any type as it is bound.
fn shown<M: Model>(instance: &M, column: usize, backend: Backend) -> Result<Part> {
    let mut args = Args::new(backend, 1);
    bind_column(instance, column, &mut args)?;
    Ok(Part::Shown(args.shown()))
}
