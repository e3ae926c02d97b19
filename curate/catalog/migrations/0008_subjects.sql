-- A decided pair that is gone gives its photos no subject: it counts nowhere.
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
    (SELECT facts ->> '$.screenshot' FROM reading WHERE reading.photo = photo.id) AS screenshot,
    (SELECT facts ->> '$.burst' FROM reading WHERE reading.photo = photo.id) AS burst,
    (SELECT facts ->> '$.jpeg_progressive' FROM reading WHERE reading.photo = photo.id) AS jpeg_progressive,
    (SELECT CASE facts ->> '$.jpeg_standard_tables' WHEN 1 THEN 'libjpeg' WHEN 0 THEN 'own' END
     FROM reading WHERE reading.photo = photo.id) AS jpeg_tables,
    (SELECT group_concat(line.value, '; ') FROM reading, json_each(reading.facts, '$.exif.disagreements') AS line
     WHERE reading.photo = photo.id) AS readers_disagree
FROM photo LEFT JOIN camera ON camera.id = photo.camera;
