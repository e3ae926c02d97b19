-- One row a file. `path_bytes` is what the system opens; `path` is what a person may safely see.
CREATE TABLE photo (
    id              INTEGER PRIMARY KEY,
    path_bytes      BLOB NOT NULL UNIQUE,
    path            TEXT NOT NULL,
    source          TEXT NOT NULL,
    size            INTEGER,
    mtime_ns        INTEGER,
    status          TEXT NOT NULL,
    error           TEXT,
    sha256          TEXT,
    photo_id        INTEGER,
    extension       TEXT,
    owner           TEXT,
    url             TEXT,
    license         TEXT,
    camera          INTEGER REFERENCES camera (id),
    exposure        TEXT,
    aperture        TEXT,
    focal_length    TEXT,
    iso_speed       TEXT,
    flash           TEXT,
    year            TEXT,
    taken_at        TEXT,
    taken_precision TEXT NOT NULL DEFAULT 'unknown',
    utc_offset      TEXT,
    gps_utc         TEXT,
    lens            TEXT,
    software        TEXT,
    edited          INTEGER,
    edited_reason   TEXT,
    width           INTEGER,
    height          INTEGER,
    orientation     INTEGER,
    format          TEXT,
    jpeg_subsampling TEXT,
    jpeg_quality    INTEGER,
    phash           TEXT,
    semantic_label  TEXT,
    split           TEXT,
    latitude        REAL,
    longitude       REAL,
    reader          INTEGER NOT NULL DEFAULT 0, -- which reader read the file last (`photos.facts.READER`); an older one's is read again
    scene           TEXT                        -- the scene that somebody stated: photos of one name show one scene
) STRICT;
CREATE INDEX photo_by_sha256 ON photo (sha256);
CREATE INDEX photo_by_camera ON photo (camera);
CREATE INDEX photo_by_status ON photo (status);
CREATE INDEX photo_by_path ON photo (path, path_bytes);
CREATE INDEX photo_by_scene ON photo (scene) WHERE scene IS NOT NULL;

-- What reading the file told, whole (JSON of PhotoFacts): labels can be made again without reading the file again.
CREATE TABLE reading (
    photo INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    facts TEXT NOT NULL
) STRICT;

-- What somebody says of a photo. A person wins over a sidecar, a sidecar over the folder, any of them over the file.
CREATE TABLE assertion (
    photo  INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('person', 'sidecar', 'folder')),
    value  TEXT,
    PRIMARY KEY (photo, key, origin)
) STRICT, WITHOUT ROWID;

