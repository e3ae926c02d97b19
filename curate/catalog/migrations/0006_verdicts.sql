-- A verdict whose photo is no longer here: its file was replaced by other content, and nobody can name the pair any more. It
-- stays in the log, and it counts nowhere. A missing file keeps its row, so a photo that was only moved or unplugged is here.
ALTER TABLE verdict ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
UPDATE verdict SET gone = NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.phone)
                               AND EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.other));

-- A candidate waits where the pair is undecided, whichever way round it was decided, and neither photo has a partner.
DROP VIEW candidate_state;
CREATE VIEW candidate_state AS
SELECT candidate.phone, candidate.other,
       NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = p.sha256 AND verdict.other = o.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = o.sha256 AND verdict.other = p.sha256)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.other IN (p.sha256, o.sha256) AND status = 'accepted' AND NOT gone)
       AS waits
FROM candidate JOIN photo p ON p.id = candidate.phone JOIN photo o ON o.id = candidate.other;
UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other);

CREATE TRIGGER verdict_of_what_is_gone AFTER INSERT ON verdict
WHEN NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = NEW.phone) AND EXISTS (SELECT 1 FROM photo WHERE sha256 = NEW.other)) BEGIN
    UPDATE verdict SET gone = 1 WHERE phone = NEW.phone AND other = NEW.other;
END;
CREATE TRIGGER photo_has_other_content AFTER UPDATE OF sha256 ON photo WHEN OLD.sha256 IS NOT NEW.sha256 BEGIN
    UPDATE verdict SET gone = NOT (EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.phone)
                                   AND EXISTS (SELECT 1 FROM photo WHERE sha256 = verdict.other))
    WHERE phone IN (OLD.sha256, NEW.sha256) OR other IN (OLD.sha256, NEW.sha256);
END;
