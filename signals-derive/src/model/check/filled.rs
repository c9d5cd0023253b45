//! The checks of columns that the database fills.

use crate::keys;
use crate::model::ir::{Column, Model};
use crate::model::on_delete::OnDelete;
use crate::model::syntax::Struct;
use crate::sink::Sink;

pub(super) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    if let Some(word) = &written.attrs.reread
        && !model.columns.iter().any(Column::is_filled)
    {
        let message = "`reread` reads the columns that the database fills, and this model has none; \
                       write `#[model(read_only)]` on the fields that triggers write";
        sink.push(word, message);
    }
    for field in &written.fields {
        let unwritten = [keys::GENERATED, keys::READ_ONLY, keys::INSERT_ONLY];
        if let Some((OnDelete::SetNull | OnDelete::SetDefault, word)) = &field.attrs.on_delete
            && let Some(key) = unwritten.into_iter().find(|key| field.attrs.find(*key).is_some())
        {
            let message = format!("no UPDATE writes a column with `{}`; write `on_delete = cascade`", key.name);
            sink.push(word, message);
        }
    }
}
