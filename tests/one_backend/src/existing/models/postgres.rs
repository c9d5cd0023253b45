//! Models of the tables of a PostgreSQL database, printed by `inspectdb`.
//! They need the features `chrono`, `json`, `rust_decimal`, `uuid` of `signals-orm`, and the crates `chrono`, `rust_decimal`, `serde_json`, `uuid`.

use signals::Model;

/// A row of the table `EmployeeTerritories`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "EmployeeTerritories")]
pub struct EmployeeTerritories {
    #[model(primary_key, column = "EmployeeID", references = Employees, on_delete = do_nothing)]
    pub employee_id: i32,
    #[model(primary_key)]
    #[model(column = "TerritoryID")]
    #[model(references = Territories, on_delete = do_nothing)]
    #[model(sql_type = "character varying(20)")]
    pub territory_id: String,
}

/// A row of the table `Employees`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Employees")]
#[model(many_to_many(territories: Territories, related = employees, through = EmployeeTerritories))]
pub struct Employees {
    #[model(primary_key, column = "EmployeeID")]
    pub employee_id: i32,
    #[model(column = "LastName", sql_type = "character varying(20)")]
    pub last_name: String,
    #[model(column = "ReportsTo", references = Self, on_delete = do_nothing)]
    pub reports_to: Option<i32>,
    pub r#type: Option<String>,
    #[model(column = "Salary", sql_type = "numeric(19,4)")]
    pub salary: Option<rust_decimal::Decimal>,
}

/// A row of the table `Region`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Region")]
pub struct Region {
    // The database generates no keys.
    #[model(primary_key, column = "RegionID", sql_type = "smallint")]
    pub region_id: i16,
    #[model(column = "RegionDescription", sql_type = "character(50)")]
    pub region_description: String,
}

/// A row of the table `Territories`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Territories")]
pub struct Territories {
    #[model(primary_key, column = "TerritoryID", sql_type = "character varying(20)")]
    pub territory_id: String,
    #[model(column = "RegionID", references = Region, on_delete = do_nothing)]
    pub region_id: i16,
}

// `access_log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `access_log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct AccessLog {
//     pub at: Option<chrono::DateTime<chrono::Utc>>,
//     pub line: Option<String>,
// }

/// A row of the table `actor`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(film: Film, related = actor, table = "film_actor", columns(actor_id, film_id)))]
pub struct Actor {
    #[model(primary_key)]
    pub actor_id: i32,
    #[model(sql_type = "character varying(45)")]
    pub first_name: String,
}

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_permission: AuthPermission, related = auth_group, through = AuthGroupPermissions))]
pub struct AuthGroup {
    pub id: i32,
    #[model(unique, sql_type = "character varying(150)")]
    pub name: String,
}

/// A row of the table `auth_group_permissions`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(group_id, permission_id))]
pub struct AuthGroupPermissions {
    pub id: i64,
    #[model(references = AuthGroup, on_delete = do_nothing)]
    pub group_id: i32,
    #[model(references = AuthPermission, on_delete = do_nothing)]
    pub permission_id: i32,
}

/// A row of the table `auth_permission`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(content_type_id, codename))]
pub struct AuthPermission {
    pub id: i32,
    #[model(sql_type = "character varying(255)")]
    pub name: String,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: i32,
    #[model(sql_type = "character varying(100)")]
    pub codename: String,
}

/// A row of the table `digest`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Digest {
    #[model(primary_key)]
    pub sum: Vec<u8>,
    #[model(unique)]
    pub ticket: uuid::Uuid,
}

/// A row of the table `django_admin_log`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct DjangoAdminLog {
    pub id: i32,
    pub action_time: chrono::DateTime<chrono::Utc>,
    pub object_id: Option<String>,
    #[model(sql_type = "character varying(200)")]
    pub object_repr: String,
    pub action_flag: i16,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: Option<i32>,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i32,
    #[model(sql_type = "character varying(100)")]
    pub app_label: String,
    #[model(sql_type = "character varying(100)")]
    pub model: String,
}