-- Files that were seen and are no photos, or could not be reached, with the reason.
CREATE TABLE skipped (
    path_bytes BLOB PRIMARY KEY,
    path       TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;

-- Distinct cameras. The type hangs here, so that an override applies to all photos of a model at once.
CREATE TABLE camera (
    id               INTEGER PRIMARY KEY,
    make             TEXT,
    model            TEXT,
    file_source      INTEGER,
    make_normalized  TEXT,
    model_normalized TEXT,
    type             TEXT NOT NULL,
    rule             TEXT,
    also             TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE UNIQUE INDEX camera_key ON camera (coalesce(make, ''), coalesce(model, ''), coalesce(file_source, -1));

-- What a person stated of a camera: its names folded as `camera_key` folds them.
CREATE TABLE camera_override (
    make  TEXT NOT NULL,
    model TEXT NOT NULL,
    type  TEXT NOT NULL,
    PRIMARY KEY (make, model)
) STRICT;

-- How many photos there are by camera, status and format; no camera is 0, no format is ''.
CREATE TABLE photo_count (
    kind   TEXT NOT NULL CHECK (kind IN ('camera', 'status', 'format')),
    value  ANY NOT NULL,
    photos INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER photo_is_counted AFTER INSERT ON photo BEGIN
    INSERT INTO photo_count VALUES ('camera', coalesce(NEW.camera, 0), 1), ('status', NEW.status, 1), ('format', coalesce(NEW.format, ''), 1)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER photo_is_no_longer_counted AFTER DELETE ON photo BEGIN
    INSERT INTO photo_count VALUES ('camera', coalesce(OLD.camera, 0), -1), ('status', OLD.status, -1), ('format', coalesce(OLD.format, ''), -1)
    ON CONFLICT DO UPDATE SET photos = photos - 1;
END;
CREATE TRIGGER photo_is_counted_anew AFTER UPDATE OF camera, status, format ON photo
WHEN (OLD.camera, OLD.status, OLD.format) IS NOT (NEW.camera, NEW.status, NEW.format) BEGIN
    INSERT INTO photo_count VALUES ('camera', coalesce(OLD.camera, 0), -1), ('status', OLD.status, -1), ('format', coalesce(OLD.format, ''), -1)
    ON CONFLICT DO UPDATE SET photos = photos - 1;
    INSERT INTO photo_count VALUES ('camera', coalesce(NEW.camera, 0), 1), ('status', NEW.status, 1), ('format', coalesce(NEW.format, ''), 1)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;

-- The folders that were taken in, and the disk that each lay on: an empty folder on another disk is one that is not mounted.
CREATE TABLE root (
    path_bytes BLOB PRIMARY KEY,
    device     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Candidates of the last pairing run. One `waits` for a person as long as `candidate_state` says so; triggers keep it up to date.
CREATE TABLE candidate (
    phone    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    score    REAL NOT NULL,
    assigned INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    waits    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX candidate_by_other ON candidate (other);
CREATE INDEX candidate_that_waits ON candidate (assigned DESC, score DESC) WHERE waits;

-- Photos of one camera that are one shot taken again, as the last pairing run saw them: links, by content.
CREATE TABLE burst (
    one TEXT NOT NULL,
    two TEXT NOT NULL,
    PRIMARY KEY (one, two)
) STRICT, WITHOUT ROWID;

-- Two clocks can have several offsets, one after the other, where one of them was set in between: `number` counts them, the best
-- supported first. `since` and `until` are readings of the first camera's clock, seconds since 1970; null: without end.
CREATE TABLE clock_offset (
    camera_a TEXT NOT NULL,
    camera_b TEXT NOT NULL,
    number   INTEGER NOT NULL DEFAULT 0,
    seconds  REAL NOT NULL,
    spread   REAL,
    support  INTEGER NOT NULL,
    margin   REAL,
    origin   TEXT NOT NULL CHECK (origin IN ('photos', 'person')),
    source   TEXT NOT NULL CHECK (source IN ('content', 'gps', 'chain', 'person')),
    since    REAL,
    until    REAL,
    drift    REAL NOT NULL DEFAULT 0,
    drift_at REAL,
    PRIMARY KEY (camera_a, camera_b, number)
) STRICT;

-- The decision log: who said what, when. Nothing is ever changed or taken out; undo and redo are entries too.
CREATE TABLE decision (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'clock', 'forget', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
-- The largest subject number ever given, and the members of a batch, without reading the log.
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';
CREATE INDEX decision_by_batch ON decision (json_extract(payload, '$.batch')) WHERE json_extract(payload, '$.batch') IS NOT NULL;

-- What the log amounts to for pairs. Keyed by content, so that a moved file keeps its decisions. A verdict is `gone` where a photo
-- of it is no longer here: it was forgotten, or its file was replaced by other content. It stays in the log and counts nowhere. A
-- missing file keeps its row, so that a photo that was only moved or unplugged is here.
CREATE TABLE verdict (
    phone       TEXT NOT NULL,
    other       TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('accepted', 'rejected')),
    subject_idx INTEGER,
    seq         INTEGER NOT NULL REFERENCES decision (seq),
    gone        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX verdict_by_other ON verdict (other);
CREATE TRIGGER verdict_of_what_is_gone AFTER INSERT ON verdict
WHEN NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = NEW.phone) AND EXISTS (SELECT 1 FROM photo WHERE sha256 = NEW.other)) BEGIN
    UPDATE verdict SET gone = 1 WHERE phone = NEW.phone AND other = NEW.other;
END;
CREATE TRIGGER photo_has_other_content AFTER UPDATE OF sha256 ON photo WHEN OLD.sha256 IS NOT NEW.sha256 BEGIN
    UPDATE verdict SET gone = NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.phone)
                                   AND EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.other))
    WHERE phone IN (OLD.sha256, NEW.sha256) OR other IN (OLD.sha256, NEW.sha256);
END;
CREATE TRIGGER photo_is_forgotten AFTER DELETE ON photo BEGIN
    UPDATE verdict SET gone = NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.phone)
                                   AND EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.other))
    WHERE phone = OLD.sha256 OR other = OLD.sha256;
END;

-- A candidate waits where the pair is undecided, whichever way round it was decided, where neither photo has an accepted partner, and
-- where the photos are not stated to be of two scenes.
CREATE VIEW candidate_state AS
SELECT candidate.phone, candidate.other,
       NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = p.sha256 AND verdict.other = o.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = o.sha256 AND verdict.other = p.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.other IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AND (p.scene = o.scene) IS NOT 0
       AS waits
FROM candidate JOIN photo p ON p.id = candidate.phone JOIN photo o ON o.id = candidate.other;
CREATE TRIGGER verdict_is_given AFTER INSERT ON verdict BEGIN
    UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)
    WHERE phone IN (SELECT id FROM photo WHERE sha256 IN (NEW.phone, NEW.other))
       OR other IN (SELECT id FROM photo WHERE sha256 IN (NEW.phone, NEW.other));
END;
CREATE TRIGGER verdict_is_changed AFTER UPDATE ON verdict BEGIN
    UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)
    WHERE phone IN (SELECT id FROM photo WHERE sha256 IN (NEW.phone, NEW.other))
       OR other IN (SELECT id FROM photo WHERE sha256 IN (NEW.phone, NEW.other));
END;
CREATE TRIGGER verdict_is_taken_back AFTER DELETE ON verdict BEGIN
    UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)
    WHERE phone IN (SELECT id FROM photo WHERE sha256 IN (OLD.phone, OLD.other))
       OR other IN (SELECT id FROM photo WHERE sha256 IN (OLD.phone, OLD.other));
END;
CREATE TRIGGER photo_has_another_scene AFTER UPDATE OF scene ON photo
WHEN OLD.scene IS NOT NEW.scene AND EXISTS (SELECT 1 FROM candidate WHERE phone = NEW.id OR other = NEW.id) BEGIN
    UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)
    WHERE phone = NEW.id OR other = NEW.id;
    INSERT INTO fact VALUES ('candidates', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1;
END;

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

-- What a workspace remembers beside its tables; `catalog/facts.py` lists the keys and the forms of their values.
CREATE TABLE fact (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The label columns under their fixed names, and what files say beyond them. An accepted pair that is gone gives no subject.
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
