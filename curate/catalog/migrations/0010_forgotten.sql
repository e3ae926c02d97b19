-- The scene that somebody stated of a photo: photos of one name show one scene.
ALTER TABLE photo ADD COLUMN scene TEXT;
CREATE INDEX photo_by_scene ON photo (scene) WHERE scene IS NOT NULL;

-- Photos that were forgotten: what an undo needs to bring them back. A photo's number is never given to another one.
CREATE TABLE forgotten (
    photo      INTEGER PRIMARY KEY,
    path_bytes BLOB NOT NULL UNIQUE,
    path       TEXT NOT NULL,
    source     TEXT NOT NULL,
    size       INTEGER,
    mtime_ns   INTEGER,
    status     TEXT NOT NULL,
    error      TEXT,
    sha256     TEXT,
    reader     INTEGER NOT NULL,
    facts      TEXT NOT NULL,
    said       TEXT NOT NULL
) STRICT;
CREATE INDEX forgotten_by_sha256 ON forgotten (sha256);

-- Their candidates, until the next pairing run.
CREATE TABLE forgotten_candidate (
    phone    INTEGER NOT NULL,
    other    INTEGER NOT NULL,
    score    REAL NOT NULL,
    assigned INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX forgotten_candidate_by_other ON forgotten_candidate (other);

-- The paths that were to be forgotten. While one holds, an ingest of a folder above it passes it by.
CREATE TABLE forgotten_path (
    seq        INTEGER NOT NULL,
    path_bytes BLOB NOT NULL,
    holds      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (seq, path_bytes)
) STRICT, WITHOUT ROWID;
CREATE INDEX forgotten_path_that_holds ON forgotten_path (path_bytes) WHERE holds;

-- A decided pair counts no longer where a photo of it was forgotten; a photo that comes back brings it back.
CREATE TRIGGER photo_is_forgotten AFTER DELETE ON photo BEGIN
    UPDATE verdict SET gone = NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.phone)
                                   AND EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.other))
    WHERE phone = OLD.sha256 OR other = OLD.sha256;
END;

-- A candidate of two photos whose stated scenes differ does not wait: it is known to be wrong.
DROP VIEW candidate_state;
CREATE VIEW candidate_state AS
SELECT candidate.phone, candidate.other,
       NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = p.sha256 AND verdict.other = o.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = o.sha256 AND verdict.other = p.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.other IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AND (p.scene = o.scene) IS NOT 0
       AS waits
FROM candidate JOIN photo p ON p.id = candidate.phone JOIN photo o ON o.id = candidate.other;
CREATE TRIGGER photo_has_another_scene AFTER UPDATE OF scene ON photo
WHEN OLD.scene IS NOT NEW.scene AND EXISTS (SELECT 1 FROM candidate WHERE phone = NEW.id OR other = NEW.id) BEGIN
    UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)
    WHERE phone = NEW.id OR other = NEW.id;
    INSERT INTO fact VALUES ('candidates', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1;
END;

-- Stated clock offsets and forgotten photos are entries of the log, too. The table is made again, since its check cannot be
-- changed; the keys that point to it are looked at when all rows are back.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE decision_before AS SELECT * FROM decision;
DROP TABLE decision;
CREATE TABLE decision (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'clock', 'forget', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
INSERT INTO decision SELECT seq, at, who, action, payload FROM decision_before ORDER BY seq;
DROP TABLE decision_before;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';
CREATE INDEX decision_by_batch ON decision (json_extract(payload, '$.batch')) WHERE json_extract(payload, '$.batch') IS NOT NULL;

DROP VIEW label;
CREATE VIEW label AS
SELECT
    photo.id AS id,
    'images/' || photo.photo_id || '.' || photo.extension AS file_name,
    photo.photo_id AS photo_id,
    photo.sha256 AS sha256,
    photo.source AS source,
    photo.owner AS owner,
    photo.url AS url,
    photo.license AS license,
    camera.make AS "Make",
    camera.model AS "Model",
    camera.make_normalized AS make_normalized,
    camera.model_normalized AS model_normalized,
    coalesce(camera.type, 'unknown') AS camera_type,
    camera.rule AS camera_type_rule,
    CASE WHEN camera.type = 'smartphone' THEN 1 WHEN camera.type IN ('dslr', 'mirrorless', 'compact') THEN 0 END AS "Is Smartphone",
    CASE WHEN camera.type = 'smartphone' THEN 'phone'
         WHEN camera.type IN ('dslr', 'mirrorless', 'compact') THEN 'dslr/compact' END AS camera_class,
    CASE WHEN camera.type = 'smartphone' THEN camera.model END AS "Smartphone Model",
    photo.exposure AS "Exposure",
    photo.aperture AS "Aperture",
    photo.focal_length AS "Focal Length",
    photo.iso_speed AS "ISO Speed",
    photo.flash AS "Flash",
    photo.year AS "Year",
    photo.taken_at AS taken_at,
    photo.taken_precision AS taken_precision,
    photo.utc_offset AS utc_offset,
    photo.lens AS lens,
    photo.software AS software,
    photo.edited AS edited,
    photo.edited_reason AS edited_reason,
    photo.width AS width,
    photo.height AS height,
    photo.orientation AS orientation,
    photo.format AS format,
    photo.jpeg_subsampling AS jpeg_subsampling,
    photo.jpeg_quality AS jpeg_quality,
    photo.semantic_label AS semantic_label,
    (SELECT subject_idx FROM verdict WHERE verdict.phone = photo.sha256 AND verdict.status = 'accepted' AND NOT verdict.gone
     UNION ALL
     SELECT subject_idx FROM verdict WHERE verdict.other = photo.sha256 AND verdict.status = 'accepted' AND NOT verdict.gone
     LIMIT 1) AS subject_idx,
    photo.split AS split,
    photo.latitude AS latitude,
    photo.longitude AS longitude,
    photo.path AS path,
    photo.status AS status,
    photo.error AS error,
    photo.scene AS scene,
    (SELECT facts ->> '$.screenshot' FROM reading WHERE reading.photo = photo.id) AS screenshot,
    (SELECT facts ->> '$.burst' FROM reading WHERE reading.photo = photo.id) AS burst,
    (SELECT facts ->> '$.jpeg_progressive' FROM reading WHERE reading.photo = photo.id) AS jpeg_progressive,
    (SELECT CASE facts ->> '$.jpeg_standard_tables' WHEN 1 THEN 'libjpeg' WHEN 0 THEN 'own' END
     FROM reading WHERE reading.photo = photo.id) AS jpeg_tables,
    (SELECT group_concat(line.value, '; ') FROM reading, json_each(reading.facts, '$.exif.disagreements') AS line
     WHERE reading.photo = photo.id) AS readers_disagree
FROM photo LEFT JOIN camera ON camera.id = photo.camera;