/// A row of the table `film`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i32,
    #[model(sql_type = "character varying(128)")]
    pub title: String,
    pub release_year: Option<i16>,
    #[model(references = Language, on_delete = do_nothing)]
    pub language_id: i16,
    #[model(references = Language, on_delete = do_nothing)]
    pub original_language_id: Option<i16>,
    #[model(sql_type = "numeric(4,2)")]
    pub rental_rate: rust_decimal::Decimal,
    #[model(sql_type = "character varying(5)")]
    pub rating: Option<String>,
    pub special_features: Option<Vec<String>>,
    pub scores: Vec<f64>,
    // The column `fulltext` is left out: no Rust type of this library holds `tsvector`.
    // The column `long_ago` is left out: no Rust type of this library holds `interval`.
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
    pub film_id: i32,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: i16,
}

/// A row of the table `language`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Language {
    #[model(primary_key)]
    pub language_id: i16,
    #[model(sql_type = "character(20)")]
    pub name: String,
}

/// A row of the table `price`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Price {
    pub id: i64,
    #[model(references = PriceBand, on_delete = do_nothing, sql_type = "numeric(8,2)")]
    pub band: rust_decimal::Decimal,
}

/// A row of the table `price_band`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct PriceBand {
    #[model(primary_key, sql_type = "numeric(8,2)")]
    pub amount: rust_decimal::Decimal,
    #[model(json)]
    pub select: Option<serde_json::Value>,
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
    #[model(sql_type = "numeric(5,2)")]
    pub amount: rust_decimal::Decimal,
    #[model(generated, sql_type = "numeric(12,4)")]
    pub with_tax: Option<rust_decimal::Decimal>,
    #[model(read_only)]
    pub number: i32,
    pub receipt: uuid::Uuid,
}

/// A row of the view `rental_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct RentalList {
    pub id: i64,
    #[model(sql_type = "numeric(5,2)")]
    pub amount: Option<rust_decimal::Decimal>,
    #[model(sql_type = "character varying(5)")]
    pub rating: Option<String>,
}

// `sales` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `sales`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct Sales {
//     pub total: Option<rust_decimal::Decimal>,
// }

/// A row of the table `staff`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Staff {
    // The database generates no keys.
    #[model(primary_key, sql_type = "smallint")]
    pub staff_id: i16,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: i16,
    pub picture: Option<Vec<u8>>,
    pub active: bool,
}

/// A row of the table `store`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Store {
    // The database generates no keys.
    #[model(primary_key, sql_type = "smallint")]
    pub store_id: i16,
    #[model(unique, references = Staff, on_delete = do_nothing)]
    pub manager_staff_id: Option<i16>,
}

/// A row of the table `tenant_line`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(references(TenantOrder, fields(tenant_id, code), on_delete = cascade))]
pub struct TenantLine {
    #[model(primary_key)]
    pub tenant_id: i64,
    #[model(primary_key, sql_type = "character(8)")]
    pub code: String,
    #[model(primary_key)]
    pub day: chrono::NaiveDate,
    #[model(sql_type = "numeric(10,2)")]
    pub price: rust_decimal::Decimal,
}

/// A row of the table `tenant_order`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(tenant_id, part_of))]
#[model(references(Self, fields(tenant_id, part_of), on_delete = do_nothing))]
pub struct TenantOrder {
    #[model(primary_key)]
    pub tenant_id: i64,
    #[model(primary_key, sql_type = "character(8)")]
    pub code: String,
    #[model(sql_type = "character(8)")]
    pub part_of: Option<String>,
}

/// A row of the table `rental`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rental", schema = "archive")]
pub struct Rental2 {
    pub id: i64,
    #[model(references = Film, on_delete = do_nothing)]
    pub film_id: i32,
}
