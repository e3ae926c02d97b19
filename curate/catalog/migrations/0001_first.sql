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
    longitude       REAL
) STRICT;
CREATE INDEX photo_by_sha256 ON photo (sha256);
CREATE INDEX photo_by_camera ON photo (camera);
CREATE INDEX photo_by_status ON photo (status);

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

-- Candidates of the last pairing run.
CREATE TABLE candidate (
    phone    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    score    REAL NOT NULL,
    assigned INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX candidate_by_score ON candidate (score DESC);
CREATE INDEX candidate_by_other ON candidate (other);

CREATE TABLE clock_offset (
    camera_a TEXT NOT NULL,
    camera_b TEXT NOT NULL,
    seconds  REAL NOT NULL,
    spread   REAL,
    support  INTEGER NOT NULL,
    origin   TEXT NOT NULL CHECK (origin IN ('photos', 'person')),
    PRIMARY KEY (camera_a, camera_b)
) STRICT;

-- The decision log: who said what, when. Nothing is ever changed or taken out; undo and redo are entries too.
CREATE TABLE decision (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'label', 'camera', 'undo', 'redo')),
    payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END;

-- What the log amounts to for pairs. Keyed by content, so that a moved file keeps its decisions.
CREATE TABLE verdict (
    phone       TEXT NOT NULL,
    other       TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('accepted', 'rejected')),
    subject_idx INTEGER,
    seq         INTEGER NOT NULL REFERENCES decision (seq),
    PRIMARY KEY (phone, other)
) STRICT;
CREATE INDEX verdict_by_other ON verdict (other);

-- Small facts about the catalogue itself: when it was last changed, for one.
CREATE TABLE fact (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

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
    (SELECT subject_idx FROM verdict WHERE verdict.phone = photo.sha256 AND verdict.status = 'accepted'
     UNION ALL
     SELECT subject_idx FROM verdict WHERE verdict.other = photo.sha256 AND verdict.status = 'accepted'
     LIMIT 1) AS subject_idx,
    photo.split AS split,
    photo.latitude AS latitude,
    photo.longitude AS longitude,
    photo.path AS path,
    photo.status AS status,
    photo.error AS error
FROM photo LEFT JOIN camera ON camera.id = photo.camera;
