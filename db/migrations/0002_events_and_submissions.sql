-- The log of what happened to jobs, what requests with an idempotency key made, and warnings about a run's architecture.
-- A job is an advice or a stand-alone run: of the columns advice and run one is set.

ALTER TABLE runs ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_type(warnings) = 'array');

-- For the runs that train an advice's revised architecture, newest last.
CREATE INDEX runs_by_source ON runs (from_advice, created, id);

-- One writer at a time and AUTOINCREMENT: ids ascend in the order of the commits, and none is ever used again. Who reads
-- on after the last id that it saw misses nothing.
CREATE TABLE events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    advice   TEXT REFERENCES advice (id) ON DELETE CASCADE,
    run      TEXT REFERENCES runs (id) ON DELETE CASCADE,
    type     TEXT NOT NULL,
    document TEXT NOT NULL CHECK (json_valid(document)), -- the event without id and type
    CHECK ((advice IS NULL) <> (run IS NULL))
) STRICT;

CREATE INDEX events_by_advice ON events (advice) WHERE advice IS NOT NULL;
CREATE INDEX events_by_run ON events (run) WHERE run IS NOT NULL;

CREATE TABLE submissions (
    key    TEXT NOT NULL PRIMARY KEY CHECK (key <> ''),
    digest TEXT NOT NULL, -- of the request
    advice TEXT REFERENCES advice (id) ON DELETE CASCADE,
    run    TEXT REFERENCES runs (id) ON DELETE CASCADE,
    CHECK ((advice IS NULL) <> (run IS NULL))
) STRICT;

CREATE INDEX submissions_by_advice ON submissions (advice) WHERE advice IS NOT NULL;
CREATE INDEX submissions_by_run ON submissions (run) WHERE run IS NOT NULL;

CREATE TRIGGER events_are_frozen BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events never change'); END;

CREATE TRIGGER submissions_are_frozen BEFORE UPDATE ON submissions
BEGIN SELECT RAISE(ABORT, 'submissions never change'); END;

-- The jobs that are there get the log that their states tell: it begins with queued, and that of a finished job ends with
-- done, as with all others.
INSERT INTO events (advice, type, document)
SELECT id, 'state', '{"state":"queued"}' FROM advice ORDER BY created, id;
INSERT INTO events (advice, type, document)
SELECT id, 'state', '{"state":"running"}' FROM advice WHERE started IS NOT NULL ORDER BY created, id;
INSERT INTO events (advice, type, document)
SELECT id, 'done', json_object('state', state) FROM advice WHERE finished IS NOT NULL ORDER BY created, id;

INSERT INTO events (run, type, document)
SELECT id, 'state', '{"state":"queued"}' FROM runs WHERE advice IS NULL ORDER BY created, id;
INSERT INTO events (run, type, document)
SELECT id, 'state', '{"state":"running"}' FROM runs WHERE advice IS NULL AND started IS NOT NULL ORDER BY created, id;
INSERT INTO events (run, type, document)
SELECT id, 'done', json_object('state', state) FROM runs WHERE advice IS NULL AND finished IS NOT NULL ORDER BY created, id;
