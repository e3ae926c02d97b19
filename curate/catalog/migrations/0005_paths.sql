-- Paths inside the workspace are stored relative to its folder, as `./originals/1.jpg`, so that it can be moved. `stored` and `shown`
-- come from `catalog/places.py`. A path that another row has already stays as it is.
UPDATE OR IGNORE photo SET path_bytes = stored(path_bytes) WHERE stored(path_bytes) != path_bytes;
UPDATE photo SET path = shown(path_bytes) WHERE substr(path_bytes, 1, 2) = x'2e2f';
UPDATE OR IGNORE forgotten SET path_bytes = stored(path_bytes) WHERE stored(path_bytes) != path_bytes;
UPDATE forgotten SET path = shown(path_bytes) WHERE substr(path_bytes, 1, 2) = x'2e2f';
UPDATE OR IGNORE skipped SET path_bytes = stored(path_bytes) WHERE stored(path_bytes) != path_bytes;
UPDATE skipped SET path = shown(path_bytes) WHERE substr(path_bytes, 1, 2) = x'2e2f';
UPDATE OR IGNORE root SET path_bytes = stored(path_bytes) WHERE stored(path_bytes) != path_bytes;
UPDATE OR IGNORE forgotten_path SET path_bytes = stored(path_bytes) WHERE stored(path_bytes) != path_bytes;

-- The lists of what sets and splits leave out are known by the path of their folder, too.
UPDATE OR IGNORE fact SET key = 'left_out ' || CAST(stored(CAST(substr(key, 10) AS BLOB)) AS TEXT)
WHERE key LIKE 'left\_out /%' ESCAPE '\';
UPDATE OR IGNORE fact SET key = substr(key, 1, instr(key, ': ') + 1) || CAST(stored(CAST(substr(key, instr(key, ': ') + 2) AS BLOB)) AS TEXT)
WHERE key LIKE 'part % of what is left out: /%';

-- A source folder can be relocated; that is a step of the log. SQLite cannot change the check of a column, so that the log is copied.
CREATE TABLE decision_with_relocations (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'clock', 'forget', 'flag', 'note', 'relocate', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
INSERT INTO decision_with_relocations SELECT seq, at, who, action, payload FROM decision ORDER BY seq;
DROP TABLE decision;
ALTER TABLE decision_with_relocations RENAME TO decision;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';
CREATE INDEX decision_by_batch ON decision (json_extract(payload, '$.batch')) WHERE json_extract(payload, '$.batch') IS NOT NULL;
