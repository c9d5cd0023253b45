//! The traits of public types.

use std::fmt::Debug;
use std::hash::Hash;

use signals::db::{Backend, DbBuilder, TransactionBuilder};
use signals::error::{Invalid, MissingReceiver, ReceiverCall, ReceiverError, RecursionError, ReferencingRows};
use signals::model::{
    BulkCreate, BulkDelete, BulkUpdate, ColumnMeta, ColumnOf, Create, Delete, Deleted, Key, OnConflict, OnDelete, Save,
    Upsert, UpsertReport, Upserted,
};
use signals::payload::{Instances, InstancesMut, M2mChanged, SaveFinalized};
use signals::query::{
    Assignment, Condition, DeleteObjects, Expression, GetOrCreate, Now, NumberKind, Objects, Order, Page,
    UpdateObjects, UpdateOrCreate, ValuesOf,
};
use signals::receivers::{
    ConnectOptions, Outcome, ReceiverGuard, ReceiverId, ReceiverInfo, RegisteredReceiver, Registry,
};
use signals::relation::{
    KeySetIter, LoadedMany, LoadedOne, M2mAdd, M2mClear, M2mCreate, M2mRemove, M2mSet, ManyToMany, ToMany,
    ToManyThrough, ToOne,
};
use signals::testing::{Muted, RecordedSignal, Recording};
use signals::{
    BoxError, Column, Db, DeleteOrigin, Error, FieldSet, Isolation, KeySet, M2mAction, Model, ModelMeta, PostDelete,
    PostSave, PreDelete, PreSave, Tx,
};

#[derive(Debug, Model)]
#[model(table = "surface_note")]
struct Note {
    id: i64,
    text: String,
    stars: i32,
}

type Text = Column<Note, String>;

fn shared<T: Debug + Send + Sync + ?Sized>() {}
fn sent<T: Debug + Send>() {}
fn compared<T: Debug + Clone + Eq + Hash>() {}
fn copied<T: Debug + Copy + Eq + Hash>() {}

#[test]
fn public_types_are_shown_sent_and_shared() {
    shared::<Db>();
    shared::<Tx>();
    shared::<DbBuilder>();
    shared::<TransactionBuilder<'_>>();
    shared::<Error>();
    shared::<BoxError>();
    shared::<signals::context::Context>();
    shared::<ReceiverError>();
    shared::<RecursionError>();
    shared::<ModelMeta>();
    shared::<ColumnMeta>();
    shared::<KeySet>();
    shared::<KeySetIter<'_>>();
    shared::<Instances<'_, Note>>();
    shared::<InstancesMut<'_, Note>>();
    shared::<Objects<Note>>();
    shared::<Page<Note>>();
    shared::<Condition<Note>>();
    shared::<Assignment<Note>>();
    shared::<Order<Note>>();
    shared::<Expression<Note, i32>>();
    shared::<Now>();
    shared::<NumberKind>();
    shared::<Invalid>();
    shared::<ManyToMany<'_, Note, Note>>();
    shared::<ToOne<Note, Note>>();
    shared::<ToMany<Note, Note>>();
    shared::<ToManyThrough<Note, Note, Note>>();
    shared::<LoadedOne<Note, Note>>();
    shared::<LoadedMany<Note, Note>>();
    shared::<Muted>();
    shared::<Recording>();
    shared::<Deleted>();
    shared::<ReceiverGuard>();
    shared::<Outcome<()>>();
}

#[test]
fn calls_and_payloads_are_sent() {
    sent::<Save<'_, Note>>();
    sent::<Create<'_, Note>>();
    sent::<Delete<'_, Note>>();
    sent::<BulkCreate<'_, Note>>();
    sent::<BulkUpdate<'_, Note>>();
    sent::<BulkDelete<'_, Note>>();
    sent::<OnConflict<'_, Note, Upserted>>();
    sent::<Upsert<'_, Note, Upserted>>();
    sent::<UpsertReport<'_, Note, Vec<Upserted>>>();
    sent::<UpdateObjects<'_, Note>>();
    sent::<DeleteObjects<'_, Note>>();
    sent::<ValuesOf<'_, Note, &Text>>();
    sent::<GetOrCreate<'_, Note>>();
    sent::<UpdateOrCreate<'_, Note>>();
    sent::<M2mAdd<'_, Note>>();
    sent::<M2mRemove<'_>>();
    sent::<M2mSet<'_, Note>>();
    sent::<M2mClear<'_>>();
    sent::<M2mCreate<'_, Note, Note>>();
    sent::<PreSave<'_, Note>>();
    sent::<PostSave<'_, Note>>();
    sent::<PreDelete<'_, Note>>();
    sent::<PostDelete<'_, Note>>();
    sent::<SaveFinalized<'_, Note>>();
    sent::<M2mChanged<'_, Note>>();
}

#[test]
fn values_are_compared_and_copied() {
    compared::<ReceiverInfo>();
    compared::<RegisteredReceiver>();
    compared::<Registry>();
    compared::<ReceiverCall>();
    compared::<MissingReceiver>();
    compared::<ReferencingRows>();
    compared::<ConnectOptions>();
    compared::<RecordedSignal>();
    compared::<Key<'_>>();
    copied::<Text>();
    copied::<FieldSet>();
    copied::<Upserted>();
    copied::<ReceiverId>();
    copied::<OnDelete>();
    copied::<DeleteOrigin>();
    copied::<M2mAction>();
    copied::<Isolation>();
    copied::<Backend>();
}

#[test]
fn a_set_of_fields_is_collected_and_read_in_the_order_of_the_model() {
    let columns: [&dyn ColumnOf<Note>; 2] = [Note::STARS, Note::TEXT];
    let mut set: FieldSet = columns.into_iter().collect();
    assert_eq!(set, FieldSet::of::<Note>(&[Note::TEXT, Note::STARS]));
    assert_eq!(set.into_iter().collect::<Vec<_>>(), ["text", "stars"]);
    assert_eq!(set.into_iter().len(), 2);
    let key: &dyn ColumnOf<Note> = Note::ID;
    set.extend([key]);
    assert_eq!(set.names().collect::<Vec<_>>(), ["id", "text", "stars"]);
    assert_eq!(FieldSet::empty::<Note>().into_iter().next(), None);
}

#[test]
fn a_set_of_fields_takes_no_column_of_another_model() {
    #[derive(Model)]
    #[model(table = "surface_other")]
    struct Other {
        id: i64,
    }
    let mut set = FieldSet::empty::<Note>();
    let other: &dyn ColumnOf<Other> = Other::ID;
    set.extend([other]);
    assert!(set.is_empty());
}

#[test]
fn a_set_of_keys_is_collected_in_order_each_key_once() {
    let keys: KeySet = [3_i64, 1, 0, 3].into_iter().collect();
    assert_eq!(keys.as_slice::<i64>(), Some(&[1, 3][..]), "an unset key is none");
    let mut read = Vec::new();
    for key in &keys {
        read.push(key);
    }
    assert_eq!(read, [Key::Int(1), Key::Int(3)]);
    assert!(KeySet::from_iter(["b".to_owned(), "a".to_owned()]).contains(&Key::Text("a")));
}

#[test]
fn columns_are_the_same_by_their_field() {
    let text = *Note::TEXT;
    assert_eq!(text, *Note::TEXT);
    assert_ne!(format!("{text:?}"), format!("{:?}", Note::STARS));
}
