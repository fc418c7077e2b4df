-- How well each class is told from the others at a record: not known of records of older versions.

ALTER TABLE records ADD COLUMN validation_by_class TEXT
    CHECK (validation_by_class IS NULL OR json_valid(validation_by_class));

-- A gate finds the probe of an architecture that it has trained before.
CREATE INDEX probes_done ON runs (fingerprint) WHERE kind = 'probe' AND state = 'succeeded';
