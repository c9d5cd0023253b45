//! Models of the tables of a SQLite database, printed by `inspectdb`.
//! They need the features `chrono`, `json` of `signals-orm`, and the crates `chrono`, `serde_json`.

use signals::Model;

/// A row of the table `Employees`.
// A delete of a row on either side also deletes its links in `EmployeeTerritories`, which the database refuses.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Employees")]
#[model(many_to_many(territories: Territories, related = employees, table = "EmployeeTerritories", columns("EmployeeID", "TerritoryID")))]
pub struct Employees {
    #[model(primary_key, column = "EmployeeID")]
    pub employee_id: i64,
    #[model(column = "LastName")]
    pub last_name: String,
    #[model(column = "ReportsTo", references = Self, on_delete = do_nothing)]
    pub reports_to: Option<i64>,
    pub r#type: Option<String>,
    #[model(column = "Salary", sql_type = "MONEY")]
    pub salary: Option<f64>,
}

/// A row of the table `Region`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Region")]
pub struct Region {
    // The database generates no keys.
    #[model(primary_key, column = "RegionID", sql_type = "INT")]
    pub region_id: i64,
    #[model(column = "RegionDescription")]
    pub region_description: String,
}

/// A row of the table `Territories`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Territories")]
pub struct Territories {
    #[model(primary_key, column = "TerritoryID")]
    pub territory_id: String,
    #[model(column = "RegionID", references = Region, on_delete = do_nothing)]
    pub region_id: i64,
}

// `access_log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `access_log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct AccessLog {
//     #[model(sqlite = datetime)]
//     pub at: Option<chrono::NaiveDateTime>,
//     pub line: Option<String>,
// }

/// A row of the table `actor`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(film: Film, related = actor, table = "film_actor", columns(actor_id, film_id)))]
pub struct Actor {
    #[model(primary_key)]
    pub actor_id: i64,
    pub first_name: String,
}

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_permission: AuthPermission, related = auth_group, through = AuthGroupPermissions))]
pub struct AuthGroup {
    pub id: i64,
    #[model(unique)]
    pub name: String,
}

/// A row of the table `auth_group_permissions`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(group_id, permission_id))]
pub struct AuthGroupPermissions {
    pub id: i64,
    #[model(references = AuthGroup, on_delete = do_nothing)]
    pub group_id: i64,
    #[model(references = AuthPermission, on_delete = do_nothing)]
    pub permission_id: i64,
}

/// A row of the table `auth_permission`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(content_type_id, codename))]
pub struct AuthPermission {
    pub id: i64,
    pub name: String,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: i64,
    pub codename: String,
}

/// A row of the table `digest`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Digest {
    #[model(primary_key)]
    pub sum: Vec<u8>,
    #[model(json, sql_type = "JSON")]
    pub select: Option<serde_json::Value>,
}

/// A row of the table `django_admin_log`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct DjangoAdminLog {
    pub id: i64,
    #[model(sqlite = datetime)]
    pub action_time: chrono::NaiveDateTime,
    pub object_id: Option<String>,
    pub object_repr: String,
    pub action_flag: i64,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: Option<i64>,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i64,
    pub app_label: String,
    pub model: String,
}

/// A row of the table `film`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i64,
    pub title: String,
    #[model(sql_type = "YEAR")]
    pub release_year: Option<i64>,
    #[model(references = Language, on_delete = do_nothing)]
    pub language_id: i64,
    #[model(references = Language, on_delete = do_nothing)]
    pub original_language_id: Option<i64>,
    #[model(sql_type = "DECIMAL(4, 2)")]
    pub rental_rate: f64,
    pub rating: Option<String>,
    #[model(sqlite = datetime)]
    pub last_update: chrono::NaiveDateTime,
}

/// A row of the table `holiday`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Holiday {
    #[model(primary_key)]
    pub day: chrono::NaiveDate,
    pub starts: chrono::NaiveTime,
}

/// A row of the table `inventory`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Inventory {
    #[model(primary_key)]
    pub inventory_id: i64,
    #[model(references = Film, on_delete = do_nothing)]
    pub film_id: i64,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: i64,
}

/// A row of the table `language`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Language {
    // The database generates no keys.
    #[model(primary_key, sql_type = "INT")]
    pub language_id: i64,
    pub name: String,
}

/// A row of the table `rental`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(rental_date, inventory_id))]
pub struct Rental {
    #[model(primary_key)]
    pub rental_id: i64,
    pub rental_date: chrono::NaiveDate,
    #[model(references = Inventory, on_delete = do_nothing)]
    pub inventory_id: i64,
    #[model(sql_type = "DECIMAL(5, 2)")]
    pub amount: f64,
    #[model(generated)]
    pub with_tax: Option<f64>,
    #[model(generated)]
    pub twice: Option<f64>,
    #[model(json, sql_type = "JSON")]
    pub note: Option<serde_json::Value>,
}

/// A row of the view `rental_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct RentalList {
    pub id: i64,
    #[model(sql_type = "DECIMAL(5, 2)")]
    pub amount: Option<f64>,
    pub rating: Option<String>,
}

// `sales` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `sales`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct Sales {
//     // The column `total` is left out: the column has no type, so its values may be of any.
// }

/// A row of the table `staff`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Staff {
    // The database generates no keys.
    #[model(primary_key, sql_type = "INT")]
    pub staff_id: i64,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: i64,
    pub picture: Option<Vec<u8>>,
    pub active: bool,
}

/// A row of the table `store`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Store {
    #[model(primary_key)]
    pub store_id: i64,
    #[model(unique, references = Staff, on_delete = do_nothing)]
    pub manager_staff_id: Option<i64>,
}

/// A row of the table `tenant_line`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(references(TenantOrder, fields(tenant_id, code), on_delete = cascade))]
pub struct TenantLine {
    #[model(primary_key)]
    pub tenant_id: i64,
    #[model(primary_key)]
    pub code: String,
    #[model(primary_key)]
    pub day: chrono::NaiveDate,
    #[model(sql_type = "DECIMAL(10, 2)")]
    pub price: f64,
}

/// A row of the table `tenant_order`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(tenant_id, part_of))]
#[model(references(Self, fields(tenant_id, part_of), on_delete = do_nothing))]
pub struct TenantOrder {
    #[model(primary_key)]
    pub tenant_id: i64,
    #[model(primary_key)]
    pub code: String,
    pub part_of: Option<String>,
}

/// A row of the table `rental`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rental", schema = "archive")]
pub struct Rental2 {
    pub id: i64,
    pub film_id: i64,
}
