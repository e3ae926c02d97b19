-- Which reader read a photo's file last (`photos.facts.READER`): what an older one read is read again by the next ingest.
ALTER TABLE photo ADD COLUMN reader INTEGER NOT NULL DEFAULT 0;
