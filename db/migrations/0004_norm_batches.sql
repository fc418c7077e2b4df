-- On how many batches batch norm's statistics were measured anew for an evaluation: on none in older versions.

ALTER TABLE records ADD COLUMN norm_batches INTEGER NOT NULL DEFAULT 0;
