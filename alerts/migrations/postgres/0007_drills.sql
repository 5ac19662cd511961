-- A drill at a camera must not be in the way of what really happens there.
DROP INDEX alerts_lasting_zone;
CREATE UNIQUE INDEX alerts_lasting_zone ON alerts (camera_id, kind, zone, drill) WHERE lasting AND zone IS NOT NULL;
