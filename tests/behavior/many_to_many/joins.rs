//! Tables of links without an `id`: of databases that exist already, and those that `create_tables` creates.

use std::time::Duration;

use signals::schema::Schema;
use signals::{Db, Error, KeySet, M2mAction, Model, ModelMeta, Result, m2m_changed, post_delete, receiver};
use signals_test_behavior::{Log, count, db, execute, quoted, url};
use uuid::Uuid;

/// Declares films and actors with three tables of links: of a key, of a unique pair, and without any.
macro_rules! cinema {
    ($film:literal, $actor:literal, $keyed:literal, $unique:literal, $bare:literal) => {
        #[derive(Debug, Clone, Model)]
        #[model(table = $film)]
        #[model(many_to_many(actors: Actor, related = films, table = $keyed, columns(film_id, actor_id)))]
        #[model(many_to_many(extras: Actor, related = extra_in, table = $unique, columns("Film", "the actor")))]
        #[model(many_to_many(critics: Actor, related = seen, table = $bare, columns(film, critic)))]
        struct Film {
            id: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[model(table = $actor)]
        struct Actor {
            id: i64,
        }

        /// Creates the tables, those of the links by hand, with a film and three actors.
        async fn cinema() -> Result<(Db, Film, [Actor; 3])> {
            let db = Db::builder(&url().await).busy_timeout(Duration::from_mins(2)).connect().await?;
            db.create_tables_of(|model| model.is::<Film>() || model.is::<Actor>()).await?;
            let references = |film: &str, actor: &str| {
                format!(
                    "FOREIGN KEY ({film}) REFERENCES {} (id), FOREIGN KEY ({actor}) REFERENCES {} (id)",
                    $film, $actor
                )
            };
            execute(
                &db,
                format!(
                    "CREATE TABLE {} (actor_id BIGINT NOT NULL, film_id BIGINT NOT NULL, \
                     last_update INT NOT NULL DEFAULT 7, PRIMARY KEY (actor_id, film_id), {})",
                    $keyed,
                    references("film_id", "actor_id")
                ),
            )
            .await;
            let (film, actor) = (quoted("Film"), quoted("the actor"));
            execute(
                &db,
                format!(
                    "CREATE TABLE {} (line INT, {film} BIGINT NOT NULL, {actor} BIGINT NOT NULL, UNIQUE ({film}, {actor}), {})",
                    $unique,
                    references(&film, &actor)
                ),
            )
            .await;
            execute(
                &db,
                format!(
                    "CREATE TABLE {} (film BIGINT NOT NULL, critic BIGINT NOT NULL, {})",
                    $bare,
                    references("film", "critic")
                ),
            )
            .await;
            let film = Film { id: 0 }.create(&db).await?;
            let mut actors = [(); 3].map(|()| Actor { id: 0 });
            for actor in &mut actors {
                actor.save(&db).await?;
            }
            Ok((db, film, actors))
        }
    };
}

#[tokio::test]
async fn join_tables_are_used_as_they_are() -> Result<()> {
    cinema!("joins_plain_film", "joins_plain_actor", "joins_plain_keyed", "joins_plain_unique", "joins_plain_bare");
    let (db, film, [ann, bob, eve]) = cinema().await?;
    macro_rules! links {
        ($relation:ident, $related:ident, $through:ident { $film:ident, $actor:ident }, $table:literal) => {
            film.$relation().add(&db, [&ann, &bob]).await?;
            film.$relation().add(&db, [&bob, &eve]).await?;
            assert_eq!(film.$relation().keys(&db).await?, [ann.id, bob.id, eve.id]);
            assert_eq!(count(&db, concat!("SELECT COUNT(*) FROM ", $table)).await, 3, "each pair once");
            film.$relation().remove(&db, [&ann]).await?;
            film.$relation().set(&db, [&ann, &bob]).await?;
            assert_eq!(film.$relation().all(&db).await?.iter().map(|it| it.id).collect::<Vec<_>>(), [ann.id, bob.id]);
            assert!(ann.$related().contains(&db, &film).await?);
            assert_eq!($through::get(&db, (film.id, bob.id)).await?.delete(&db).await?.rows(), 1);
            ann.$related().clear(&db).await?;
            assert_eq!(film.$relation().count(&db).await?, 0);
            eve.$related().add(&db, [&film]).await?;
            $through { $film: film.id, $actor: bob.id }.create(&db).await?;
        };
    }
    links!(actors, films, FilmActors { film_id, actor_id }, "joins_plain_keyed");
    links!(extras, extra_in, FilmExtras { film_id, actor_id }, "joins_plain_unique");
    links!(critics, seen, FilmCritics { film, critic }, "joins_plain_bare");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM joins_plain_keyed WHERE last_update = 7").await, 2, "their default");

    // Links go with the rows of either side.
    assert_eq!(eve.delete(&db).await?.rows(), 4);
    assert_eq!(film.delete(&db).await?.rows(), 4);
    Ok(())
}

#[tokio::test]
async fn links_without_an_id_have_every_signal() -> Result<()> {
    cinema!("joins_heard_film", "joins_heard_actor", "joins_heard_keyed", "joins_heard_unique", "joins_heard_bare");
    static LOG: Log = Log::new();
    macro_rules! receivers {
        ($($through:ident $changed:ident $gone:ident $film:ident $actor:ident),*) => {$(
            #[receiver(m2m_changed, sender = $through)]
            fn $changed(action: M2mAction, keys: Option<&KeySet>) {
                LOG.note(format!("{action:?} [{}]", keys.map(ToString::to_string).unwrap_or_default()));
            }
            #[receiver(post_delete, sender = $through)]
            fn $gone(instance: &$through) {
                LOG.note(format!("gone {} {}", instance.$film, instance.$actor));
            }
        )*};
    }
    receivers!(
        FilmActors keyed_changed keyed_gone film_id actor_id,
        FilmExtras unique_changed unique_gone film_id actor_id,
        FilmCritics bare_changed bare_gone film critic
    );
    let (db, film, [ann, bob, eve]) = cinema().await?;
    macro_rules! links {
        ($relation:ident, $related:ident) => {
            film.$relation().add(&db, [&ann, &bob]).await?;
            film.$relation().add(&db, [&bob]).await?;
            assert_eq!(LOG.take(), ["PreAdd [1, 2]", "PostAdd [1, 2]", "PreAdd []", "PostAdd []"]);
            film.$relation().set(&db, [&ann, &eve]).await?;
            assert_eq!(LOG.take(), ["PreRemove [2]", "gone 1 2", "PostRemove [2]", "PreAdd [3]", "PostAdd [3]"]);
            ann.$related().clear(&db).await?;
            assert_eq!(LOG.take(), ["PreClear []", "gone 1 1", "PostClear []"]);
        };
    }
    links!(actors, films);
    links!(extras, extra_in);
    links!(critics, seen);
    eve.delete(&db).await?;
    let mut gone = LOG.take();
    gone.sort();
    assert_eq!(gone, ["gone 1 3"; 3]);

    // Without a key, others may have linked a pair twice. Both rows are the link.
    execute(&db, "INSERT INTO joins_heard_bare (film, critic) VALUES (1, 1), (1, 1), (1, 2), (1, 2)").await;
    film.critics().remove(&db, [&ann]).await?;
    assert_eq!(LOG.take(), ["PreRemove [1]", "gone 1 1", "gone 1 1", "PostRemove [1]"]);
    assert_eq!(film.delete(&db).await?.by_model()["FilmCritics"], 2);
    assert_eq!(LOG.take(), ["gone 1 2"; 2]);
    Ok(())
}

#[tokio::test]
async fn tasks_that_add_the_same_links_to_a_table_without_a_key_add_each_once() -> Result<()> {
    cinema!("joins_raced_film", "joins_raced_actor", "joins_raced_keyed", "joins_raced_unique", "joins_raced_bare");
    static ADDED: Log = Log::new();
    #[receiver(m2m_changed, sender = FilmCritics)]
    fn count_added(action: M2mAction, keys: Option<&KeySet>) {
        if action == M2mAction::PostAdd {
            for key in keys.and_then(KeySet::as_slice::<i64>).unwrap_or_default() {
                ADDED.note(key);
            }
        }
    }
    let (db, film, actors) = cinema().await?;
    let ids = actors.map(|actor| actor.id);
    let adding: Vec<_> = (0..4)
        .map(|_| {
            let (db, film) = (db.clone(), film.clone());
            tokio::spawn(async move { film.critics().add(&db, ids).await })
        })
        .collect();
    for adding in adding {
        adding.await.unwrap()?;
    }
    let mut added = ADDED.take();
    added.sort();
    assert_eq!(added, ["1", "2", "3"]);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM joins_raced_bare").await, 3);
    Ok(())
}

#[tokio::test]
async fn a_unique_key_of_one_side_is_still_an_error_for_the_other() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "joins_once_parent", many_to_many(children: Child, table = "joins_once", columns(parent_id, child_id)))]
    struct Parent {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "joins_once_child")]
    struct Child {
        id: i64,
    }
    let db = Db::connect(&url().await).await?;
    db.create_tables_of(|model| model.is::<Parent>() || model.is::<Child>()).await?;
    execute(&db, "CREATE TABLE joins_once (parent_id BIGINT NOT NULL, child_id BIGINT NOT NULL UNIQUE)").await;
    let (one, other) = (Parent { id: 0 }.create(&db).await?, Parent { id: 0 }.create(&db).await?);
    let child = Child { id: 0 }.create(&db).await?;
    one.children().add(&db, [&child]).await?;
    one.children().add(&db, [&child]).await?;
    let error = other.children().add(&db, [&child]).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error}");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM joins_once WHERE parent_id = 1").await, 1);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "joins_new_country")]
