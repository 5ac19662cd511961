-- The zone an alert is about, where its kind has zones: crowds. One crowd of one zone is one open alert.
ALTER TABLE alerts ADD COLUMN zone TEXT;
CREATE UNIQUE INDEX alerts_open_zone ON alerts (camera_id, kind, zone) WHERE state = 'open' AND zone IS NOT NULL;
