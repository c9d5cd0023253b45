INSERT INTO migrating_shelf (name) VALUES ('first'), ('second');
