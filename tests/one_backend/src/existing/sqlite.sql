-- Kinds of tables of Django, Sakila and Northwind, as SQLite keeps them.
CREATE TABLE django_content_type (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    app_label varchar(100) NOT NULL,
    model varchar(100) NOT NULL
);
CREATE UNIQUE INDEX django_content_type_uniq ON django_content_type (app_label, model);
CREATE TABLE auth_permission (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar(255) NOT NULL,
    content_type_id integer NOT NULL REFERENCES django_content_type (id) DEFERRABLE INITIALLY DEFERRED,
    codename varchar(100) NOT NULL
);
CREATE UNIQUE INDEX auth_permission_uniq ON auth_permission (content_type_id, codename);
CREATE TABLE auth_group (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(150) NOT NULL UNIQUE);
CREATE TABLE auth_group_permissions (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    group_id integer NOT NULL REFERENCES auth_group (id) DEFERRABLE INITIALLY DEFERRED,
    permission_id integer NOT NULL REFERENCES auth_permission (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX auth_group_permissions_uniq ON auth_group_permissions (group_id, permission_id);
CREATE INDEX auth_group_permissions_permission ON auth_group_permissions (permission_id);
CREATE TABLE django_admin_log (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    action_time datetime NOT NULL,
    object_id text NULL,
    object_repr varchar(200) NOT NULL,
    action_flag smallint unsigned NOT NULL CHECK ("action_flag" >= 0),
    content_type_id integer NULL REFERENCES django_content_type (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX django_admin_log_content_type ON django_admin_log (content_type_id);

CREATE TABLE language (language_id TINYINT NOT NULL PRIMARY KEY, name CHAR(20) NOT NULL);
CREATE TABLE film (
    film_id INTEGER PRIMARY KEY,
    title VARCHAR(128) NOT NULL,
    release_year YEAR,
    language_id TINYINT NOT NULL REFERENCES language (language_id),
    original_language_id TINYINT REFERENCES language (language_id),
    rental_rate DECIMAL(4, 2) NOT NULL DEFAULT 4.99,
    rating VARCHAR(10) DEFAULT 'G' CHECK (rating IN ('G', 'PG')),
    last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX film_language ON film (language_id);
CREATE INDEX film_original_language ON film (original_language_id);
CREATE TABLE actor (actor_id INTEGER PRIMARY KEY, first_name VARCHAR(45) NOT NULL);
CREATE TABLE film_actor (
    actor_id INT NOT NULL REFERENCES actor (actor_id) ON DELETE CASCADE,
    film_id INT NOT NULL REFERENCES film (film_id) ON DELETE CASCADE,
    PRIMARY KEY (actor_id, film_id)
) WITHOUT ROWID;
CREATE INDEX film_actor_film ON film_actor (film_id);
CREATE TABLE staff (staff_id SMALLINT PRIMARY KEY, store_id INT NOT NULL REFERENCES store (store_id), picture BLOB, active BOOLEAN NOT NULL);
CREATE TABLE store (store_id INTEGER PRIMARY KEY, manager_staff_id SMALLINT UNIQUE REFERENCES staff (staff_id));
CREATE INDEX staff_store ON staff (store_id);
CREATE TABLE inventory (
    inventory_id INTEGER PRIMARY KEY,
    film_id INT NOT NULL REFERENCES film (film_id),
    store_id INT NOT NULL REFERENCES store (store_id)
);
CREATE INDEX inventory_film ON inventory (film_id);
CREATE INDEX inventory_store ON inventory (store_id);
CREATE TABLE rental (
    rental_id INTEGER PRIMARY KEY,
    rental_date DATE NOT NULL,
    inventory_id INT NOT NULL REFERENCES inventory (inventory_id),
    amount DECIMAL(5, 2) NOT NULL,
    with_tax REAL GENERATED ALWAYS AS (amount * 1.2) STORED,
    twice REAL AS (amount * 2),
    note JSON,
    UNIQUE (rental_date, inventory_id)
);
CREATE INDEX rental_inventory ON rental (inventory_id);
CREATE VIEW rental_list AS SELECT rental_id AS id, amount, rating FROM rental, film;
CREATE VIEW sales AS SELECT sum(amount) AS total FROM rental;

CREATE TABLE "Region" ("RegionID" INT NOT NULL PRIMARY KEY, "RegionDescription" nchar(50) NOT NULL);
CREATE TABLE "Territories" (
    "TerritoryID" nvarchar(20) NOT NULL PRIMARY KEY,
    "RegionID" INT NOT NULL REFERENCES "Region" ("RegionID")
);
CREATE INDEX "TerritoriesRegion" ON "Territories" ("RegionID");
CREATE TABLE "Employees" (
    "EmployeeID" INTEGER PRIMARY KEY,
    "LastName" nvarchar(20) NOT NULL,
    "ReportsTo" INTEGER REFERENCES "Employees",
    "type" TEXT,
    "Salary" MONEY
);
CREATE INDEX "EmployeesReportsTo" ON "Employees" ("ReportsTo");
CREATE TABLE "EmployeeTerritories" (
    "EmployeeID" INTEGER NOT NULL REFERENCES "Employees",
    "TerritoryID" nvarchar(20) NOT NULL REFERENCES "Territories",
    PRIMARY KEY ("EmployeeID", "TerritoryID")
);
CREATE INDEX "EmployeeTerritoriesTerritory" ON "EmployeeTerritories" ("TerritoryID");
CREATE TABLE tenant_order (
    tenant_id INT NOT NULL,
    code CHAR(8) NOT NULL,
    part_of CHAR(8),
    PRIMARY KEY (tenant_id, code),
    FOREIGN KEY (tenant_id, part_of) REFERENCES tenant_order (tenant_id, code)
);
CREATE INDEX tenant_order_part_of ON tenant_order (tenant_id, part_of);
CREATE TABLE tenant_line (
    tenant_id INT NOT NULL,
    code CHAR(8) NOT NULL,
    day DATE NOT NULL,
    price DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, code, day),
    FOREIGN KEY (tenant_id, code) REFERENCES tenant_order ON DELETE CASCADE
);
CREATE TABLE digest (sum BLOB PRIMARY KEY NOT NULL, "select" JSON);
CREATE TABLE holiday (day DATE PRIMARY KEY NOT NULL, starts TIME NOT NULL);
CREATE TABLE access_log (at TIMESTAMP, line TEXT);
CREATE TABLE archive.rental (id INTEGER PRIMARY KEY, film_id INT NOT NULL);

INSERT INTO django_content_type VALUES (1, 'auth', 'user');
INSERT INTO auth_permission VALUES (1, 'Can add user', 1, 'add_user'), (2, 'Can view user', 1, 'view_user');
INSERT INTO auth_group VALUES (1, 'editors');
INSERT INTO auth_group_permissions VALUES (1, 1, 1);
INSERT INTO django_admin_log VALUES (1, '2024-01-02 03:04:05.678901', '1', 'ann', 1, 1), (2, '2024-01-02 03:04:05', NULL, '', 0, NULL);
INSERT INTO language VALUES (1, 'English'), (2, 'German');
INSERT INTO film VALUES (1, 'ACADEMY DINOSAUR', '2006', 1, 2, 0.99, 'PG', '2024-01-02 03:04:05');
INSERT INTO film VALUES (2, 'ACE GOLDFINGER', NULL, 1, NULL, 12, NULL, '2024-01-02 00:00:00');
INSERT INTO actor VALUES (1, 'PENELOPE'), (2, 'NICK');
INSERT INTO film_actor VALUES (1, 1), (2, 1), (2, 2);
INSERT INTO store VALUES (1, NULL), (2, NULL);
INSERT INTO staff VALUES (1, 1, x'00ff', true), (2, 2, NULL, false);
UPDATE store SET manager_staff_id = 1 WHERE store_id = 1;
INSERT INTO inventory VALUES (1, 1, 1), (2, 2, 1);
INSERT INTO rental (rental_id, rental_date, inventory_id, amount, note)
VALUES (1, '2024-01-02', 1, 2.5, '[1]'), (2, '2024-01-03', 1, 3, NULL);
INSERT INTO "Region" VALUES (1, 'Eastern');
INSERT INTO "Territories" VALUES ('01581', 1), ('01730', 1);
INSERT INTO "Employees" VALUES (1, 'Fuller', NULL, 'boss', 1234.5678), (2, 'Davolio', 1, NULL, NULL);
INSERT INTO "EmployeeTerritories" VALUES (1, '01581'), (2, '01581');
INSERT INTO tenant_order VALUES (1, 'first', NULL), (1, 'second', 'first'), (2, 'first', NULL);
INSERT INTO tenant_line VALUES (1, 'first', '2024-01-02', 1.5), (1, 'second', '2024-01-02', 2), (2, 'first', '2024-01-03', 0);
INSERT INTO digest VALUES (x'00ff', '{"a":[1,null]}');
INSERT INTO holiday VALUES ('2024-12-25', '10:11:12.500');
INSERT INTO access_log VALUES ('2024-01-02 03:04:05', 'a line');
INSERT INTO archive.rental VALUES (1, 2);
