//! The checks of instances before they are saved.

use std::slice;

use signals::error::Invalid;
use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, db};
use tokio::sync::Mutex;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "validation_users", validate = check)]
struct User {
    id: i64,
    #[model(unique, sql_type = "VARCHAR(40)")]
    email: String,
    age: i32,
}

fn check(user: &User) -> Result<(), Invalid> {
    let mut invalid = Invalid::new();
    if !user.email.contains('@') {
        invalid = invalid.field(User::EMAIL, "is not an address");
    }
    if user.age < 0 {
        invalid = invalid.field("age", "is negative").message("nobody is that young");
    }
    invalid.into_result()
}

static LOG: Log = Log::new();
/// The tests that save users share the log.
static TURN: Mutex<()> = Mutex::const_new(());

#[receiver(pre_save, sender = User)]
fn before(instance: &mut User) {
    LOG.note(&instance.email);
    // Not checked again.
    if instance.email == "old@b.c" {
        instance.age = -5;
    }
}

fn user(email: &str, age: i32) -> User {
    User { id: 0, email: email.into(), age }
}

fn names(error: &Error) -> Option<Vec<&str>> {
    let invalid = error.find::<Invalid>()?;
    assert_eq!(invalid.model(), "User");
    Some(invalid.fields().iter().map(|(field, _)| &**field).collect())
}

#[tokio::test]
async fn an_invalid_instance_is_not_saved_by_any_call_and_sends_nothing() -> Result<()> {
    let _turn = TURN.lock().await;
    let db = db().await;
    let mut saved = user("ann@b.c", 1).create(&db).await?;
    assert_eq!(LOG.take(), ["ann@b.c"]);
    saved.email = "ann".into();
    let sought = User::objects().filter(User::EMAIL.eq("ann@b.c"));
    let missing = User::objects().filter(User::EMAIL.eq("no@b.c"));
    let mut many = [user("bob@b.c", 1), user("bob", 2)];
    for error in [
        user("ann", 1).create(&db).await.unwrap_err(),
        saved.save(&db).await.unwrap_err(),
        saved.save(&db).quiet().await.unwrap_err(),
        saved.save(&db).update_fields([User::AGE]).await.unwrap_err(),
        User::bulk_create(&db, &mut many).await.unwrap_err(),
        User::bulk_create(&db, &mut many).quiet().batch_size(1).await.unwrap_err(),
        User::bulk_update(&db, slice::from_mut(&mut saved), [User::AGE]).await.unwrap_err(),
        user("ann", 1).save(&db).on_conflict([User::EMAIL]).update([User::AGE]).await.unwrap_err(),
        user("ann", 1).save(&db).quiet().on_conflict([User::EMAIL]).ignore().await.unwrap_err(),
        missing.get_or_create(&db, || user("ann", 1)).await.unwrap_err(),
        missing.update_or_create(&db, |_| {}, || user("ann", 1)).await.unwrap_err(),
        sought.update_or_create(&db, |user| user.email = "ann".into(), || user("ann", 1)).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert_eq!(names(&error), Some(vec!["email"]), "{error}");
    }
    assert_eq!((LOG.take(), User::objects().count(&db).await?), (vec![], 1));
    assert_eq!(many[0].id, 0);

    let error = user("ann", -1).create(&db).await.unwrap_err();
    let says = "the `User` is not valid: `email` is not an address; `age` is negative; nobody is that young";
    assert_eq!(error.to_string(), says);

    user("old@b.c", 90).create(&db).await?;
    assert_eq!(User::objects().filter(User::AGE.eq(-5)).count(&db).await?, 1);
    user("fixture", 1).save(&db).raw().await?;
    assert_eq!(User::objects().update(&db, User::AGE.set(-1)).await?, 3);
    Ok(())
}

#[tokio::test]
async fn an_upsert_checks_every_instance_before_the_first_signal() -> Result<()> {
    let _turn = TURN.lock().await;
    let db = db().await;
    let ann = user("ann@b.c", 1).create(&db).await?;
    LOG.take();
    // The first row exists, the second one is new, and the last one is not valid.
    let list = || [user("ann@b.c", 9), user("bob@b.c", 9), user("cleo", 9)];
    for (is_quiet, size) in [(false, 1), (false, 1000), (true, 1), (true, 1000)] {
        for number in 0..4 {
            let mut users = list();
            let create = User::bulk_create(&db, &mut users).batch_size(size);
            let create = if is_quiet { create.quiet() } else { create };
            let upsert = create.on_conflict([User::EMAIL]);
            let done = match number {
                0 => upsert.update([User::AGE]).await,
                1 => upsert.ignore().await,
                2 => upsert.update_with(User::AGE.set(User::AGE + 1)).await,
                _ => upsert.update([User::AGE]).report().await.map(drop),
            };
            assert_eq!(names(&done.unwrap_err()), Some(vec!["email"]));
            assert_eq!((users, LOG.take()), (list(), vec![]));
            assert_eq!(User::objects().all(&db).await?, slice::from_ref(&ann));
        }
    }
    let mut users = list();
    let upsert = User::bulk_create(&db, &mut users).raw().on_conflict([User::EMAIL]);
    upsert.update_with(User::AGE.set(User::AGE - 5)).await?;
    assert_eq!(
        users.map(|user| user.age),
        [-4, 9, 9],
        "neither the instances of `raw` nor computed values are checked"
    );
    Ok(())
}

#[tokio::test]
async fn the_error_of_a_nested_save_is_found_and_undoes_the_outer_one() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "validation_teams", validate = Self::check)]
    struct Team {
        id: i64,
        name: String,
    }
    #[derive(Debug)]
    struct Nameless;
    impl From<Nameless> for Invalid {
        fn from(_: Nameless) -> Self {
            Self::new().message("has no name")
        }
    }
    impl Team {
        fn check(&self) -> Result<(), Nameless> {
            if self.name.is_empty() { Err(Nameless) } else { Ok(()) }
        }
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "validation_clubs")]
    struct Club {
        id: i64,
        name: String,
    }
    #[receiver(post_save, sender = Club)]
    async fn found(instance: &Club, tx: &signals::Tx) -> Result<()> {
        Team { id: 0, name: instance.name.clone() }.create(tx).await.map(drop)
    }
    let db = db().await;
    let error = Club { id: 0, name: String::new() }.create(&db).await.unwrap_err();
    let invalid = error.find::<Invalid>().unwrap();
    assert_eq!((invalid.model(), invalid.messages()), ("Team", &["has no name".into()][..]), "{error}");
    assert!(error.to_string().contains("the `Team` is not valid: has no name"), "{error}");
    assert_eq!(Club::objects().count(&db).await?, 0);
    Club { id: 0, name: "a".into() }.create(&db).await?;
    assert_eq!(Team::objects().count(&db).await?, 1);
    Ok(())
}
