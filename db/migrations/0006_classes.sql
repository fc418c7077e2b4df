-- How well each class is told from the others at a record: not known of records of older versions.

ALTER TABLE records ADD COLUMN validation_by_class TEXT
    CHECK (validation_by_class IS NULL OR json_valid(validation_by_class));
