//! Renamed tables and columns.

use signals::Model;
use signals::model::Entity as _;
use signals::schema::Schema;
use signals::schema::migration::{Options, Plan, Rename};

use super::Project;

mod before {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_order")]
    pub struct Order {
        #[model(primary_key)]
        pub shop: i64,
        #[model(primary_key)]
        pub number: i32,
        pub mail: Option<String>,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_line", references(Order, fields(shop, order_number), on_delete = cascade))]
    pub struct Line {
        pub id: i64,
        pub shop: i64,
        pub order_number: i32,
        #[model(index)]
        pub size: i32,
    }
}

mod after {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_purchase", was = "planning_order")]
    pub struct Order {
        #[model(primary_key, was = "shop")]
        pub tenant: i64,
        #[model(primary_key)]
        pub number: i32,
        #[model(default = "none", was = "mail")]
        pub email: String,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_item", was = "planning_line", references(Order, fields(shop, purchase), on_delete = database))]
    pub struct Line {
        pub id: i64,
        pub shop: i64,
        #[model(was = "order_number")]
        pub purchase: i32,
        #[model(index, was = "size")]
        pub length: i32,
    }
}

/// Renames of parts of a key, of columns that reference it, and of columns of a renamed table, beside other changes.
#[tokio::test]
async fn tables_and_parts_of_keys_get_other_names() {
    let mut project = Project::new(&[before::Order::meta(), before::Line::meta()]).await;
    project.execute("INSERT INTO planning_order (shop, number, mail) VALUES (1, 1, 'a'), (1, 2, NULL)").await;
    project.execute("INSERT INTO planning_line (shop, order_number, size) VALUES (1, 1, 5), (1, 2, 6)").await;
    let changes = project.migrate(&[after::Order::meta(), after::Line::meta()], &Options::new()).await;
    assert_eq!(changes.iter().filter(|it| it.starts_with("rename")).count(), 6, "{changes:#?}");
    assert_eq!(project.texts("SELECT email FROM planning_purchase ORDER BY number").await, ["a", "none"]);
    assert_eq!(signals_test_behavior::rows(&project.db, "planning_item").await, 2);
    project.execute("DELETE FROM planning_purchase WHERE number = 1").await;
    assert_eq!(signals_test_behavior::rows(&project.db, "planning_item").await, 1);
}

#[tokio::test]
async fn a_possible_rename_is_named() {
    let project = Project::new(&[before::Order::meta(), before::Line::meta()]).await;
    let new = Schema::of_models([after::Order::meta(), before::Line::meta()], project.db.backend());
    let table = Options::new().renames([Rename::table("planning_order", "planning_purchase")]);
    let key = table.clone().renames([Rename::column("planning_purchase", "shop", "tenant")]);
    let plan = Plan::between(&project.schema().await, &new, &key).unwrap();
    assert_eq!(plan.possible_renames(), [Rename::column("planning_purchase", "mail", "email")]);
    assert!(plan.losses()[0].to_string().starts_with("the column `mail` of `planning_purchase` is dropped"));
}
