use signals::model::{Key, PrimaryKey};
use signals::Model;

#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
struct UserId(i64);

impl PrimaryKey for UserId {
    type Lookup<'a> = UserId;
    const GENERATED: bool = i64::GENERATED;

    fn key(&self) -> Option<Key<'_>> {
        self.0.key()
    }

    fn from_lookup(lookup: UserId) -> Self {
        lookup
    }
}

#[derive(Model)]
struct User {
    id: UserId,
}

fn main() {}
