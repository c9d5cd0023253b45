CREATE TABLE migrating_shelf (name VARCHAR(20) PRIMARY KEY);
