//! The model of a program of which two versions run at once. Their receivers and tasks are in the programs
//! `task-old` and `task-new`.

use signals::{Db, Model, Result};

/// A parcel.
#[derive(Debug, Clone, Model)]
#[model(table = "deploy_parcel")]
pub struct Parcel {
    /// The key.
    pub id: i64,
    /// The version that saved it.
    pub version: String,
}

impl Parcel {
    /// Saves a parcel of this version.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn place(db: &Db, version: &str) -> Result<Self> {
        Self { id: 0, version: version.to_owned() }.create(db).await
    }
}
