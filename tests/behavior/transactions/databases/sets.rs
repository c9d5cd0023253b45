//! Sets of rows: bulk writes, conditions, and the calls of their receivers.

use futures_util::TryStreamExt as _;
use signals::query::Condition;
use signals::{Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, kind};

use super::db;
use super::log::{note, take};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "sets_person")]
struct Person {
    id: i64,
    name: String,
    age: Option<i32>,
    score: f64,
}

fn people(count: i32) -> Vec<Person> {
    (0..count).map(|age| Person { id: 0, name: format!("p{age}"), age: Some(age), score: 0.5 }).collect()
}

#[tokio::test]
async fn many_rows_get_their_keys_in_order() -> Result<()> {
    let db = db().await;
    let mut all = people(2500);
    Person::bulk_create(&db, &mut all).await?;
    let read: Vec<Person> = Person::objects().order_by([Person::AGE.asc()]).stream(&db).try_collect().await?;
    assert_eq!(read, all);
    let mut mixed = people(4);
    mixed[3].id = 9000;
    Person::bulk_create(&db, &mut mixed).batch_size(2).await?;
    for person in &mixed {
        assert_eq!(Person::get(&db, person.id).await?, *person);
    }
    assert_eq!(Person::bulk_delete(&db, &all).await?.rows(), 2500);
    Ok(())
}

#[tokio::test]
async fn many_rows_are_updated_each_with_its_own_values() -> Result<()> {
    let db = db().await;
    let mut all = people(1100);
    Person::bulk_create(&db, &mut all).await?;
    for person in &mut all {
        person.age = person.age.filter(|age| age % 2 == 0);
        person.name.push('!');
        person.score += 1.0;
    }
    Person::bulk_update(&db, &mut all, [Person::NAME, Person::AGE, Person::SCORE]).await?;
    assert_eq!(Person::objects().order_by([Person::ID.asc()]).all(&db).await?, all);
    Ok(())
}

#[tokio::test]
async fn conditions_have_two_values() -> Result<()> {
    let db = db().await;
    let mut all = people(10);
    all[3].age = None;
    Person::bulk_create(&db, &mut all).await?;
    let cases: [(Condition<Person>, u64); 8] = [
        (Person::AGE.is_null(), 1),
        (Person::AGE.eq(Some(4)), 1),
        (Person::AGE.eq(None::<i32>), 1),
        (Person::AGE.gt(4), 5),
        (Person::AGE.in_([Some(1), None]), 2),
        (Person::AGE.in_([None::<i32>; 0]), 0),
        (Person::AGE.lt(2).or(Person::NAME.eq("p9")), 3),
        (Person::AGE.between(2, 5).and(Person::SCORE.eq(0.5)), 3),
    ];
    for (condition, count) in cases {
        let rest = Person::objects().exclude(condition.clone()).count(&db).await?;
        assert_eq!(
            (Person::objects().filter(condition.clone()).count(&db).await?, rest),
            (count, 10 - count),
            "{condition:?}"
        );
    }
    let page = Person::objects().order_by([Person::NAME.desc()]).limit(2).offset(1).all(&db).await?;
    assert_eq!(page.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["p8", "p7"]);
    Ok(())
}

#[tokio::test]
async fn texts_are_sought_by_their_letters() -> Result<()> {
    let db = db().await;
    for name in ["Anna", "anna", "50% off", "a_b", "a\\b", "ends "] {
        Person { id: 0, name: name.into(), age: None, score: 0.0 }.save(&db).await?;
    }
    let cases = [
        (Person::NAME.eq("anna"), 1),
        // MySQL compares texts without the spaces at their ends.
        (Person::NAME.eq("ends"), u64::from(kind() == Kind::Mysql)),
        (Person::NAME.like("ANN_"), 2),
        (Person::NAME.contains("nn"), 2),
        (Person::NAME.contains("NN"), 0),
        (Person::NAME.contains("%"), 1),
        (Person::NAME.contains("_"), 1),
        (Person::NAME.contains("\\"), 1),
        (Person::NAME.starts_with("a"), 3),
        (Person::NAME.starts_with(""), 6),
        (Person::NAME.ends_with("A"), 0),
        (Person::NAME.ends_with("off"), 1),
    ];
    for (condition, count) in cases {
        assert_eq!(Person::objects().filter(condition.clone()).count(&db).await?, count, "{condition:?}");
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "sets_watched")]
struct Watched {
    id: i64,
    #[model(unique)]
    name: String,
    size: i32,
}

#[receiver(post_save, sender = Watched)]
fn watch(instance: &Watched, previous: Option<&Watched>, created: bool, using: &str) {
    note(using, format!("{} {:?} {created}", instance.size, previous.map(|previous| previous.size)));
}

#[tokio::test]
async fn a_set_is_updated_with_its_signals() -> Result<()> {
    let db = db().await;
    let mut rows: Vec<_> = (1..=3).map(|size| Watched { id: 0, name: format!("w{size}"), size }).collect();
    Watched::bulk_create(&db, &mut rows).await?;
    assert_eq!(take(&db), ["1 None true", "2 None true", "3 None true"]);
    assert_eq!(Watched::objects().filter(Watched::SIZE.gt(1)).update(&db, [Watched::SIZE.set(9)]).await?, 2);
    assert_eq!(take(&db), ["9 Some(2) false", "9 Some(3) false"]);
    rows[0].size = 5;
    rows[0].save(&db).await?;
    assert_eq!(take(&db), ["5 Some(1) false"]);
    Ok(())
}

#[tokio::test]
async fn one_row_is_created_once() -> Result<()> {
    let db = db().await;
    let tasks = if kind() == Kind::Memory { 1 } else { 8 };
    let create = || Watched { id: 0, name: "one".into(), size: 1 };
    let mut running = Vec::new();
    for _ in 0..tasks {
        let db = db.clone();
        running.push(tokio::spawn(async move {
            Watched::objects()
                .filter(Watched::NAME.eq("one"))
                .get_or_create(&db, create)
                .await
                .map(|(_, created)| created)
        }));
    }
    let mut created = 0;
    for task in running {
        created += u32::from(task.await.unwrap()?);
    }
    assert_eq!((created, Watched::objects().count(&db).await?), (1, 1));
    take(&db);
    Ok(())
}

#[tokio::test]
async fn one_row_is_created_once_and_updated_by_the_others() -> Result<()> {
    let db = db().await;
    let tasks = if kind() == Kind::Memory { 1 } else { 8 };
    for round in 0..10 {
        let is_quiet = round % 2 == 1;
        let mut running = Vec::new();
        for _ in 0..tasks {
            let db = db.clone();
            running.push(tokio::spawn(async move {
                let create = || Watched { id: 0, name: format!("row {round}"), size: 1 };
                let rows = Watched::objects().filter(Watched::NAME.eq(format!("row {round}")));
                let call = rows.update_or_create(&db, |row| row.size += 1, create);
                if is_quiet { call.quiet().await } else { call.await }
            }));
        }
        let mut created = 0;
        for task in running {
            created += u32::from(task.await.unwrap()?.1);
        }
        let row = Watched::objects().filter(Watched::NAME.eq(format!("row {round}"))).first(&db).await?.unwrap();
        assert_eq!((created, row.size), (1, tasks));
        assert_eq!(take(&db).is_empty(), is_quiet);
    }
    Ok(())
}
