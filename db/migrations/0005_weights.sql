-- The weights of a run's best epoch, which are in a file, and what advice had predicted of the run. Runs that were
-- trained before get the prediction of their advice where that is still there.

ALTER TABLE runs ADD COLUMN weights TEXT CHECK (weights IS NULL OR json_valid(weights));
ALTER TABLE runs ADD COLUMN predicted TEXT CHECK (predicted IS NULL OR json_valid(predicted));

DROP TRIGGER finished_run_is_frozen;

UPDATE runs SET predicted =
    (SELECT json_extract(document, '$.revised.prediction') FROM advice WHERE advice.id = runs.from_advice)
WHERE from_advice <> '';

CREATE TRIGGER finished_run_is_frozen BEFORE UPDATE ON runs
WHEN OLD.state IN ('succeeded', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'a finished run never changes'); END;
