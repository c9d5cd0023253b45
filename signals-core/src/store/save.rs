//! The save of one instance: its signals, and its restoration after an error.

use std::future::IntoFuture;
use std::slice;

use futures_util::future::BoxFuture;

use super::attached::{AttachedReceivers, Attaching, RowKey};
use super::bulk::pre_save_limited;
use super::calls::{Create, Save, SaveOptions};
use super::key_errors::key_missing;
use super::send::{Previous, SaveReceivers, WriteOutcome, post_save_of, pre_save_of};
use super::table::{begin_level, end_level};
use super::write::{Force, Undoing, is_bare, write};
use super::write_scope::{KeyGuard, WriteScope, generate_key};
use super::{Model, ModelState, after_transaction, load};
use crate::db::Handle;
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet, ModelKey as _, set_version, version_of};

/// The number of attempts to read a row that the UPDATE finds and the SELECT does not. After these, the
/// database is taken to show the row to no SELECT.
const LOOKS: usize = 3;

impl<'a, M: Model> IntoFuture for Save<'a, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<'a, M: Model> IntoFuture for Create<'a, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'a, Result<M>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut instance, on, options } = self;
        Box::pin(async move {
            Save { instance: &mut instance, on, options }.run().await?;
            Ok(instance)
        })
    }
}

impl<M: Model> Save<'_, M> {
    pub(super) async fn run(self) -> Result<()> {
        let Self { instance, on, options } = self;
        if options.fields.is_some_and(|fields| fields.is_empty()) {
            return Ok(());
        }
        let force = options.check(instance)?;
        if !options.raw {
            validate(instance)?;
        }
        if options.quiet || M::state().has_no_save_receivers(on) {
            return save_without_signals(instance, on, force, options).await;
        }
        let mut scope = WriteScope::new(on);
        let mut receivers = SaveReceivers::now(&scope);
        let kept = KeyGuard::new(instance, receivers.before.may_change_rows(options.raw));
        let is_made = generate_key(kept.held);
        let written = send_and_write(kept.held, &mut receivers, &mut scope, force, is_made, options).await;
        // Not held across the COMMIT and the callbacks after it.
        drop(receivers);
        kept.end(scope, written).await
    }
}

/// Fails if the instance does not pass the validation of its model.
pub(super) fn validate<M: Model>(instance: &M) -> Result<()> {
    instance.validate().map_err(|invalid| Error::Invalid(Box::new(invalid.of_model(M::meta().name()))))
}

impl<M: Model> ModelState<M> {
    /// Returns whether the signals of a save have no receivers, and no test mutes or records them.
    pub fn has_no_save_receivers(&self, on: Handle<'_>) -> bool {
        !on.is_guarded() && self.no_save_receivers.get(SaveReceivers::<M>::are_none)
    }
}

/// Writes the instance without signals.
async fn save_without_signals<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    force: Force,
    options: SaveOptions,
) -> Result<()> {
    let kept = KeyGuard::new(instance, false);
    let force = if generate_key(kept.held) { Force::Insert } else { force };
    if M::FILLED && matches!(on, Handle::Db(_)) {
        // Boxed, since most models have no such columns.
        return Box::pin(save_in_transaction(kept, on, force, options)).await;
    }
    let written = write_without_signals(kept.held, (on, Undoing::Level), force, options).await;
    kept.keep_if_written(written)
}

/// Writes the instance in a transaction, which the scope commits: if that is dropped, the instance keeps what was
/// written.
async fn save_in_transaction<M: Model>(
    kept: KeyGuard<'_, M>,
    on: Handle<'_>,
    force: Force,
    options: SaveOptions,
) -> Result<()> {
    let mut scope = WriteScope::new(on);
    scope.open_if(true).await?;
    let written = write_without_signals(kept.held, (scope.handle(), Undoing::Caller), force, options).await;
    kept.end(scope, written).await
}