#[model(many_to_many(sessions: Session, related = countries, columns(country, "Session"), table = "joins_new_link"))]
#[model(many_to_many(neighbors: Self, symmetrical, columns("A", "B"), table = "joins_new_neighbor"))]
struct Country {
    #[model(primary_key)]
    code: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "joins_new_session")]
struct Session {
    id: Uuid,
}

#[tokio::test]
async fn links_of_text_and_uuid_keys_need_no_id() -> Result<()> {
    let db = db().await;
    let country = |code: &str| Country { code: code.into() };
    let (norway, sweden, session) = (
        country("no").create(&db).await?,
        country("se").create(&db).await?,
        Session { id: Uuid::nil() }.create(&db).await?,
    );
    norway.sessions().add(&db, [session.id]).await?;
    session.countries().set(&db, ["no", "se"]).await?;
    assert_eq!(session.countries().keys(&db).await?, ["no", "se"]);
    norway.neighbors().add(&db, [&sweden]).await?;
    assert!(sweden.neighbors().contains(&db, "no").await?);
    assert_eq!(CountryNeighbors::objects().count(&db).await?, 2);
    sweden.neighbors().remove(&db, ["no"]).await?;
    norway.neighbors().set(&db, [&norway]).await?;
    assert_eq!(norway.delete(&db).await?.rows(), 3);
    let link = CountrySessions::get(&db, ("se", session.id)).await?;
    assert_eq!((link.country.as_str(), link.session_id), ("se", session.id));
    assert!(matches!(CountrySessions::get(&db, ("no", session.id)).await, Err(Error::DoesNotExist { .. })));
    Ok(())
}

