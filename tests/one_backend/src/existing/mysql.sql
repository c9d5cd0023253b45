-- Kinds of tables of Django, Sakila and Northwind, with the types that only MariaDB has.
CREATE TABLE django_content_type (
    id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
    app_label varchar(100) NOT NULL,
    model varchar(100) NOT NULL,
    UNIQUE (app_label, model)
);
CREATE TABLE auth_permission (
    id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
    name varchar(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename varchar(100) NOT NULL,
    UNIQUE (content_type_id, codename),
    FOREIGN KEY (content_type_id) REFERENCES django_content_type (id)
);
CREATE TABLE auth_group (id integer AUTO_INCREMENT NOT NULL PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
CREATE TABLE auth_group_permissions (
    id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY,
    group_id integer NOT NULL,
    permission_id integer NOT NULL,
    UNIQUE (group_id, permission_id),
    FOREIGN KEY (group_id) REFERENCES auth_group (id),
    FOREIGN KEY (permission_id) REFERENCES auth_permission (id)
);
CREATE TABLE django_admin_log (
    id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
    action_time datetime(6) NOT NULL,
    object_id longtext NULL,
    object_repr varchar(200) NOT NULL,
    action_flag smallint UNSIGNED NOT NULL CHECK (`action_flag` >= 0),
    content_type_id integer NULL,
    FOREIGN KEY (content_type_id) REFERENCES django_content_type (id)
);

CREATE TABLE language (language_id tinyint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name char(20) NOT NULL);
CREATE TABLE film (
    film_id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title varchar(128) NOT NULL,
    release_year year DEFAULT NULL,
    language_id tinyint unsigned NOT NULL,
    original_language_id tinyint unsigned DEFAULT NULL,
    rental_rate decimal(4, 2) NOT NULL DEFAULT 4.99,
    length smallint unsigned DEFAULT NULL,
    rating enum('G', 'PG', 'it''s') DEFAULT 'G',
    special_features set('Trailers', 'Commentaries') DEFAULT NULL,
    place point DEFAULT NULL,
    flags bit(3) DEFAULT NULL,
    last_update timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    FOREIGN KEY (language_id) REFERENCES language (language_id) ON UPDATE CASCADE,
    FOREIGN KEY (original_language_id) REFERENCES language (language_id) ON UPDATE CASCADE
);
CREATE TABLE actor (actor_id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, first_name varchar(45) NOT NULL);
CREATE TABLE film_actor (
    actor_id smallint unsigned NOT NULL,
    film_id smallint unsigned NOT NULL,
    PRIMARY KEY (actor_id, film_id),
    FOREIGN KEY (actor_id) REFERENCES actor (actor_id) ON DELETE CASCADE,
    FOREIGN KEY (film_id) REFERENCES film (film_id) ON DELETE CASCADE
);
CREATE TABLE staff (staff_id tinyint unsigned NOT NULL PRIMARY KEY, store_id tinyint unsigned NOT NULL, picture blob, active boolean NOT NULL);
CREATE TABLE store (store_id tinyint unsigned NOT NULL PRIMARY KEY, manager_staff_id tinyint unsigned UNIQUE, FOREIGN KEY (manager_staff_id) REFERENCES staff (staff_id));
ALTER TABLE staff ADD FOREIGN KEY (store_id) REFERENCES store (store_id);
CREATE TABLE inventory (
    inventory_id mediumint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    film_id smallint unsigned NOT NULL,
    store_id tinyint unsigned NOT NULL,
    FOREIGN KEY (film_id) REFERENCES film (film_id),
    FOREIGN KEY (store_id) REFERENCES store (store_id)
);
CREATE TABLE rental (
    rental_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    rental_date date NOT NULL,
    inventory_id mediumint unsigned NOT NULL,
    amount decimal(5, 2) NOT NULL,
    with_tax decimal(12, 4) AS (amount * 1.2) STORED,
    receipt uuid NOT NULL DEFAULT uuid(),
    note text CHECK (json_valid(note)),
    UNIQUE (rental_date, inventory_id),
    FOREIGN KEY (inventory_id) REFERENCES inventory (inventory_id)
);
CREATE VIEW rental_list AS SELECT rental_id AS id, amount, rating FROM rental, film;
CREATE VIEW sales AS SELECT sum(amount) AS total FROM rental;

CREATE TABLE `Region` (`RegionID` int NOT NULL PRIMARY KEY, `RegionDescription` char(50) NOT NULL);
CREATE TABLE `Territories` (
    `TerritoryID` varchar(20) NOT NULL PRIMARY KEY,
    `RegionID` int NOT NULL,
    FOREIGN KEY (`RegionID`) REFERENCES `Region` (`RegionID`)
);
CREATE TABLE `Employees` (
    `EmployeeID` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `LastName` varchar(20) NOT NULL,
    `ReportsTo` int unsigned,
    `type` text,
    `Salary` decimal(19, 4),
    FOREIGN KEY (`ReportsTo`) REFERENCES `Employees` (`EmployeeID`)
);
CREATE TABLE `EmployeeTerritories` (
    `EmployeeID` int unsigned NOT NULL,
    `TerritoryID` varchar(20) NOT NULL,
    PRIMARY KEY (`EmployeeID`, `TerritoryID`),
    FOREIGN KEY (`EmployeeID`) REFERENCES `Employees` (`EmployeeID`),
    FOREIGN KEY (`TerritoryID`) REFERENCES `Territories` (`TerritoryID`)
);
CREATE TABLE tenant_order (
    tenant_id bigint unsigned NOT NULL,
    code char(8) NOT NULL,
    part_of char(8),
    PRIMARY KEY (tenant_id, code),
    FOREIGN KEY (tenant_id, part_of) REFERENCES tenant_order (tenant_id, code)
);
CREATE TABLE tenant_line (
    tenant_id bigint unsigned NOT NULL,
    code char(8) NOT NULL,
    day date NOT NULL,
    price decimal(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, code, day),
    FOREIGN KEY (tenant_id, code) REFERENCES tenant_order (tenant_id, code) ON DELETE CASCADE
);
CREATE TABLE price_band (amount decimal(8, 2) NOT NULL PRIMARY KEY, `select` json);
CREATE TABLE price (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    band decimal(8, 2) NOT NULL,
    FOREIGN KEY (band) REFERENCES price_band (amount)
);
CREATE TABLE digest (sum varbinary(32) NOT NULL PRIMARY KEY, ticket binary(16) NOT NULL UNIQUE);
CREATE TABLE holiday (day date NOT NULL PRIMARY KEY, starts time(6) NOT NULL);
CREATE TABLE access_log (at datetime, line text);
CREATE TABLE signals_archive.rental (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    film_id smallint unsigned NOT NULL,
    FOREIGN KEY (film_id) REFERENCES signals_existing.film (film_id)
);

INSERT INTO django_content_type VALUES (1, 'auth', 'user');
INSERT INTO auth_permission VALUES (1, 'Can add user', 1, 'add_user'), (2, 'Can view user', 1, 'view_user');
INSERT INTO auth_group VALUES (1, 'editors');
INSERT INTO auth_group_permissions VALUES (1, 1, 1);
INSERT INTO django_admin_log VALUES (1, '2024-01-02 03:04:05.678901', '1', 'ann', 65535, 1), (2, '2024-01-02 03:04:05', NULL, '', 0, NULL);
INSERT INTO language VALUES (1, 'English'), (255, 'German');
INSERT INTO film VALUES (1, 'ACADEMY DINOSAUR', 2006, 1, 255, 0.99, 86, 'it''s', 'Trailers,Commentaries', NULL, b'101', '2024-01-02 03:04:05');
INSERT INTO film VALUES (2, 'ACE GOLDFINGER', NULL, 1, NULL, 12.5, NULL, NULL, NULL, NULL, NULL, '2024-01-02');
INSERT INTO actor VALUES (1, 'PENELOPE'), (2, 'NICK');
INSERT INTO film_actor VALUES (1, 1), (2, 1), (2, 2);
INSERT INTO store VALUES (1, NULL), (2, NULL);
INSERT INTO staff VALUES (1, 1, x'00ff', true), (2, 2, NULL, false);
UPDATE store SET manager_staff_id = 1 WHERE store_id = 1;
INSERT INTO inventory VALUES (1, 1, 1), (16777215, 2, 1);
INSERT INTO rental (rental_id, rental_date, inventory_id, amount, note)
VALUES (1, '2024-01-02', 1, 2.5, '[1]'), (9223372036854775809, '2024-01-03', 1, 0.01, NULL);
INSERT INTO `Region` VALUES (1, 'Eastern');
INSERT INTO `Territories` VALUES ('01581', 1), ('01730', 1);
INSERT INTO `Employees` VALUES (1, 'Fuller', NULL, 'boss', 1234.5678), (2, 'Davolio', 1, NULL, NULL);
INSERT INTO `EmployeeTerritories` VALUES (1, '01581'), (2, '01581');
INSERT INTO tenant_order VALUES (1, 'first', NULL), (1, 'second', 'first'), (18446744073709551615, 'first', NULL);
INSERT INTO tenant_line VALUES (1, 'first', '2024-01-02', 1.5), (1, 'second', '2024-01-02', 2), (18446744073709551615, 'first', '2024-01-03', 0);
INSERT INTO price_band VALUES (1.5, '{"a": [1, null]}'), (2, NULL);
INSERT INTO price VALUES (1, 1.5), (2, 2);
INSERT INTO digest VALUES (x'00ff', 'abcdefghijklmnop');
INSERT INTO holiday VALUES ('2024-12-25', '10:11:12.5');
INSERT INTO access_log VALUES ('2024-01-02 03:04:05', 'a line');
INSERT INTO signals_archive.rental VALUES (1, 2);
