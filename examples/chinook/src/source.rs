//! The file: a JSON object with a list of rows for each table.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use signals::Model;

use crate::failure::{Failure, FieldError, Place};
use crate::row::Row;

/// A model with a table in the file.
pub(crate) trait Record: Model {
    /// The table's name in the file.
    const TABLE: &'static str;

    /// The fields that identify a row.
    const KEY: &'static [&'static str];

    /// Takes the model's fields from a row.
    fn read(row: &mut Row) -> Result<Self, FieldError>;
}

/// The records of a table, and the position of each in the file.
pub(crate) struct Table<R> {
    pub(crate) places: Vec<Place>,
    pub(crate) records: Vec<R>,
}

/// The tables that were not taken yet.
pub(crate) struct Source(Map<String, Value>);

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let text = fs::read(path).map_err(|source| Failure::Read { path: path.into(), source })?;
        match serde_json::from_slice(&text) {
            Ok(Value::Object(tables)) => Ok(Self(tables)),
            Ok(_) => Err(Failure::Shape { path: path.into() }),
            Err(source) => Err(Failure::Parse { path: path.into(), source }),
        }
    }

    /// Takes the table of a model and reads all its rows.
    pub(crate) fn table<R: Record>(&mut self) -> Result<Table<R>, Failure> {
        let failed = |problem| Failure::Table { table: R::TABLE.into(), problem };
        match self.0.remove(R::TABLE) {
            Some(Value::Array(rows)) => {
                let rows: Result<_, Failure> = (1..).zip(rows).map(|(number, row)| read(number, row)).collect();
                rows.map(|(places, records)| Table { places, records })
            }
            Some(_) => Err(failed("is not a list of rows")),
            None => Err(failed("is missing")),
        }
    }

    /// Refuses a file with a table that was not taken.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.0.into_iter().next() {
            Some((table, _)) => Err(Failure::Table { table, problem: "is unknown" }),
            None => Ok(()),
        }
    }
}

fn read<R: Record>(row: usize, value: Value) -> Result<(Place, R), Failure> {
    let place = Place { table: R::TABLE, row, key: key::<R>(&value) };
    let Value::Object(fields) = value else {
        return Err(place.failed("it is not an object with fields"));
    };
    let mut row = Row::new(fields);
    let record = R::read(&mut row).and_then(|record| row.finish().map(|()| record));
    match record {
        Ok(record) => Ok((place, record)),
        Err(error) => Err(place.failed(error)),
    }
}

/// Returns the key of a row for an error, if every part of it exists.
fn key<R: Record>(row: &Value) -> Option<String> {
    let part = |field: &&str| row.get(*field)?.as_i64().map(|key| format!("{field} {key}"));
    let parts: Option<Vec<_>> = R::KEY.iter().map(part).collect();
    parts.map(|parts| parts.join(", "))
}