async fn write_without_signals<M: Model>(
    instance: &mut M,
    on: (Handle<'_>, Undoing),
    force: Force,
    options: SaveOptions,
) -> Result<()> {
    match write(instance, on, force, options.fields, options.raw, None).await {
        Ok(false) if options.quiet => after_transaction::saved_quietly(instance, options.fields, on.0),
        written => written.map(drop),
    }
}

/// Sends `pre_save`, writes the instance, and sends `post_save`. If `is_made` is true, the key was generated
/// just now.
async fn send_and_write<M: Model>(
    instance: &mut M,
    receivers: &mut SaveReceivers<M>,
    scope: &mut WriteScope<'_>,
    force: Force,
    is_made: bool,
    options: SaveOptions,
) -> Result<()> {
    let SaveOptions { mut fields, raw, .. } = options;
    let reads = receivers.name_previous(raw, scope);
    // No row can have a key that was generated just now.
    let mut to_write = if is_made { Force::Insert } else { force };
    let mut previous = if reads { read_previous(instance, to_write, scope).await? } else { Previous::new() };
    let pre_save = &receivers.before;
    if !pre_save.is_empty() {
        let before = ((reads || is_made) && pre_save.may_change_rows(raw)).then(|| instance.key());
        let rows = slice::from_mut(instance);
        match fields {
            Some(limited) => {
                fields = pre_save_limited(pre_save, rows, &previous, limited, raw, scope).await?.first().copied();
            }
            None => pre_save_of(pre_save, rows, &previous, None, raw, scope).await?,
        }
        let is_other = before.is_some_and(|before| before.key() != instance.pk());
        if is_other {
            to_write = force;
        }
        if reads && (is_other || pre_save.needed_before(raw)) {
            // A receiver chose another row, or may have written this one.
            previous = read_previous(instance, to_write, scope).await?;
        }
    }
    receivers.refresh(scope);
    let attached = take_attached(instance, receivers, to_write, raw, scope).await?;
    // A value that the database filled and that cannot be read undoes the write.
    scope.open_if(M::FILLED || receivers.after.needed_after(raw)).await?;
    receivers.finalized.check(instance)?;
    let writing = Writing { force: to_write, fields, raw, attached };
    let created = if is_missing(&previous) && scope.handle().db().backend().capabilities().locks.are_taken() {
        // Boxed, since most saves need not carry it.
        [Box::pin(write_missing(instance, &mut previous, &writing, scope)).await?]
    } else {
        [writing.write(instance, &previous, scope.handle(), scope).await?]
    };
    let outcome = WriteOutcome { created: &created, fields: fields.as_ref().map(slice::from_ref), raw };
    post_save_of(receivers, slice::from_ref(instance), &previous, outcome, scope).await
}

/// Takes the receivers out of the list whose rows the statement of the save inserts, if it can.
async fn take_attached<M: Model>(
    instance: &M,
    receivers: &mut SaveReceivers<M>,
    force: Force,
    raw: bool,
    scope: &mut WriteScope<'_>,
) -> Result<Option<AttachedReceivers>> {
    if !receivers.after.have_attachments() {
        return Ok(None);
    }
    let key = if instance.pk().is_none() { RowKey::Generated } else { RowKey::Known };
    // An UPDATE of a model that has only its key is a SELECT.
    let has_statement = !M::meta().updated().is_empty() || force == Force::Insert || key == RowKey::Generated;
    if !has_statement || !is_bare(instance, scope.handle(), force)? {
        return Ok(None);
    }
    // Boxed, since most saves need not carry it.
    Box::pin(receivers.after.take_attached(key, raw, scope)).await
}

/// How the row of a save is written.
struct Writing {
    force: Force,
    fields: Option<FieldSet>,
    raw: bool,
    attached: Option<AttachedReceivers>,
}

impl Writing {
    /// Writes the row on this handle. Returns true if an INSERT was executed.
    async fn write<M: Model>(
        &self,
        instance: &mut M,
        previous: &Previous<M>,
        on: Handle<'_>,
        scope: &WriteScope<'_>,
    ) -> Result<bool> {
        let Self { force, fields, raw, ref attached } = *self;
        let (tx, using) = (attached.as_ref().map(|_| scope.tx()), scope.using());
        let previous = previous.first().and_then(Option::as_ref);
        let attaching = attached.as_ref().zip(tx.as_ref());
        let attaching = attaching.map(|(receivers, tx)| Attaching { receivers, previous, raw, using, tx });
        let undoing = if scope.is_open() { Undoing::Caller } else { Undoing::Level };
        write(instance, (on, undoing), force, fields, raw, attaching).await
    }
}

/// Reads the row that is about to be written.
async fn read_previous<M: Model>(instance: &M, force: Force, scope: &mut WriteScope<'_>) -> Result<Previous<M>> {
    if force == Force::Insert || instance.pk().is_none() {
        return Ok(Previous::new());
    }
    scope.open_if(true).await?;
    let mut row = load::before_write(M::state(), scope.handle(), instance).await?;
    if row.is_none() && scope.handle().db().backend().capabilities().locks.misses_replaced {
        row = load::before_write(M::state(), scope.handle(), instance).await?;
    }
    Ok(vec![row])
}

/// Returns whether the row was read and not found.
fn is_missing<M>(previous: &[Option<M>]) -> bool {
    matches!(previous, [None])
}

/// Writes an instance whose row was not found. Returns true if an INSERT was executed.
///
/// Others may have inserted the row since then. Receivers take the row as `previous`, so an UPDATE that
/// overwrites it is undone. It runs again after the row is read.
async fn write_missing<M: Model>(
    instance: &mut M,
    previous: &mut Previous<M>,
    writing: &Writing,
    scope: &mut WriteScope<'_>,
) -> Result<bool> {
    for _ in 0..LOOKS {
        let level = begin_level(scope.handle()).await?;
        // The UPDATE may fill columns, and is undone.
        let before = if M::FILLED { instance.duplicate() } else { None };
        let version = if M::FILLED { version_of(instance) } else { None };
        let written = writing.write(instance, previous, Handle::Tx(&level), scope).await;
        if !matches!(written, Ok(false)) {
            return end_level(level, written).await;
        }
        level.rollback().await?;
        if let Some(before) = before {
            *instance = before;
        } else if let Some(version) = version {
            set_version(instance, version);
        }
        *previous = read_previous(instance, writing.force, scope).await?;
        if !is_missing(previous) {
            break;
        }
    }
    writing.write(instance, previous, scope.handle(), scope).await
}

impl SaveOptions {
    /// Fails if options contradict each other, before any signal.
    fn check<M: Model>(&self, instance: &M) -> Result<Force> {
        let meta = M::meta();
        let refuse = |problem: String| Err(Error::SaveOptions { model: meta.name(), problem });
        if self.force_insert && self.force_update {
            return refuse("`force_insert` and `force_update` exclude each other; keep one".into());
        }
        if self.force_insert && self.fields.is_some() {
            return refuse(
                "`force_insert` writes every column; leave `update_fields` out, or drop `force_insert`".into(),
            );
        }
        if let Some(fields) = self.fields {
            if !fields.is_of(meta) {
                return refuse("`update_fields` holds columns of another model".into());
            }
            if let Some(column) = meta.primary_key().find(|column| fields.contains_name(column.field)) {
                return refuse(format!("the primary key `{}` cannot be in `update_fields`", column.field));
            }
            if let Some((field, why)) = fields.not_updated() {
                return refuse(format!("`{field}` cannot be in `update_fields`, because {why}; leave it out"));
            }
        }
        let update = self.force_update || self.fields.is_some();
        if update && instance.pk().is_none() {
            let fix = "save it without `force_update` or `update_fields` first";
            return Err(key_missing(meta.name(), "update", fix));
        }
        Ok(match (self.force_insert, update) {
            (true, _) => Force::Insert,
            (_, true) => Force::Update,
            _ => Force::Neither,
        })
    }
}
