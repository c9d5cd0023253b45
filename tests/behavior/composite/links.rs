//! Links of a many-to-many relation whose key is the pair of the linked keys.

use signals::{KeySet, M2mAction, Model, Result, m2m_changed, post_delete, receiver};
use signals_test_behavior::{Log, db, rows};

#[tokio::test]
async fn a_table_of_links_needs_no_key_of_its_own() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "composite_links_film", many_to_many(actors: Actor, related = films, through = Role))]
    struct Film {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "composite_links_actor")]
    struct Actor {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "composite_links_role")]
    struct Role {
        #[model(primary_key, references = Film, on_delete = cascade)]
        film_id: i64,
        #[model(primary_key, references = Actor, on_delete = cascade)]
        actor_id: i64,
        #[model(default = "extra")]
        part: String,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = Role)]
    fn changed(action: M2mAction, keys: Option<&KeySet>) {
        LOG.note(format!("{action:?} [{}]", keys.map(ToString::to_string).unwrap_or_default()));
    }
    #[receiver(post_delete, sender = Role)]
    fn gone(instance: &Role) {
        LOG.note(format!("gone {} {} {}", instance.film_id, instance.actor_id, instance.part));
    }
    let db = db().await;
    let film = Film { id: 0 }.create(&db).await?;
    let other = Film { id: 0 }.create(&db).await?;
    let actors = [Actor { id: 0 }.create(&db).await?, Actor { id: 0 }.create(&db).await?];
    film.actors().add(&db, &actors).await?;
    film.actors().add(&db, &actors).through_defaults([Role::PART.set("lead")]).await?;
    other.actors().add(&db, [&actors[0]]).through_defaults([Role::PART.set("lead")]).await?;
    assert_eq!(LOG.take(), ["PreAdd [1, 2]", "PostAdd [1, 2]", "PreAdd []", "PostAdd []", "PreAdd [1]", "PostAdd [1]"]);
    assert_eq!((film.actors().keys(&db).await?, actors[0].films().keys(&db).await?), (vec![1, 2], vec![1, 2]));
    assert_eq!(Role::get(&db, (film.id, 2)).await?.part, "extra");
    film.actors().remove(&db, [&actors[0]]).await?;
    assert_eq!(LOG.take(), ["PreRemove [1]", "gone 1 1 extra", "PostRemove [1]"]);
    assert_eq!((other.actors().contains(&db, 1).await?, rows(&db, "composite_links_role").await), (true, 2));
    // Links go with their rows.
    assert_eq!(actors[0].delete(&db).await?.by_model()["Role"], 1);
    assert_eq!(LOG.take(), ["gone 2 1 lead"]);
    Ok(())
}
