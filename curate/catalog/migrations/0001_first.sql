-- One row for each file. `path_bytes` is the path as the system opens it; `path` is the same, safe to show.
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

-- All facts of a file (JSON of PhotoFacts), so that labels can be computed again without reading the file.
CREATE TABLE reading (
    photo INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    facts TEXT NOT NULL
) STRICT;

-- Statements about a photo. A person wins over a sidecar, a sidecar over the folder, and each of them over the file.
CREATE TABLE assertion (
    photo  INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('person', 'sidecar', 'folder')),
    value  TEXT,
    PRIMARY KEY (photo, key, origin)
) STRICT, WITHOUT ROWID;

-- Files that an ingest skipped, because they are not photos or could not be read, with the reason.
CREATE TABLE skipped (
    path_bytes BLOB PRIMARY KEY,
    path       TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;

-- Distinct cameras. The type is stored here, so that an override applies to all photos of a model at once.
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

-- Camera types stated by a person; make and model are folded by `camera_key`.
CREATE TABLE camera_override (
    make  TEXT NOT NULL,
    model TEXT NOT NULL,
    type  TEXT NOT NULL,
    PRIMARY KEY (make, model)
) STRICT;

-- Number of photos by camera, status and format; 0 means no camera, '' means no format.
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

-- The ingested folders and the disk of each: an empty folder on another disk means that its disk is not mounted.
CREATE TABLE root (
    path_bytes BLOB PRIMARY KEY,
    device     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Candidates of the last pairing run. `waits`: whether it waits for a person (`candidate_state`); triggers keep it up to date.
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

-- Bursts found by the last pairing run: links between photos of one camera, by sha256.
CREATE TABLE burst (
    one TEXT NOT NULL,
    two TEXT NOT NULL,
    PRIMARY KEY (one, two)
) STRICT, WITHOUT ROWID;

-- Two clocks have several offsets where one of them was set in between: `number` counts them, the best supported first. `since`
-- and `until` are readings of the first camera's clock, seconds since 1970; null where an offset has no such end.
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

-- The decision log: who decided what, and when. Entries are never changed or removed; undo and redo are entries too.
CREATE TABLE decision (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'clock', 'forget', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
-- Indexes that give the largest subject number and the members of a batch without reading the log.
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';
CREATE INDEX decision_by_batch ON decision (json_extract(payload, '$.batch')) WHERE json_extract(payload, '$.batch') IS NOT NULL;

-- The verdicts on pairs that follow from the log, by sha256, so that a moved file keeps its decisions. A verdict is `gone` where one
-- of its photos was forgotten or its file was replaced by other content; then it is not counted anywhere. The photo of a missing file
-- keeps its row, so that pairs of photos that were moved or unplugged are not gone.
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

-- A candidate waits where the pair is undecided in both orders, neither photo has an accepted partner, and the photos do not have
-- two different stated scenes.
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

-- Forgotten photos, with what an undo needs to restore them. Row IDs of photos are never reused.
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

-- Candidates of forgotten photos, until the next pairing run.
CREATE TABLE forgotten_candidate (
    phone    INTEGER NOT NULL,
    other    INTEGER NOT NULL,
    score    REAL NOT NULL,
    assigned INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX forgotten_candidate_by_other ON forgotten_candidate (other);

-- Paths that a person named to be forgotten. While `holds` is 1, an ingest of a folder above skips the path.
CREATE TABLE forgotten_path (
    seq        INTEGER NOT NULL,
    path_bytes BLOB NOT NULL,
    holds      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (seq, path_bytes)
) STRICT, WITHOUT ROWID;
CREATE INDEX forgotten_path_that_holds ON forgotten_path (path_bytes) WHERE holds;

-- Key-value table of a workspace; `catalog/facts.py` lists the keys and the types of their values.
CREATE TABLE fact (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The label columns under their fixed names, and further columns. An accepted pair that is gone does not give a subject.
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
