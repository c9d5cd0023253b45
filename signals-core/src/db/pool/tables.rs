//! What the tables of a database say of their keys: asked once for each model, and kept as long as the database is
//! open.
//!
//! Nothing tells when a table changes. A fact that a statement finds untrue is forgotten. What was asked in a
//! transaction that may have changed tables is kept by the transaction, until it is committed.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::backend::KeyFacts;
use crate::model::ModelMeta;

/// The facts of the models that were asked for in one transaction.
pub(in crate::db) type OwnTables = Vec<(&'static ModelMeta, KeyFacts)>;

/// The facts of each model that was asked for.
#[derive(Default)]
pub(in crate::db) struct Tables(ArcSwap<HashMap<TypeId, Arc<KeyFacts>, BuildHasherDefault<TypeIdHasher>>>);

/// The hasher of a `TypeId`, which is a hash already. Every save asks for its model, and hashing it once more would
/// take longer than the rest.
#[derive(Default)]
pub(in crate::db) struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // A `TypeId` writes one `u64`. Any other bytes are taken too, for a hash of lesser worth.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Tables {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(in crate::db) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.0.load().get(&meta.type_id()).map(|facts| read(facts))
    }

    /// Keeps what the database said of the key of a model's table.
    pub(in crate::db) fn keep(&self, meta: &'static ModelMeta, facts: KeyFacts) {
        let facts = Arc::new(facts);
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(meta.type_id(), Arc::clone(&facts));
            tables
        });
    }

    /// Keeps what a committed transaction learned.
    pub(in crate::db) fn keep_own(&self, tables: OwnTables) {
        for (meta, facts) in tables {
            self.keep(meta, facts);
        }
    }

    /// Forgets what a statement found untrue.
    pub(in crate::db) fn forget(&self, meta: &'static ModelMeta) {
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.remove(&meta.type_id());
            tables
        });
    }

    /// Forgets what is known, since the tables may be others now.
    #[cfg(feature = "migrate")]
    pub(in crate::db) fn forget_all(&self) {
        self.0.store(Arc::default());
    }
}
