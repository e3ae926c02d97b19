"""A catalogue of any size, made by SQL: for tests of what grows with it, and for `python -m benchmarks.large_catalog`."""

from __future__ import annotations

import hashlib
import json

from curate.catalog.store import Catalog

CAMERAS = 3000


def build(catalog: Catalog, photos: int) -> None:
    """Fill a catalogue with cameras, photos, candidates of the first photos, and a log of decisions about some."""
    sql = catalog.connection
    sql.create_function("sha256", 1, lambda n: hashlib.sha256(str(n).encode()).hexdigest(), deterministic=True)
    sql.execute("PRAGMA synchronous = OFF")
    numbers = "WITH RECURSIVE number (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last})"
    kinds = ("smartphone", "dslr", "mirrorless", "compact", "unknown")
    types = "CASE n % 5 " + " ".join(f"WHEN {i} THEN '{kind}'" for i, kind in enumerate(kinds)) + " END"
    path = f"printf('/media/photos/collection/%04d/%02d/IMG_%07d.JPG', 2000 + n * 20 / {photos}, n * 240 / {photos} % 12, n)"
    with catalog.transaction():
        sql.execute(
            numbers.format(first=1, last=CAMERAS)
            + "INSERT INTO camera (id, make, model, make_normalized, model_normalized, type, rule) "
            f"SELECT n, 'Maker ' || (n % 60), 'Model ' || n, 'Maker ' || (n % 60), 'Model ' || n, {types}, 'table' FROM number"
        )
        # phones and cameras alternate: candidates join an odd one with the even one before it, and its neighbours
        sql.execute(
            numbers.format(first=1, last=photos)
            + "INSERT INTO photo (id, path_bytes, path, source, size, mtime_ns, status, sha256, photo_id, extension, owner, "
            "license, camera, exposure, aperture, focal_length, iso_speed, flash, year, taken_at, taken_precision, width, "
            "height, orientation, format, jpeg_subsampling, jpeg_quality, phash, semantic_label) "
            f"SELECT n, CAST(p AS BLOB), p, 'local', 4000000, n, iif(n % 500 = 0, 'truncated', 'ok'), sha256(c), c, 'jpg', "
            "'owner ' || (shot / 100), iif(n % 3, 'CC-BY-4.0', NULL), "
            f"1 + (shot * 7919) % {CAMERAS}, '1/125', '2.8', '50.0 mm', '200', 'without flash', '2019.0', "
            "printf('2019-07-14T%02d:%02d:11', shot % 24, shot / 24 % 60), 'second', 4000, 3000, 1, 'JPEG', '4:2:0', 93, "
            "substr(sha256(shot), 1, 15) || iif(n = shot, '0', '1'), iif(n % 3, 'topic ' || (n % 40), NULL) "
            f"FROM (SELECT n, {path} AS p, n - (n > {photos // 2} AND n % 50 = 0) AS c, "
            f"n - (n > {photos // 2} AND n % 10 = 1) AS shot FROM number)"
        )
    evidence = '{"matches": 120, "inliers": 45, "seconds": 3.5, "clock": "estimated"}'
    with catalog.transaction():
        sql.execute(
            numbers.format(first=1, last=photos // 10)
            + "INSERT INTO candidate (phone, other, score, assigned, evidence) "
            f"SELECT 2 * n - 1, 2 * n, 0.5 + (n % 1000) / 2000.0, 1, '{evidence}' FROM number UNION ALL "
            f"SELECT 2 * n - 1, 2 * n + 2, 0.3, 0, '{evidence}' FROM number WHERE n % 4 = 0"
        )
        for number in range(1, photos // 10 + 1, 2):
            phone, other = _sha(2 * number - 1), _sha(2 * number)
            payload = json.dumps({"phone": phone, "other": other, "subject_idx": number, "before": None})
            action, status = ("accept", "accepted") if number % 4 == 1 else ("reject", "rejected")
            sql.execute(
                "INSERT INTO decision (seq, at, who, action, payload) VALUES (?, '2026-01-01T00:00:00+00:00', 'x', ?, ?)",
                (number, action, payload),
            )
            sql.execute(
                "INSERT INTO verdict (phone, other, status, subject_idx, seq) VALUES (?, ?, ?, ?, ?)",
                (phone, other, status, number if number % 4 == 1 else None, number),
            )
        # candidates were inserted directly: the waiting pairs are computed as by a pairing run
        sql.execute(
            "UPDATE candidate SET waits = "
            "(SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)"
        )


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()
