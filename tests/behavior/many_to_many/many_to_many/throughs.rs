//! Hand-written through models.

use chrono::{DateTime, Utc};
use signals::field::Timestamp;
use signals::payload::M2mChanged;
use signals::relation::ManyToMany;
use signals::{
    DeleteOrigin, Error, Model, Result, m2m_changed, post_delete, post_save, pre_delete, pre_save, receiver,
};
use signals_test_behavior::{Log, Refused, db, refused, rows};

use super::line;

#[derive(Debug, Clone, Model)]
#[model(table = "m2m_through_person")]
struct Person {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "m2m_through_band", many_to_many(members: Person, related = bands, through = Membership))]
struct Band {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "m2m_through_membership")]
struct Membership {
    id: uuid::Uuid,
    #[model(references = Person, on_delete = cascade)]
    person_id: i64,
    #[model(references = Band, on_delete = cascade)]
    band_id: i64,
    #[model(default = "singer")]
    role: String,
    years: Option<i32>,
    #[model(auto_now_add)]
    joined: DateTime<Utc>,
    #[model(auto_now)]
    seen: Option<chrono::NaiveDateTime>,
}

async fn people(db: &signals::Db) -> Result<(Band, [Person; 3])> {
    let (mut band, mut people) = (Band { id: 0 }, [(); 3].map(|()| Person { id: 0 }));
    band.save(db).await?;
    for person in &mut people {
        person.save(db).await?;
    }
    Ok((band, people))
}

// F141: new links are filled with the given values. The model fills the rest: its key, its times, its
// defaults.
#[tokio::test]
async fn new_links_are_filled_as_asked_and_by_the_model() -> Result<()> {
    let db = db().await;
    let (band, [ann, bob, eve]) = people(&db).await?;
    let before = Utc::now();
    band.members()
        .add(&db, [&ann, &bob])
        .through_defaults([Membership::ROLE.set("bass"), Membership::YEARS.set(3)])
        .await?;
    band.members().add(&db, [&eve]).await?;
    bob.bands().set(&db, [&band]).clear().through_defaults([Membership::ROLE.set("drums")]).await?;

    let links = Membership::objects().order_by([Membership::PERSON_ID.asc()]).all(&db).await?;
    let seen: Vec<_> = links.iter().map(|it| (it.person_id, it.role.as_str(), it.years)).collect();
    assert_eq!(seen, [(1, "bass", Some(3)), (2, "drums", None), (3, "singer", None)]);
    for link in links {
        assert!(!link.id.is_nil() && link.joined >= before && link.joined <= Utc::now());
        assert!(link.seen.is_some_and(|seen| seen >= before.naive_utc()));
    }
    // The first second of all is none to MySQL.
    let when = DateTime::from_timestamp(86_400, 0).unwrap();
    band.members().set(&db, [&ann, &bob, &eve]).clear().through_defaults([Membership::JOINED.set(when)]).await?;
    assert!(Membership::objects().all(&db).await?.iter().all(|link| link.joined == when));
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "m2m_through_team", many_to_many(players: Person, through = Contract))]
struct Team {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "m2m_through_contract", unique(team_id, person_id))]
struct Contract {
    id: i64,
    #[model(references = Team, on_delete = cascade)]
    team_id: i64,
    #[model(references = Person, on_delete = cascade)]
    person_id: i64,
    #[model(version)]
    version: i32,
}

#[tokio::test]
async fn a_new_link_has_the_first_version() -> Result<()> {
    let db = db().await;
    let (_, people) = people(&db).await?;
    let team = Team { id: 0 }.create(&db).await?;
    team.players().add(&db, [&people[0]]).await?;
    team.players().add(&db, [&people[1]]).through_defaults([Contract::VERSION.set(5)]).await?;
    let mut links = Contract::objects().order_by(Contract::PERSON_ID.asc()).all(&db).await?;
    assert_eq!(links.iter().map(|link| link.version).collect::<Vec<_>>(), [1, 5]);
    links[0].save(&db).await?;
    assert_eq!(links[0].version, 2);
    Ok(())
}

#[tokio::test]
async fn a_set_leaves_the_links_that_stay_as_they_are() -> Result<()> {
    let db = db().await;
    let (band, [ann, bob, eve]) = people(&db).await?;
    band.members().add(&db, [&ann, &bob]).through_defaults([Membership::ROLE.set("bass")]).await?;
    band.members().set(&db, [&bob, &eve]).through_defaults([Membership::ROLE.set("drums")]).await?;
    band.members().add(&db, [&bob]).through_defaults([Membership::ROLE.set("flute")]).await?;
    let links = Membership::objects().order_by([Membership::PERSON_ID.asc()]).all(&db).await?;
    let seen: Vec<_> = links.iter().map(|it| (it.person_id, it.role.as_str())).collect();
    assert_eq!(seen, [(2, "bass"), (3, "drums")]);
    Ok(())
}

