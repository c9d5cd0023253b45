//! Relations of a model to itself.

use signals::payload::M2mChanged;
use signals::{Model, Result, m2m_changed, receiver};
use signals_test_behavior::{Log, db, rows};

use super::line;

/// Saves people.
macro_rules! people {
    ($db:expr, $count:literal) => {{
        let mut people = [(); $count].map(|()| Person { id: 0 });
        for person in &mut people {
            person.save($db).await?;
        }
        people
    }};
}

// F136: a symmetrical link is two rows and two signals. Removing it from either side removes both rows.
#[tokio::test]
async fn a_symmetrical_link_is_two_rows_and_one_pair() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "m2m_friends_person", many_to_many(friends: Self, symmetrical))]
    struct Person {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PersonFriends)]
    fn heard(event: &M2mChanged<'_, PersonFriends>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let [ann, bob, eve] = people!(&db, 3);
    ann.friends().add(&db, [&bob, &eve]).await?;
    assert_eq!(LOG.take(), ["PreAdd Person 1 -> Person [2, 3]", "PostAdd Person 1 -> Person [2, 3]"]);
    assert_eq!(rows(&db, "m2m_friends_person_friends").await, 4);
    assert_eq!(bob.friends().all(&db).await?, std::slice::from_ref(&ann));

    bob.friends().remove(&db, [&ann]).await?;
    assert_eq!(LOG.take(), ["PreRemove Person 2 -> Person [1]", "PostRemove Person 2 -> Person [1]"]);
    assert_eq!(ann.friends().keys(&db).await?, [3]);

    ann.friends().add(&db, [&ann, &eve]).quiet().await?;
    assert_eq!(ann.friends().keys(&db).await?, [1, 3]);
    eve.friends().set(&db, [&bob]).await?;
    assert_eq!(ann.friends().keys(&db).await?, [1]);
    assert_eq!(bob.friends().keys(&db).await?, [3]);
    bob.friends().clear(&db).await?;
    ann.friends().clear(&db).quiet().await?;
    assert_eq!(rows(&db, "m2m_friends_person_friends").await, 0);
    Ok(())
}

// F136: for a relation in one direction, `reverse` is the direction.
#[tokio::test]
async fn a_link_that_goes_one_way_tells_its_direction() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "m2m_idols_person", many_to_many(idols: Person, related = fans))]
    struct Person {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PersonIdols)]
    fn heard(event: &M2mChanged<'_, PersonIdols>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let [ann, bob, eve] = people!(&db, 3);
    ann.idols().add(&db, [&bob]).await?;
    bob.fans().add(&db, [&ann, &eve]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd Person 1 -> Person [2]",
            "PostAdd Person 1 -> Person [2]",
            "PreAdd Person 2 <- Person [3]",
            "PostAdd Person 2 <- Person [3]",
        ]
    );
    assert_eq!(eve.idols().keys(&db).await?, [2]);
    assert!(bob.idols().all(&db).await?.is_empty() && ann.fans().all(&db).await?.is_empty());
    assert_eq!(bob.fans().keys(&db).await?, [1, 3]);
    let links = PersonIdols::objects().order_by([PersonIdols::ID.asc()]).all(&db).await?;
    let ends: Vec<_> = links.into_iter().map(|link| (link.from_person_id, link.to_person_id)).collect();
    assert_eq!(ends, [(1, 2), (3, 2)]);
    Ok(())
}

// A model may be named by an alias: only the names of the fields distinguish the two sides.
#[tokio::test]
async fn a_model_may_call_itself_by_another_name() -> Result<()> {
    type Idol = Person;
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "m2m_alias_person", many_to_many(idols: Idol, related = fans))]
    struct Person {
        id: i64,
    }
    let db = db().await;
    let [ann, bob] = people!(&db, 2);
    ann.idols().add(&db, [&bob]).await?;
    assert_eq!((bob.fans().keys(&db).await?, ann.fans().keys(&db).await?), (vec![1], vec![]));
    let links = PersonIdols::objects().all(&db).await?;
    assert_eq!(links.iter().map(|link| (link.person_id, link.idol_id)).collect::<Vec<_>>(), [(1, 2)]);
    Ok(())
}
