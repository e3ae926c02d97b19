-- Photos that are known by their Flickr ID, from a harvest or an import, with or without a file.
-- A forgotten photo keeps its row here, so that a later search does not add it again.
CREATE TABLE flickr_photo (
    flickr_id INTEGER PRIMARY KEY,
    photo     INTEGER NOT NULL UNIQUE, -- row ID of the photo
    listing   TEXT NOT NULL,           -- what the source says of it (JSON of Listing)
    exif      TEXT,                    -- its camera metadata from the API or the import (JSON of Exif); null until they came
    file      TEXT                     -- the facts of its file (JSON of PhotoFacts); null where it has none
) STRICT;

-- The outcome of each step for each photo. A step without a row, or that failed, is still to be done.
CREATE TABLE flickr_step (
    flickr_id INTEGER NOT NULL,
    step      TEXT NOT NULL CHECK (step IN ('exif', 'original', 'recheck')),
    outcome   TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    reason    TEXT,
    at        TEXT NOT NULL,
    PRIMARY KEY (flickr_id, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX flickr_step_without_success ON flickr_step (step, outcome) WHERE outcome != 'done';

-- The plans that were searched.
CREATE TABLE flickr_plan (
    id     INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE, -- sha256 of the plan
    plan   TEXT NOT NULL,        -- the plan as JSON
    at     TEXT NOT NULL
) STRICT;

-- The windows of a plan's searches: a span of dates whose results are asked page by page, or that was halved.
CREATE TABLE flickr_window (
    id     INTEGER PRIMARY KEY,
    plan   INTEGER NOT NULL REFERENCES flickr_plan (id) ON DELETE CASCADE,
    topic  INTEGER NOT NULL, -- number of the plan's search, from 0
    span   TEXT NOT NULL,    -- JSON of Window: its dates
    slice  INTEGER,          -- the window that it was halved from, or itself
    page   INTEGER NOT NULL DEFAULT 1, -- the page to ask next
    total  INTEGER,          -- number of results by Flickr's count
    state  TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'halved', 'cut')),
    reason TEXT
) STRICT;
CREATE INDEX flickr_window_by_plan ON flickr_window (plan, state);

-- The photos that each plan found; `left_out` says why one was not taken (null where it was).
CREATE TABLE flickr_found (
    plan      INTEGER NOT NULL REFERENCES flickr_plan (id) ON DELETE CASCADE,
    flickr_id INTEGER NOT NULL,
    slice     INTEGER NOT NULL,  -- the window of the plan, before any halving
    owner     TEXT,
    left_out  TEXT,
    PRIMARY KEY (plan, flickr_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX flickr_found_by_id ON flickr_found (flickr_id);

-- The calls of the last hour: the Unix time at which each was answered, or its latest end where no answer is recorded.
CREATE TABLE flickr_call (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL
) STRICT;
