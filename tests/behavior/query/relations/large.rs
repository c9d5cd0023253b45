//! More rows than one statement takes.

use signals::model::PrimaryKey;
use signals::{Model, Result};
use signals_test_behavior::{db, execute, sequence};

const PARENTS: i64 = 100_000;

#[tokio::test]
async fn a_hundred_thousand_rows_are_followed_in_parts() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_sensor")]
    struct Sensor {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_reading")]
    struct Reading {
        id: i64,
        #[model(references = Sensor, related = readings, on_delete = cascade)]
        sensor_id: i64,
    }
    let db = db().await;
    let many = u32::try_from(PARENTS).unwrap();
    execute(&db, format!("INSERT INTO relations_sensor (id) SELECT i FROM {}", sequence(many))).await;
    // Every sensor but the last has one, and the first has two.
    let readings = format!("SELECT i, CASE i WHEN {many} THEN 1 ELSE i END FROM {}", sequence(many));
    execute(&db, format!("INSERT INTO relations_reading (id, sensor_id) {readings}")).await;
    let sensors: Vec<_> = (1..=PARENTS).rev().map(|id| Sensor { id }).collect();
    let loaded = Sensor::READINGS.load_from(&db, &sensors, Reading::objects().order_by(Reading::ID.asc())).await?;
    assert_eq!(loaded.rows().len(), sensors.len());
    for sensor in &sensors {
        let ids: Vec<_> = loaded.of(sensor).iter().map(|reading| reading.id).collect();
        match sensor.id {
            1 => assert_eq!(ids, [1, PARENTS]),
            PARENTS => assert!(ids.is_empty()),
            id => assert_eq!(ids, [id]),
        }
    }
    let back = Reading::SENSOR.load(&db, loaded.rows()).await?;
    assert_eq!(back.rows().len(), sensors.len() - 1);
    assert!(loaded.rows().iter().all(|reading| back.of(reading).is_some_and(|sensor| sensor.id == reading.sensor_id)));
    Ok(())
}

#[tokio::test]
async fn many_composite_keys_are_followed_in_parts() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_seat")]
    struct Seat {
        #[model(primary_key)]
        hall: i64,
        #[model(primary_key)]
        number: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_ticket", references(Seat, fields(hall, seat_id), related = tickets, on_delete = cascade))]
    struct Ticket {
        id: i64,
        hall: i64,
        seat_id: i64,
    }
    let db = db().await;
    let mut seats: Vec<_> = (0..3_000).map(|i| Seat { hall: i % 3, number: i / 3 }).collect();
    Seat::bulk_create(&db, &mut seats).await?;
    let mut tickets: Vec<_> =
        seats.iter().map(|seat| Ticket { id: 0, hall: seat.hall, seat_id: seat.number }).collect();
    Ticket::bulk_create(&db, &mut tickets).await?;
    let loaded = Seat::TICKETS.load(&db, &seats).await?;
    assert!(seats.iter().zip(&tickets).all(|(seat, ticket)| loaded.of(seat) == std::slice::from_ref(ticket)));
    let back = Ticket::SEAT.load(&db, &tickets).await?;
    assert!(seats.iter().zip(&tickets).all(|(seat, ticket)| back.of(ticket) == Some(seat)));
    Ok(())
}

/// A test of a newtype as the key: rows are loaded for many others, in both directions.
macro_rules! newtype {
    ($name:ident, $inner:ty, $table:literal, $children:literal, $make:expr) => {
        #[tokio::test]
        async fn $name() -> Result<()> {
            #[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::Type, PrimaryKey)]
            #[sqlx(transparent)]
            struct ParentId($inner);
            #[derive(Debug, Clone, PartialEq, Model)]
            #[model(table = $table)]
            struct Parent {
                id: ParentId,
            }
            #[derive(Debug, Clone, PartialEq, Model)]
            #[model(table = $children)]
            struct Child {
                id: i64,
                #[model(references = Parent, related = children, on_delete = cascade)]
                parent_id: Option<ParentId>,
            }
            let db = db().await;
            let make: fn(i64) -> $inner = $make;
            let parents: Vec<_> = (1..=3_000).map(|i| Parent { id: ParentId(make(i)) }).collect();
            Parent::bulk_create(&db, &mut parents[1_000..].to_vec()).await?;
            let child = |parent: &Parent| Child { id: 0, parent_id: Some(parent.id.clone()) };
            let mut children: Vec<_> = parents[1_000..2_000].iter().map(child).collect();
            children.push(Child { id: 0, parent_id: None });
            Child::bulk_create(&db, &mut children).await?;
            let loaded = Parent::CHILDREN.load(&db, &parents).await?;
            for (i, parent) in parents.iter().enumerate() {
                let expected = i.checked_sub(1_000).and_then(|i| children[..1_000].get(i));
                assert_eq!(loaded.of(parent).first(), expected);
            }
            let back = Child::PARENT.load(&db, &children).await?;
            assert!(children.iter().zip(&parents[1_000..2_000]).all(|(child, parent)| back.of(child) == Some(parent)));
            assert_eq!((back.of(&children[1_000]), back.rows().len()), (None, 1_000));
            Ok(())
        }
    };
}

newtype!(newtypes_of_numbers_are_followed, i64, "relations_number", "relations_number_child", |i| i);
newtype!(newtypes_of_short_numbers_are_followed, i16, "relations_short", "relations_short_child", |i| {
    i16::try_from(i).unwrap()
});
newtype!(newtypes_of_uuids_are_followed, uuid::Uuid, "relations_uuid", "relations_uuid_child", |i| {
    uuid::Uuid::from_u128(u128::try_from(i).unwrap() + (1 << 100))
});
