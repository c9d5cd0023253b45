//! Sessions in a table, behind the trait of tower-sessions.

use std::fmt::Display;

use async_trait::async_trait;
use axum_login::tower_sessions::session::{Id, Record};
use axum_login::tower_sessions::session_store::{Error as StoreError, Result};
use axum_login::tower_sessions::{ExpiredDeletion, SessionStore};
use signals::{Db, Error, Model as _};
use time::OffsetDateTime;

use crate::models::Session;

/// The sessions of one database.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    db: Db,
}

impl Sessions {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Chooses another id while the present one belongs to a session, and deletes expired sessions.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.delete_expired().await?;
        loop {
            match row(record).save(&self.db).force_insert().await {
                Err(error) if error.is_unique_violation() => record.id = Id::default(),
                outcome => return outcome.map_err(failed),
            }
        }
    }

    /// Saves a session, unless it was deleted meanwhile, as by a log-out in another window.
    async fn save(&self, record: &Record) -> Result<()> {
        match row(record).save(&self.db).force_update().await {
            Err(Error::NotUpdated { .. }) => Ok(()),
            outcome => outcome.map_err(failed),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let session = Session::find(&self.db, &id.to_string()).await.map_err(failed)?;
        let alive = session.filter(|session| session.expiry > OffsetDateTime::now_utc());
        Ok(alive.map(|session| Record { id: *id, data: session.data, expiry_date: session.expiry }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        Session::objects().filter(Session::ID.eq(id.to_string())).delete(&self.db).await.map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> Result<()> {
        let expired = Session::objects().filter(Session::EXPIRY.le(OffsetDateTime::now_utc()));
        expired.delete(&self.db).await.map_err(failed)?;
        Ok(())
    }
}

fn row(record: &Record) -> Session {
    Session { id: record.id.to_string(), data: record.data.clone(), expiry: record.expiry_date }
}

fn failed(error: impl Display) -> StoreError {
    StoreError::Backend(error.to_string())
}
