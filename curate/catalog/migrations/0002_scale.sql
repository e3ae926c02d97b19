-- A million photos: pages in the order of the paths, counts and the review's queue without a scan.

CREATE INDEX photo_by_path ON photo (path, path_bytes);

-- How many photos there are by camera, status and format; no camera is 0, no format is ''.
CREATE TABLE photo_count (
    kind   TEXT NOT NULL CHECK (kind IN ('camera', 'status', 'format')),
    value  ANY NOT NULL,
    photos INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
INSERT INTO photo_count SELECT 'camera', coalesce(camera, 0), count(*) FROM photo GROUP BY 2;
INSERT INTO photo_count SELECT 'status', status, count(*) FROM photo GROUP BY 2;
INSERT INTO photo_count SELECT 'format', coalesce(format, ''), count(*) FROM photo GROUP BY 2;

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

-- A candidate waits for a person where the pair is undecided and neither photo has an accepted partner.
ALTER TABLE candidate ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
CREATE VIEW candidate_state AS
SELECT candidate.phone, candidate.other,
       NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = p.sha256 AND verdict.other = o.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone IN (p.sha256, o.sha256) AND status = 'accepted')
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.other IN (p.sha256, o.sha256) AND status = 'accepted') AS waits
FROM candidate JOIN photo p ON p.id = candidate.phone JOIN photo o ON o.id = candidate.other;
UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other);
CREATE INDEX candidate_that_waits ON candidate (assigned DESC, score DESC) WHERE waits;
DROP INDEX candidate_by_score;

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

-- The largest subject number ever given, without reading the log.
CREATE INDEX decision_by_subject ON decision (json_extract(payload, '$.subject_idx')) WHERE action = 'accept';

-- The folders that were taken in, and the disk that each lay on: an empty folder on another disk is one that is not mounted.
CREATE TABLE root (
    path_bytes BLOB PRIMARY KEY,
    device     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
