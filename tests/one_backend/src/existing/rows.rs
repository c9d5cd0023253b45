//! The rows of a model, without its type.

use std::fmt::Debug;
use std::pin::Pin;

use signals::{Db, Model, Result};

type Work<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// All rows of a model.
pub(super) struct Rows<M>(Vec<M>);

/// What a test does with all rows of a model.
pub(super) trait AnyRows: Send {
    fn model(&self) -> &'static str;

    /// Updates each row with its own values.
    fn save<'a>(&'a mut self, db: &'a Db) -> Work<'a>;

    /// Deletes each row, the last one first.
    fn delete<'a>(&'a mut self, db: &'a Db) -> Work<'a>;

    /// Inserts each row with the key that it had.
    fn insert<'a>(&'a mut self, db: &'a Db) -> Work<'a>;

    /// Asserts that the table has these rows.
    fn assert_stored<'a>(&'a mut self, db: &'a Db) -> Work<'a>;
}

impl<M: Model> Rows<M> {
    /// Loads all rows. There is at least one.
    pub(super) async fn load(db: &Db) -> Result<Self> {
        let rows = M::objects().all(db).await?;
        let expected = M::objects().count(db).await?;
        assert!(!rows.is_empty() && usize::try_from(expected).is_ok_and(|it| it == rows.len()), "{}", M::meta().name());
        Ok(Self(rows))
    }
}

impl<M: Model + PartialEq + Debug> AnyRows for Rows<M> {
    fn model(&self) -> &'static str {
        M::meta().name()
    }

    fn save<'a>(&'a mut self, db: &'a Db) -> Work<'a> {
        Box::pin(async move {
            for row in &mut self.0 {
                row.save(db).force_update().await?;
            }
            self.assert_stored(db).await
        })
    }

    fn delete<'a>(&'a mut self, db: &'a Db) -> Work<'a> {
        Box::pin(async move {
            for row in self.0.iter().rev() {
                row.delete(db).await?;
            }
            assert_eq!(M::objects().count(db).await?, 0);
            Ok(())
        })
    }

    fn insert<'a>(&'a mut self, db: &'a Db) -> Work<'a> {
        Box::pin(async move {
            for row in &mut self.0 {
                row.save(db).force_insert().await?;
            }
            Ok(())
        })
    }

    fn assert_stored<'a>(&'a mut self, db: &'a Db) -> Work<'a> {
        Box::pin(async move {
            let stored = M::objects().all(db).await?;
            let is_same = stored.len() == self.0.len() && self.0.iter().all(|row| stored.contains(row));
            assert!(is_same, "{:?} is not {stored:?}", self.0);
            Ok(())
        })
    }
}
