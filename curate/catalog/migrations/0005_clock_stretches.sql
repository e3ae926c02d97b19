-- Two clocks can have several offsets, one after the other, where one of them was set in between: `number` counts them, the best
-- supported first. `since` and `until` are readings of the first camera's clock, seconds since 1970; null: without end.
ALTER TABLE clock_offset RENAME TO clock_offset_before;
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
INSERT INTO clock_offset (camera_a, camera_b, seconds, spread, support, origin, source)
SELECT camera_a, camera_b, seconds, spread, support, origin, CASE origin WHEN 'person' THEN 'person' ELSE 'content' END
FROM clock_offset_before;
DROP TABLE clock_offset_before;