#[tokio::test]
async fn defaults_cannot_set_what_a_link_gets_by_itself() -> Result<()> {
    let db = db().await;
    let (band, [ann, ..]) = people(&db).await?;
    let none: [Person; 0] = [];
    for (outcome, field) in [
        (band.members().add(&db, [&ann]).through_defaults([Membership::BAND_ID.set(7)]).await, "band_id"),
        (band.members().set(&db, [&ann]).through_defaults([Membership::PERSON_ID.set(7)]).await, "person_id"),
        (band.members().set(&db, &none).clear().through_defaults([Membership::ID.set(uuid::Uuid::nil())]).await, "id"),
    ] {
        let error = outcome.unwrap_err();
        let Error::ThroughDefaults { through: "Membership", field: refused, .. } = error else { panic!("{error}") };
        assert_eq!(refused, field, "{error}");
    }
    let twice = || [Membership::ROLE.set("bass"), Membership::ROLE.set("drums")];
    for outcome in [
        band.members().add(&db, [&ann]).through_defaults(twice()).await,
        band.members().set(&db, [&ann]).through_defaults(twice()).await,
    ] {
        let error = outcome.unwrap_err();
        let says = "the field `role` of `Membership`: it is set twice";
        assert!(matches!(error, Error::ThroughDefaults { .. }) && error.to_string().contains(says), "{error}");
    }
    assert_eq!(band.members().count(&db).await?, 0);
    Ok(())
}

// F140: the links' own delete signals are sent between the two signals. An add inserts without save signals.
#[tokio::test]
async fn links_that_are_removed_send_their_own_delete_signals() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_nest_person")]
    struct Person {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_nest_band", many_to_many(members: Person, related = bands, through = Membership))]
    struct Band {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_nest_membership")]
    struct Membership {
        id: i64,
        #[model(references = Band, on_delete = cascade)]
        band_id: i64,
        #[model(references = Person, on_delete = cascade)]
        person_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = Membership)]
    fn changed(event: &M2mChanged<'_, Membership>) {
        LOG.note(line(event));
    }
    #[receiver([pre_delete, post_delete], sender = Membership)]
    fn deleted(instance: &Membership, signal: &str, origin: DeleteOrigin) {
        LOG.note(format!("{signal} {} {}", instance.person_id, origin == DeleteOrigin::Set));
    }
    #[receiver([pre_save, post_save], sender = Membership)]
    fn saved(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let mut band = Band { id: 0 };
    band.save(&db).await?;
    for _ in 0..3 {
        Person { id: 0 }.save(&db).await?;
    }
    band.members().add(&db, 1..=3).await?;
    assert_eq!(LOG.take(), ["PreAdd Band 1 -> Person [1, 2, 3]", "PostAdd Band 1 -> Person [1, 2, 3]"]);
    band.members().remove(&db, [1, 2]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreRemove Band 1 -> Person [1, 2]",
            "pre_delete 1 true",
            "pre_delete 2 true",
            "post_delete 2 true",
            "post_delete 1 true",
            "PostRemove Band 1 -> Person [1, 2]",
        ]
    );
    band.members().clear(&db).await?;
    assert_eq!(
        LOG.take(),
        ["PreClear Band 1 -> Person all", "pre_delete 3 true", "post_delete 3 true", "PostClear Band 1 -> Person all"]
    );
    assert_eq!(rows(&db, "m2m_nest_membership").await, 0);
    Ok(())
}

