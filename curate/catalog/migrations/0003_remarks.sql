-- A person can flag a pair and write a note on it; both are decisions of the log. SQLite cannot change the check of a column, so that
-- the log is copied into a table with the new one.
CREATE TABLE decision_with_remarks (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'clock', 'forget', 'flag', 'note', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
INSERT INTO decision_with_remarks SELECT seq, at, who, action, payload FROM decision ORDER BY seq;
DROP TABLE decision;
ALTER TABLE decision_with_remarks RENAME TO decision;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';
CREATE INDEX decision_by_batch ON decision (json_extract(payload, '$.batch')) WHERE json_extract(payload, '$.batch') IS NOT NULL;

-- The flags and notes that follow from the log, by the sha256 of both photos, the smaller one first: both orders are one pair.
CREATE TABLE remark (
    one     TEXT NOT NULL,
    two     TEXT NOT NULL,
    flagged INTEGER NOT NULL DEFAULT 0,
    note    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (one, two)
) STRICT, WITHOUT ROWID;
