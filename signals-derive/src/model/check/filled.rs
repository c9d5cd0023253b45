//! The checks of columns that the database fills.

use crate::keys::{self, Key};
use crate::model::ir::{Column, Model};
use crate::model::on_delete::OnDelete;
use crate::model::syntax::{Struct, WrittenField};
use crate::sink::Sink;

pub(super) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    if let Some(word) = &written.attrs.reread
        && !model.columns.iter().any(Column::is_filled)
    {
        let message = "`reread` reads the columns that the database fills, and this model has none; \
                       write `#[model(read_only)]` on the fields that triggers write";
        sink.push(word, message);
    }
    let versions = written.fields.iter().filter_map(|field| field.attrs.find(keys::VERSION));
    for word in versions.skip(1) {
        sink.push(word, "a row has one version; leave `version` out here");
    }
    for field in &written.fields {
        if let Some((OnDelete::SetNull | OnDelete::SetDefault, word)) = &field.attrs.on_delete
            && let Some(key) = unwritten(field)
        {
            sink.push(word, refusal(key));
        }
    }
    for reference in &written.attrs.references {
        let mut fields = written.fields.iter().filter(|field| reference.fields.contains(field.ident));
        if let Some((OnDelete::SetNull | OnDelete::SetDefault, word)) = &reference.on_delete
            && let Some(key) = fields.find_map(unwritten)
        {
            sink.push(word, refusal(key));
        }
    }
}

/// Returns the key by which no UPDATE writes a field.
fn unwritten(field: &WrittenField<'_>) -> Option<Key> {
    [keys::GENERATED, keys::READ_ONLY, keys::INSERT_ONLY].into_iter().find(|key| field.attrs.find(*key).is_some())
}

fn refusal(key: Key) -> String {
    format!("no UPDATE writes a column with `{}`; write `on_delete = cascade`", key.name)
}