// F139, F140: a receiver that refuses the delete of a link refuses the removal.
#[tokio::test]
async fn a_link_that_may_not_be_deleted_stays() -> Result<()> {
    super::pizzeria!("m2m_kept_pizza", "m2m_kept_topping");
    #[receiver(post_delete, sender = PizzaToppings)]
    fn refuse(instance: &PizzaToppings) -> Result<(), Refused> {
        if instance.topping_id == 2 { Err(Refused("kept")) } else { Ok(()) }
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    let error = pizza.toppings().remove(&db, [&cheese, &basil]).await.unwrap_err();
    assert_eq!(refused(&error), Some("kept"));
    let error = basil.pizzas().clear(&db).await.unwrap_err();
    assert_eq!(refused(&error), Some("kept"));
    assert_eq!(pizza.toppings().count(&db).await?, 2);
    pizza.toppings().clear(&db).quiet().await?;
    assert_eq!(pizza.toppings().count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn links_that_nothing_keeps_apart_are_made_once_all_the_same() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_loose_person", many_to_many(friends: Self, through = Friendship, through_fields(one_id, other_id), symmetrical))]
    struct Person {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_loose_friendship")]
    struct Friendship {
        id: i64,
        #[model(references = Person, on_delete = cascade)]
        one_id: i64,
        #[model(references = Person, on_delete = cascade)]
        other_id: Option<i64>,
    }
    let db = db().await;
    let mut people = [(); 3].map(|()| Person { id: 0 });
    for person in &mut people {
        person.save(&db).await?;
    }
    let [ann, bob, eve] = people;
    for quietly in [true, false] {
        let add = ann.friends().add(&db, [&ann, &bob]);
        if quietly {
            add.quiet().await?;
        } else {
            add.await?;
        }
        bob.friends().add(&db, [&ann]).await?;
        assert_eq!(rows(&db, "m2m_loose_friendship").await, 3, "ann twice, and both ways between ann and bob");
    }
    Friendship { id: 0, one_id: 3, other_id: None }.save(&db).await?;
    assert!(eve.friends().keys(&db).await?.is_empty() && eve.friends().all(&db).await?.is_empty());
    Friendship { id: 0, one_id: 3, other_id: Some(1) }.save(&db).await?;
    ann.friends().add(&db, [&eve]).await?;
    assert_eq!(rows(&db, "m2m_loose_friendship").await, 6, "only the way there was missing");
    assert_eq!(ann.friends().keys(&db).await?, [1, 2, 3]);
    Ok(())
}

#[tokio::test]
async fn a_through_model_that_leaves_its_fields_open_is_refused_with_the_fix() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_open_user")]
    struct User {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_open_team", many_to_many(users: User, through = Invited), many_to_many(owners: User, through = Owned))]
    struct Team {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_open_invited")]
    struct Invited {
        id: i64,
        #[model(references = Team, on_delete = cascade)]
        team_id: i64,
        #[model(references = User, on_delete = cascade)]
        user_id: i64,
        #[model(references = User, on_delete = cascade)]
        by_id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_open_owned")]
    struct Owned {
        id: i64,
        team_id: i64,
        #[model(references = User, on_delete = cascade)]
        user_id: i64,
    }
    let db = db().await;
    let team = Team { id: 1 };
    let error = team.users().clear(&db).await.unwrap_err();
    let Error::ThroughFields { through: "Invited", problem } = error else { panic!("{error}") };
    assert!(problem.starts_with("several fields may reference `User`; ") && problem.contains("through_fields("));
    let error = team.owners().objects().all(&db).await.unwrap_err().to_string();
    assert!(error.starts_with("the through model `Owned`: no field references `Team`; "), "{error}");
    Ok(())
}

#[tokio::test]
async fn through_fields_say_which_references_are_meant() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_fields_user")]
    struct User {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_fields_team", many_to_many(users: User, related = teams, through = Invited, through_fields(team_id, user_id)))]
    struct Team {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_fields_invited")]
    struct Invited {
        id: i64,
        #[model(references = User, on_delete = set_null)]
        by_id: Option<i64>,
        #[model(references = User, on_delete = cascade)]
        user_id: i64,
        #[model(references = Team, on_delete = cascade)]
        team_id: i64,
    }
    let db = db().await;
    let (mut team, mut user) = (Team { id: 0 }, User { id: 0 });
    team.save(&db).await?;
    user.save(&db).await?;
    user.teams().add(&db, [&team]).through_defaults([Invited::BY_ID.set(Some(user.id))]).await?;
    assert_eq!(team.users().keys(&db).await?, [user.id]);
    let link = Invited::get(&db, 1).await?;
    assert_eq!((link.by_id, link.user_id, link.team_id), (Some(1), 1, 1));
    Ok(())
}

#[tokio::test]
async fn a_time_of_ones_own_type_is_given_or_refused() -> Result<()> {
    #[derive(Debug, Clone, sqlx::Type)]
    #[sqlx(transparent)]
    struct Moment(i64);
    impl Timestamp for Moment {
        fn now() -> Self {
            Self(Utc::now().timestamp())
        }
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_moment_pair", many_to_many(others: Self, through = Link, through_fields(from_id, to_id)))]
    struct Pair {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "m2m_moment_link")]
    struct Link {
        id: i64,
        #[model(references = Pair, on_delete = cascade)]
        from_id: i64,
        #[model(references = Pair, on_delete = cascade)]
        to_id: i64,
        #[model(auto_now_add)]
        made: Moment,
    }
    let db = db().await;
    let mut pair = Pair { id: 0 };
    pair.save(&db).await?;
    let others: ManyToMany<'_, Link, Pair> = pair.others();
    let error = others.add(&db, [&pair]).await.unwrap_err();
    assert!(matches!(error, Error::ThroughDefaults { through: "Link", field: "made", .. }), "{error}");
    others.add(&db, [&pair]).through_defaults([Link::MADE.set(Moment(7))]).await?;
    assert_eq!(Link::get(&db, 1).await?.made.0, 7);
    Ok(())
}
