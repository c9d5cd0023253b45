//! Changes that lose data, and those that no migration can make.

use signals::Model;
use signals::model::Entity as _;
use signals::schema::Schema;
use signals::schema::migration::{Loss, Options, Plan};

use super::Project;

mod before {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_car")]
    pub struct Car {
        pub id: i64,
        pub plate: Option<String>,
        pub doors: i64,
        pub color: String,
    }
}

mod after {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_car")]
    pub struct Car {
        pub id: i64,
        pub plate: String,
        pub doors: String,
        pub seats: i32,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_car")]
    pub struct OtherKey {
        #[model(primary_key)]
        pub plate: String,
    }
}

#[tokio::test]
async fn every_loss_is_named() {
    let project = Project::new(&[before::Car::meta()]).await;
    let new = Schema::of_models([after::Car::meta()], project.db.backend());
    let plan = Plan::between(&project.schema().await, &new, &Options::new()).unwrap();
    let losses = plan.losses();
    let has = |name: &str| {
        losses.iter().any(|loss| match loss {
            Loss::Column { column, .. } => name == "column" && column == "color",
            Loss::Null { column, .. } => name == "null" && column == "plate",
            Loss::Type { column, .. } => name == "type" && column == "doors",
            Loss::NoDefault { column, .. } => name == "default" && column == "seats",
            _ => false,
        })
    };
    assert!(["column", "null", "type", "default"].into_iter().all(has), "{losses:#?}");
    assert_eq!(losses.len(), 4, "{losses:#?}");

    let dropping =
        Plan::between(&project.schema().await, &Schema::of_models([], project.db.backend()), &Options::new());
    assert!(dropping.unwrap().changes().is_empty(), "a table without a model stays");
    let dropping = Options::new().drop_table("planning_car");
    let plan = Plan::between(&project.schema().await, &Schema::of_models([], project.db.backend()), &dropping).unwrap();
    assert!(matches!(&plan.losses()[..], [Loss::Table { table }] if table == "planning_car"));
}

#[tokio::test]
async fn another_primary_key_is_refused() {
    let project = Project::new(&[before::Car::meta()]).await;
    let new = Schema::of_models([after::OtherKey::meta()], project.db.backend());
    let refusal = Plan::between(&project.schema().await, &new, &Options::new()).unwrap_err();
    assert!(
        refusal.to_string().starts_with("the primary key of `planning_car` is (id), and that of the model is (plate)")
    );
}
