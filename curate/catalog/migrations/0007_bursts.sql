-- Photos of one camera that are one shot taken again, as the last pairing run saw them: links, by content.
CREATE TABLE burst (
    one TEXT NOT NULL,
    two TEXT NOT NULL,
    PRIMARY KEY (one, two)
) STRICT, WITHOUT ROWID;
