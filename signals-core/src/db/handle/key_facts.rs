//! What is known of the keys of tables, for a call on a database or in a transaction.

use super::Handle;
use super::db::Db;
use crate::backend::KeyFacts;
use crate::error::Result;
use crate::model::ModelMeta;

impl Db {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(crate) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.database().tables().key_facts(meta, read)
    }
}

impl Handle<'_> {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(crate) fn key_facts<T>(&self, meta: &'static ModelMeta, read: impl Fn(&KeyFacts) -> T) -> Result<Option<T>> {
        if let Some(known) = self.db().key_facts(meta, &read) {
            return Ok(Some(known));
        }
        Ok(match self {
            Self::Db(_) => None,
            Self::Tx(tx) => tx.own_key_facts(meta, read)?,
        })
    }

    /// Keeps what the database said of the key of a model's table.
    pub(crate) fn keep_key_facts(&self, meta: &'static ModelMeta, facts: KeyFacts) -> Result<()> {
        let left = match self {
            Self::Db(_) => Some(facts),
            Self::Tx(tx) => tx.keep_own_key_facts(meta, facts)?,
        };
        if let Some(facts) = left {
            self.db().database().tables().keep(meta, facts);
        }
        Ok(())
    }

    /// Forgets what a statement found untrue.
    pub(crate) fn forget_key_facts(&self, meta: &'static ModelMeta) -> Result<()> {
        self.db().database().tables().forget(meta);
        match self {
            Self::Db(_) => Ok(()),
            Self::Tx(tx) => tx.forget_own_key_facts(meta),
        }
    }
}
