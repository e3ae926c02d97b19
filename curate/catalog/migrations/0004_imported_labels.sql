-- Whether a label of origin 'person' was imported from another workspace: an imported owner, licence or address never replaces the one
-- that the photo's source states.
ALTER TABLE assertion ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
