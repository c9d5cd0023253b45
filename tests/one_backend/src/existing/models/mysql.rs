//! Models of the tables of a MySQL database, printed by `inspectdb`.
//! They need the features `chrono`, `json`, `rust_decimal` of `signals-orm`, and the crates `chrono`, `rust_decimal`, `serde_json`.

use signals::Model;

// `access_log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `access_log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct AccessLog {
//     #[model(sql_type = "datetime")]
//     pub at: Option<chrono::NaiveDateTime>,
//     #[model(sql_type = "text")]
//     pub line: Option<String>,
// }

/// A row of the table `actor`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(film: Film, related = actor, table = "film_actor", columns(actor_id, film_id)))]
pub struct Actor {
    #[model(primary_key)]
    pub actor_id: u16,
    #[model(sql_type = "varchar(45)")]
    pub first_name: String,
}

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_permission: AuthPermission, related = auth_group, through = AuthGroupPermissions))]
pub struct AuthGroup {
    pub id: i32,
    #[model(unique, sql_type = "varchar(150)")]
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
    #[model(sql_type = "varchar(255)")]
    pub name: String,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: i32,
    #[model(sql_type = "varchar(100)")]
    pub codename: String,
}

/// A row of the table `digest`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Digest {
    #[model(primary_key, sql_type = "varbinary(32)")]
    pub sum: Vec<u8>,
    #[model(unique, sql_type = "binary(16)")]
    pub ticket: Vec<u8>,
}

/// A row of the table `django_admin_log`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct DjangoAdminLog {
    pub id: i32,
    pub action_time: chrono::NaiveDateTime,
    pub object_id: Option<String>,
    #[model(sql_type = "varchar(200)")]
    pub object_repr: String,
    pub action_flag: u16,
    #[model(references = DjangoContentType, on_delete = do_nothing)]
    pub content_type_id: Option<i32>,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i32,
    #[model(sql_type = "varchar(100)")]
    pub app_label: String,
    #[model(sql_type = "varchar(100)")]
    pub model: String,
}

/// A row of the table `Employees`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Employees")]
#[model(many_to_many(territories: Territories, related = employees, through = EmployeeTerritories))]
pub struct Employees {
    #[model(primary_key, column = "EmployeeID")]
    pub employee_id: u32,
    #[model(column = "LastName", sql_type = "varchar(20)")]
    pub last_name: String,
    #[model(column = "ReportsTo", references = Self, on_delete = do_nothing)]
    pub reports_to: Option<u32>,
    #[model(sql_type = "text")]
    pub r#type: Option<String>,
    #[model(column = "Salary", sql_type = "decimal(19,4)")]
    pub salary: Option<rust_decimal::Decimal>,
}

/// A row of the table `EmployeeTerritories`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "EmployeeTerritories")]
pub struct EmployeeTerritories {
    #[model(primary_key, column = "EmployeeID", references = Employees, on_delete = do_nothing)]
    pub employee_id: u32,
    #[model(primary_key)]
    #[model(column = "TerritoryID")]
    #[model(references = Territories, on_delete = do_nothing)]
    #[model(sql_type = "varchar(20)")]
    pub territory_id: String,
}

/// A row of the table `film`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: u16,
    #[model(sql_type = "varchar(128)")]
    pub title: String,
    // The column `release_year` is left out: no Rust type of this library holds `year(4)`.
    #[model(references = Language, on_delete = do_nothing)]
    pub language_id: u8,
    #[model(references = Language, on_delete = do_nothing)]
    pub original_language_id: Option<u8>,
    #[model(sql_type = "decimal(4,2)")]
    pub rental_rate: rust_decimal::Decimal,
    pub length: Option<u16>,
    #[model(sql_type = "enum('G','PG','it''s')")]
    pub rating: Option<String>,
    // The column `special_features` is left out: no Rust type of this library holds `set('Trailers','Commentaries')`.
    // The column `place` is left out: no Rust type of this library holds `point`.
    // The column `flags` is left out: no Rust type of this library holds `bit(3)`.
    #[model(sql_type = "timestamp")]
    pub last_update: chrono::DateTime<chrono::Utc>,
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
    #[model(primary_key, sql_type = "mediumint(8) unsigned")]
    pub inventory_id: u32,
    #[model(references = Film, on_delete = do_nothing)]
    pub film_id: u16,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: u8,
}

