-- A database as the program of commit 610f308 left it, with schema 1: what its CreateAdvice, AddChildRun, FinishAdvice and
-- so on wrote, from the records of dbtest. Made by: sqlite3 FILE .dump, names put for the ids, and the last two lines added.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO advice VALUES('advice-done','succeeded','fingerprint advice-done','probe-of-advice-done','{"id":"advice-done","state":"succeeded","dataset":"fashion-mnist-sample","request":{"dataset":"fashion-mnist-sample","probe":{"epochs":3,"images":10000,"seed":1},"epochs":15,"suggestions":8,"verify":true,"train":false},"architecture":{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1},"warnings":[],"probe_run":"probe-of-advice-done","prediction":null,"diagnoses":[{"rule":"wide-dense","layer":"dense1","statistic":"share","value":0.9,"threshold":0.6,"percentile":0,"epoch":0,"severity":"high","message":"…"}],"suggestions":[],"revised":{"architecture":{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1},"prediction":null,"verified":false,"rank":1},"compute":{"probe_flops":0,"verification_flops":0},"training_run":"training","created":"2026-11-24T05:56:23.844382381Z","started":"2026-11-24T05:56:23.845156123Z","finished":null}','','2026-11-24T05:56:23.844382381Z','2026-11-24T05:56:23.845156123Z','2026-11-24T05:56:23.850311867Z',NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO advice VALUES('advice-queued','queued','the same command','probe-of-advice-queued','{"id":"advice-queued","state":"queued","dataset":"fashion-mnist-sample","request":{"dataset":"fashion-mnist-sample","probe":{"epochs":3,"images":10000,"seed":1},"epochs":15,"suggestions":8,"verify":true,"train":false},"architecture":{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1},"warnings":[],"probe_run":"probe-of-advice-queued","prediction":null,"diagnoses":[],"suggestions":[],"revised":null,"compute":{"probe_flops":0,"verification_flops":0},"training_run":null,"created":"2026-11-24T05:56:23.852048752Z","started":null,"finished":null}','','2026-11-24T05:56:23.852048752Z',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0);
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
INSERT INTO runs VALUES('probe-of-advice-done','probe','succeeded','','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,3,'1','advice-done','','test','{"diverged":false,"epochs":3,"train_loss":0.5,"train_accuracy":0.8,"validation_loss":0.6,"validation_accuracy":0.75,"test_loss":0.65,"test_accuracy":0.74,"parameters":15770,"seconds":12.5,"parameter_efficiency":0.0007926442612555486,"device":"cpu: test"}','','2026-11-24T05:56:23.844382381Z','2026-11-24T05:56:23.845579774Z','2026-11-24T05:56:23.846516818Z',NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO runs VALUES('verified','probe','succeeded','','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,3,'1','advice-done','','test','{"diverged":false,"epochs":1,"train_loss":0.5,"train_accuracy":0.8,"validation_loss":0.6,"validation_accuracy":0.75,"test_loss":0.65,"test_accuracy":0.74,"parameters":15770,"seconds":12.5,"parameter_efficiency":0.0007926442612555486,"device":"cpu: test"}','','2026-11-24T05:56:23.846892858Z','2026-11-24T05:56:23.847063852Z','2026-11-24T05:56:23.848808069Z',NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO runs VALUES('verification-cancelled','probe','cancelled','','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,3,'1','advice-done','','test',NULL,'','2026-11-24T05:56:23.847848380Z','2026-11-24T05:56:23.848000386Z','2026-11-24T05:56:23.850203395Z',NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO runs VALUES('training','full','queued','','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,15,'1',NULL,'advice-done','test',NULL,'','2026-11-24T05:56:23.849709640Z',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO runs VALUES('run-running','full','running','fingerprint run-running','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,15,'1',NULL,'','test',NULL,'','2026-11-24T05:56:23.850818130Z','2026-11-24T05:56:23.851220900Z',NULL,'IOQAJAZRNL23PFGC3KKKMOVCQI','2026-11-24T06:56:23.851171536Z','elsewhere',7,'then',0,0);
INSERT INTO runs VALUES('probe-of-advice-queued','probe','queued','','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,3,'1','advice-queued','','test',NULL,'','2026-11-24T05:56:23.852048752Z',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0);
INSERT INTO runs VALUES('run-failed','full','failed','fingerprint run-failed','{"classes":10,"input":[28,28,1],"layers":[{"activation":"relu","batch_norm":false,"bias":true,"filters":8,"initializer":"glorot_uniform","kernel":[3,3],"l1":0,"l2":0.0001,"name":"conv1","padding":"valid","stride":[1,1],"type":"conv"},{"name":"max_pool1","padding":"valid","size":[2,2],"stride":[2,2],"type":"max_pool"},{"name":"flatten1","type":"flatten"},{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0,"name":"dense1","type":"dense","units":10}],"name":"small","training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},"schedule":{"type":"constant"},"seed":1},"version":1}','33f77ea34ccd174e557b5ea58556eb2799606086d9f22bdeb1f588e01126ce71','fashion-mnist-sample','d5',10000,15,15,'1',NULL,'','test',NULL,'no memory','2026-11-24T05:56:23.852620853Z','2026-11-24T05:56:23.853049361Z','2026-11-24T05:56:23.853393984Z',NULL,NULL,NULL,NULL,NULL,0,0);
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
INSERT INTO records VALUES(1,'probe-of-advice-done',0.0,0.0009765625,0.001953125,0.0029296875,0.00390625,0.0048828125,0.005859375,0.0068359375,0.0078125);
INSERT INTO records VALUES(2,'verified',0.0,0.0009765625,0.001953125,0.0029296875,0.00390625,0.0048828125,0.005859375,0.0068359375,0.0078125);
INSERT INTO records VALUES(3,'verification-cancelled',0.0,0.0009765625,0.001953125,0.0029296875,0.00390625,0.0048828125,0.005859375,0.0068359375,0.0078125);
INSERT INTO records VALUES(4,'run-running',0.0,0.0009765625,0.001953125,0.0029296875,0.00390625,0.0048828125,0.005859375,0.0068359375,0.0078125);
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
INSERT INTO layer_statistics VALUES(1,0,'activations','conv1','conv',0.0205078125,0.021484375,0.0224609375,0.0234375,0.0244140625,0.025390625,0.0263671875);
INSERT INTO layer_statistics VALUES(1,0,'gradients','conv1','conv',0.0146484375,0.015625,0.0166015625,0.017578125,0.0185546875,0.01953125,NULL);
INSERT INTO layer_statistics VALUES(1,0,'weights','conv1','conv',0.0087890625,0.009765625,0.0107421875,0.01171875,0.0126953125,0.013671875,NULL);
INSERT INTO layer_statistics VALUES(1,1,'activations','dense1','dense',0.0390625,0.0400390625,0.041015625,0.0419921875,0.04296875,0.0439453125,0.044921875);
INSERT INTO layer_statistics VALUES(1,1,'gradients','dense1','dense',0.033203125,0.0341796875,0.03515625,0.0361328125,0.037109375,0.0380859375,NULL);
INSERT INTO layer_statistics VALUES(1,1,'weights','dense1','dense',0.02734375,0.0283203125,0.029296875,0.0302734375,0.03125,0.0322265625,NULL);
INSERT INTO layer_statistics VALUES(2,0,'activations','conv1','conv',0.0205078125,0.021484375,0.0224609375,0.0234375,0.0244140625,0.025390625,0.0263671875);
INSERT INTO layer_statistics VALUES(2,0,'gradients','conv1','conv',0.0146484375,0.015625,0.0166015625,0.017578125,0.0185546875,0.01953125,NULL);
INSERT INTO layer_statistics VALUES(2,0,'weights','conv1','conv',0.0087890625,0.009765625,0.0107421875,0.01171875,0.0126953125,0.013671875,NULL);
INSERT INTO layer_statistics VALUES(2,1,'activations','dense1','dense',0.0390625,0.0400390625,0.041015625,0.0419921875,0.04296875,0.0439453125,0.044921875);
INSERT INTO layer_statistics VALUES(2,1,'gradients','dense1','dense',0.033203125,0.0341796875,0.03515625,0.0361328125,0.037109375,0.0380859375,NULL);
INSERT INTO layer_statistics VALUES(2,1,'weights','dense1','dense',0.02734375,0.0283203125,0.029296875,0.0302734375,0.03125,0.0322265625,NULL);
INSERT INTO layer_statistics VALUES(3,0,'activations','conv1','conv',0.0205078125,0.021484375,0.0224609375,0.0234375,0.0244140625,0.025390625,0.0263671875);
INSERT INTO layer_statistics VALUES(3,0,'gradients','conv1','conv',0.0146484375,0.015625,0.0166015625,0.017578125,0.0185546875,0.01953125,NULL);
INSERT INTO layer_statistics VALUES(3,0,'weights','conv1','conv',0.0087890625,0.009765625,0.0107421875,0.01171875,0.0126953125,0.013671875,NULL);
INSERT INTO layer_statistics VALUES(3,1,'activations','dense1','dense',0.0390625,0.0400390625,0.041015625,0.0419921875,0.04296875,0.0439453125,0.044921875);
INSERT INTO layer_statistics VALUES(3,1,'gradients','dense1','dense',0.033203125,0.0341796875,0.03515625,0.0361328125,0.037109375,0.0380859375,NULL);
INSERT INTO layer_statistics VALUES(3,1,'weights','dense1','dense',0.02734375,0.0283203125,0.029296875,0.0302734375,0.03125,0.0322265625,NULL);
INSERT INTO layer_statistics VALUES(4,0,'activations','conv1','conv',0.0205078125,0.021484375,0.0224609375,0.0234375,0.0244140625,0.025390625,0.0263671875);
INSERT INTO layer_statistics VALUES(4,0,'gradients','conv1','conv',0.0146484375,0.015625,0.0166015625,0.017578125,0.0185546875,0.01953125,NULL);
INSERT INTO layer_statistics VALUES(4,0,'weights','conv1','conv',0.0087890625,0.009765625,0.0107421875,0.01171875,0.0126953125,0.013671875,NULL);
INSERT INTO layer_statistics VALUES(4,1,'activations','dense1','dense',0.0390625,0.0400390625,0.041015625,0.0419921875,0.04296875,0.0439453125,0.044921875);
INSERT INTO layer_statistics VALUES(4,1,'gradients','dense1','dense',0.033203125,0.0341796875,0.03515625,0.0361328125,0.037109375,0.0380859375,NULL);
INSERT INTO layer_statistics VALUES(4,1,'weights','dense1','dense',0.02734375,0.0283203125,0.029296875,0.0302734375,0.03125,0.0322265625,NULL);
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
COMMIT;
PRAGMA application_id = 0x50424157;
PRAGMA user_version = 1;
