-- Runs, their records and statistics, and advice. Never edited after release: changes come as new files.

PRAGMA application_id = 0x50424157; -- "PBAW": this is a Probewise database

CREATE TABLE advice (
    id               TEXT NOT NULL PRIMARY KEY,
    state            TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    fingerprint      TEXT NOT NULL, -- of the request: the same command started again finds what is unfinished
    probe_run        TEXT NOT NULL, -- references runs(id)
    document         TEXT NOT NULL CHECK (json_valid(document)), -- the advice; the columns win where they differ
    error            TEXT NOT NULL DEFAULT '',
    created          TEXT NOT NULL,
    started          TEXT,
    finished         TEXT,
    -- The lease: set while running. The same columns in runs.
    lease_token      TEXT CHECK (lease_token IS NULL OR state = 'running'),
    lease_until      TEXT,
    worker_host      TEXT,
    worker_pid       INTEGER,
    worker_started   TEXT,
    lost_leases      INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE runs (
    id               TEXT NOT NULL PRIMARY KEY,
    kind             TEXT NOT NULL CHECK (kind IN ('probe', 'full')),
    state            TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    fingerprint      TEXT NOT NULL,
    architecture     TEXT NOT NULL CHECK (json_valid(architecture)),
    architecture_id  TEXT NOT NULL,
    dataset          TEXT NOT NULL,
    dataset_id       TEXT NOT NULL,
    images           INTEGER NOT NULL, -- of the full run, training and validation together
    epochs           INTEGER NOT NULL, -- of the full run
    stop_after       INTEGER NOT NULL, -- epochs trained
    seed             TEXT NOT NULL,    -- decimal: SQLite has no unsigned 64-bit integers
    advice           TEXT REFERENCES advice (id) ON DELETE CASCADE, -- the advice served; NULL for a stand-alone run
    from_advice      TEXT NOT NULL DEFAULT '',
    version          TEXT NOT NULL,
    outcome          TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
    error            TEXT NOT NULL DEFAULT '',
    created          TEXT NOT NULL,
    started          TEXT,
    finished         TEXT,
    -- Only stand-alone runs have a lease of their own; the others are covered by their advice's.
    lease_token      TEXT CHECK (lease_token IS NULL OR state = 'running' AND advice IS NULL),
    lease_until      TEXT,
    worker_host      TEXT,
    worker_pid       INTEGER,
    worker_started   TEXT,
    lost_leases      INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE records (
    id                  INTEGER PRIMARY KEY,
    run                 TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    epoch               REAL NOT NULL, -- 0: initialisation; 0.25, 0.5 … within an epoch
    learning_rate       REAL,
    train_loss          REAL,
    train_accuracy      REAL,
    validation_loss     REAL,
    validation_accuracy REAL,
    test_loss           REAL,
    test_accuracy       REAL,
    seconds             REAL NOT NULL,
    UNIQUE (run, epoch)
) STRICT;

CREATE TABLE layer_statistics (
    record      INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL, -- of the layer among the layers with weights, from 0, input first
    tensor      TEXT NOT NULL CHECK (tensor IN ('weights', 'gradients', 'activations')),
    layer       TEXT NOT NULL,
    layer_type  TEXT NOT NULL,
    mean        REAL,
    variance    REAL,
    max_abs     REAL,
    share_below REAL,
    share_zero  REAL,
    l2_norm     REAL,
    dead_units  REAL, -- of activations
    PRIMARY KEY (record, position, tensor)
) STRICT, WITHOUT ROWID;

CREATE INDEX advice_by_state ON advice (state, created, id);
CREATE INDEX advice_by_age ON advice (created, id);
CREATE INDEX advice_unfinished ON advice (fingerprint) WHERE state IN ('queued', 'running');
CREATE INDEX runs_by_state ON runs (state, created, id);
CREATE INDEX runs_by_age ON runs (created, id);
CREATE INDEX runs_by_advice ON runs (advice);
CREATE INDEX runs_unfinished ON runs (fingerprint) WHERE state IN ('queued', 'running');
CREATE INDEX past_runs ON runs (dataset, images, epochs) WHERE kind = 'full' AND state = 'succeeded';

CREATE TRIGGER finished_advice_is_frozen BEFORE UPDATE ON advice
WHEN OLD.state IN ('succeeded', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'a finished advice never changes'); END;

CREATE TRIGGER finished_run_is_frozen BEFORE UPDATE ON runs
WHEN OLD.state IN ('succeeded', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'a finished run never changes'); END;

CREATE TRIGGER records_come_while_running BEFORE INSERT ON records
WHEN (SELECT state FROM runs WHERE id = NEW.run) <> 'running'
BEGIN SELECT RAISE(ABORT, 'only a running run gets records'); END;

CREATE TRIGGER records_are_frozen BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'records never change'); END;

CREATE TRIGGER statistics_are_frozen BEFORE UPDATE ON layer_statistics
BEGIN SELECT RAISE(ABORT, 'layer statistics never change'); END;