/// A row of the table `language`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Language {
    #[model(primary_key)]
    pub language_id: u8,
    #[model(sql_type = "char(20)")]
    pub name: String,
}

/// A row of the table `price`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Price {
    pub id: i64,
    #[model(references = PriceBand, on_delete = do_nothing, sql_type = "decimal(8,2)")]
    pub band: rust_decimal::Decimal,
}

/// A row of the table `price_band`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct PriceBand {
    #[model(primary_key, sql_type = "decimal(8,2)")]
    pub amount: rust_decimal::Decimal,
    #[model(json)]
    pub select: Option<serde_json::Value>,
}

/// A row of the table `Region`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Region")]
pub struct Region {
    // The database generates no keys.
    #[model(primary_key, column = "RegionID", sql_type = "int(11)")]
    pub region_id: i32,
    #[model(column = "RegionDescription", sql_type = "char(50)")]
    pub region_description: String,
}

/// A row of the table `rental`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(rental_date, inventory_id))]
pub struct Rental {
    #[model(primary_key)]
    pub rental_id: u64,
    pub rental_date: chrono::NaiveDate,
    #[model(references = Inventory, on_delete = do_nothing, sql_type = "mediumint(8) unsigned")]
    pub inventory_id: u32,
    #[model(sql_type = "decimal(5,2)")]
    pub amount: rust_decimal::Decimal,
    #[model(generated, sql_type = "decimal(12,4)")]
    pub with_tax: Option<rust_decimal::Decimal>,
    #[model(sql_type = "uuid")]
    pub receipt: String,
    #[model(json)]
    pub note: Option<serde_json::Value>,
}

/// A row of the view `rental_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct RentalList {
    pub id: u64,
    #[model(sql_type = "decimal(5,2)")]
    pub amount: rust_decimal::Decimal,
    #[model(sql_type = "enum('G','PG','it''s')")]
    pub rating: Option<String>,
}

// `sales` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `sales`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct Sales {
//     #[model(sql_type = "decimal(27,2)")]
//     pub total: Option<rust_decimal::Decimal>,
// }

/// A row of the table `staff`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Staff {
    // The database generates no keys.
    #[model(primary_key, sql_type = "tinyint(3) unsigned")]
    pub staff_id: u8,
    #[model(references = Store, on_delete = do_nothing)]
    pub store_id: u8,
    #[model(sql_type = "blob")]
    pub picture: Option<Vec<u8>>,
    pub active: bool,
}

/// A row of the table `store`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Store {
    // The database generates no keys.
    #[model(primary_key, sql_type = "tinyint(3) unsigned")]
    pub store_id: u8,
    #[model(unique, references = Staff, on_delete = do_nothing)]
    pub manager_staff_id: Option<u8>,
}

/// A row of the table `tenant_line`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(references(TenantOrder, fields(tenant_id, code), on_delete = cascade))]
pub struct TenantLine {
    #[model(primary_key)]
    pub tenant_id: u64,
    #[model(primary_key, sql_type = "char(8)")]
    pub code: String,
    #[model(primary_key)]
    pub day: chrono::NaiveDate,
    #[model(sql_type = "decimal(10,2)")]
    pub price: rust_decimal::Decimal,
}

/// A row of the table `tenant_order`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(tenant_id, part_of))]
#[model(references(Self, fields(tenant_id, part_of), on_delete = do_nothing))]
pub struct TenantOrder {
    #[model(primary_key)]
    pub tenant_id: u64,
    #[model(primary_key, sql_type = "char(8)")]
    pub code: String,
    #[model(sql_type = "char(8)")]
    pub part_of: Option<String>,
}

/// A row of the table `Territories`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Territories")]
pub struct Territories {
    #[model(primary_key, column = "TerritoryID", sql_type = "varchar(20)")]
    pub territory_id: String,
    #[model(column = "RegionID", references = Region, on_delete = do_nothing)]
    pub region_id: i32,
}

/// A row of the table `rental`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rental", schema = "signals_archive")]
pub struct Rental2 {
    pub id: i64,
    #[model(references = Film, on_delete = do_nothing)]
    pub film_id: u16,
}
