//! The forms of references: to composite keys, to unique columns, to the same model, and keys of each kind.

use std::slice;

use signals::{Model, Result};
use signals_test_behavior::db;

#[tokio::test]
async fn references_to_composite_keys_are_followed_by_the_whole_key() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_invoice")]
    struct Invoice {
        #[model(primary_key)]
        tenant: String,
        #[model(primary_key)]
        number: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(
        table = "relations_entry",
        references(Invoice, fields(tenant, invoice_id), related = entries, on_delete = set_null)
    )]
    struct Entry {
        id: i64,
        tenant: String,
        invoice_id: Option<i64>,
        cents: i64,
    }
    let db = db().await;
    let invoice = |tenant: &str, number| Invoice { tenant: tenant.into(), number };
    let invoices = [invoice("a", 0), invoice("a", 1), invoice("b", 0), invoice("b", 2)];
    Invoice::bulk_create(&db, &mut invoices.clone()).await?;
    for (tenant, number, cents) in
        [("a", Some(0), 1), ("a", Some(1), 2), ("b", Some(0), 3), ("b", Some(0), 4), ("a", None, 5)]
    {
        Entry { id: 0, tenant: tenant.into(), invoice_id: number, cents }.create(&db).await?;
    }
    let cents = |entries: &[Entry]| entries.iter().map(|entry| entry.cents).collect::<Vec<_>>();
    let in_order = || Entry::objects().order_by(Entry::ID.asc());
    let entries = Invoice::ENTRIES.load_from(&db, &invoices, in_order()).await?;
    assert_eq!(invoices.each_ref().map(|it| cents(entries.of(it))), [vec![1], vec![2], vec![3, 4], vec![]]);
    assert_eq!(cents(&Invoice::ENTRIES.of(&invoices[2]).order_by(Entry::ID.asc()).all(&db).await?), [3, 4]);

    let entries = in_order().all(&db).await?;
    let loaded = Entry::INVOICE.load(&db, &entries).await?;
    let [one, two, three, _] = &invoices;
    let of = entries.iter().map(|entry| loaded.of(entry)).collect::<Vec<_>>();
    // A part that is `None` is not the number 0.
    assert_eq!(of, [Some(one), Some(two), Some(three), Some(three), None]);
    assert_eq!(Entry::INVOICE.of(&entries[3]).get(&db).await?, *three);
    assert_eq!(Entry::INVOICE.of(&entries[4]).first(&db).await?, None);
    Ok(())
}

#[tokio::test]
async fn references_to_a_unique_column_are_followed_by_its_value() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_customer")]
    struct Customer {
        id: i64,
        #[model(unique)]
        code: Option<i32>,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_visit")]
    struct Visit {
        id: i64,
        #[model(references = Customer, to = code, relation = customer, related = visits, on_delete = cascade)]
        code: Option<i32>,
    }
    let db = db().await;
    let mut customers = [Some(0), None, Some(7), None].map(|code| Customer { id: 0, code });
    Customer::bulk_create(&db, &mut customers).await?;
    for code in [Some(0), None, Some(7), Some(7), None] {
        Visit { id: 0, code }.create(&db).await?;
    }
    let visits = Customer::VISITS.load(&db, &customers).await?;
    // The number 0 is a value of the column, and NULL references nothing.
    assert_eq!(customers.each_ref().map(|it| visits.of(it).len()), [1, 0, 2, 0]);
    assert_eq!(Customer::VISITS.of(&customers[1]).count(&db).await?, 0);
    assert_eq!(Customer::VISITS.of(&customers[0]).count(&db).await?, 1);
    let visits = Visit::objects().order_by(Visit::ID.asc()).all(&db).await?;
    let loaded = Visit::CUSTOMER.load(&db, &visits).await?;
    let codes: Vec<_> = visits.iter().map(|visit| loaded.of(visit).and_then(|customer| customer.code)).collect();
    assert_eq!(codes, [Some(0), None, Some(7), Some(7), None]);
    assert_eq!(Visit::CUSTOMER.of(&visits[1]).first(&db).await?, None);
    Ok(())
}

#[tokio::test]
async fn rows_that_reference_their_own_model_are_followed_both_ways() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_folder")]
    struct Folder {
        id: i64,
        #[model(references = Self, related = children, on_delete = cascade)]
        parent_id: Option<i64>,
    }
    let db = db().await;
    let root = Folder { id: 0, parent_id: None }.create(&db).await?;
    let child = Folder { id: 0, parent_id: Some(root.id) }.create(&db).await?;
    let leaf = Folder { id: 0, parent_id: Some(child.id) }.create(&db).await?;
    let all = [root.clone(), child.clone(), leaf.clone()];
    let children = Folder::CHILDREN.load(&db, &all).await?;
    assert_eq!(all.each_ref().map(|it| children.of(it)), [slice::from_ref(&child), slice::from_ref(&leaf), &[]]);
    let parents = Folder::PARENT.load(&db, &all).await?;
    assert_eq!(all.each_ref().map(|it| parents.of(it)), [None, Some(&root), Some(&child)]);
    let again = Folder::PARENT.load(&db, parents.rows()).await?;
    assert_eq!(parents.of(&leaf).and_then(|parent| again.of(parent)), Some(&root));
    Ok(())
}

#[tokio::test]
async fn keys_of_text_and_uuids_are_followed() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_country")]
    struct Country {
        #[model(primary_key, sql_type = "CHAR(4)")]
        code: String,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_city")]
    struct City {
        id: uuid::Uuid,
        #[model(references = Country, related = cities, on_delete = cascade, sql_type = "CHAR(4)")]
        country_id: String,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_street")]
    struct Street {
        id: i64,
        #[model(references = City, related = streets, on_delete = cascade)]
        city_id: uuid::Uuid,
    }
    let db = db().await;
    let countries = ["abcd", "efgh"].map(|code| Country { code: code.into() });
    Country::bulk_create(&db, &mut countries.clone()).await?;
    let city = City { id: uuid::Uuid::nil(), country_id: "efgh".into() }.create(&db).await?;
    let street = Street { id: 0, city_id: city.id }.create(&db).await?;
    let cities = Country::CITIES.load(&db, &countries).await?;
    assert_eq!(countries.each_ref().map(|it| cities.of(it)), [&[], slice::from_ref(&city)]);
    let streets = City::STREETS.load(&db, cities.rows()).await?;
    assert_eq!(streets.of(&city), slice::from_ref(&street));
    assert_eq!(Street::CITY.load(&db, [&street]).await?.of(&street), Some(&city));
    assert_eq!(City::COUNTRY.of(&city).get(&db).await?, countries[1]);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_a_reference_is_followed_both_ways() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_person")]
    struct Person {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_doctor")]
    struct Doctor {
        #[model(primary_key, references = Person, related = doctor, on_delete = cascade)]
        person_id: i64,
    }
    let db = db().await;
    let people = [Person { id: 0 }.create(&db).await?, Person { id: 0 }.create(&db).await?];
    let doctor = Doctor { person_id: people[1].id }.create(&db).await?;
    let doctors = Person::DOCTOR.load(&db, &people).await?;
    assert_eq!(people.each_ref().map(|it| doctors.of(it)), [None, Some(&doctor)]);
    assert_eq!(Doctor::PERSON.of(&doctor).get(&db).await?, people[1]);
    Ok(())
}