#[tokio::test]
async fn create_tables_makes_the_pair_the_key() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    db.create_tables_of(ModelMeta::is::<CountrySessions>).await?;
    let schema = Schema::read(&db).await?;
    let table = schema.table("joins_new_link").unwrap();
    assert_eq!(table.primary_key, ["country", "Session"]);
    assert_eq!(table.columns.len(), 2);
    assert!(table.indexes.iter().any(|index| index.columns == ["Session"]), "deletes look up links by either key");
    assert_eq!(signals::schema::check_of(&db, ModelMeta::is::<CountrySessions>).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_through_model_with_another_key_that_is_not_unique_is_an_error_and_undone() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "joins_twice_group", many_to_many(members: Person, through = Membership))]
    struct Group {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "joins_twice_person")]
    struct Person {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "joins_twice_membership")]
    struct Membership {
        id: i64,
        #[model(references = Group, on_delete = cascade)]
        group_id: i64,
        #[model(references = Person, on_delete = cascade)]
        person_id: i64,
    }
    let db = Db::connect(&url().await).await?;
    db.create_tables_of(|model| model.is::<Group>() || model.is::<Person>()).await?;
    let columns = "id BIGINT NOT NULL, group_id BIGINT NOT NULL, person_id BIGINT NOT NULL";
    execute(&db, format!("CREATE TABLE joins_twice_membership ({columns})")).await;
    execute(&db, "INSERT INTO joins_twice_membership VALUES (1, 1, 1), (1, 2, 2)").await;
    let one = Membership { id: 1, group_id: 1, person_id: 1 };
    for error in [one.clone().delete(&db).await.unwrap_err(), one.delete(&db).quiet().await.unwrap_err()] {
        assert!(matches!(error, Error::KeyNotUnique { model: "Membership", rows: 2, undone: true, .. }), "{error:?}");
    }
    assert_eq!(count(&db, "SELECT COUNT(*) FROM joins_twice_membership").await, 2);
    Ok(())
}
