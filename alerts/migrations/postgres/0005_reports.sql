-- What reports and the history of the grids are made of.

-- Who took over which tree of grids: one row for the time from which on it is valid.
CREATE TABLE grid_takeovers (
    valid_from BIGINT NOT NULL PRIMARY KEY,
    made_at    BIGINT NOT NULL,
    made_by    TEXT   NOT NULL
);

-- For how long each camera was to be watched on a day of the place's calendar, and for how long of that it was online and of
-- use: in milliseconds, at most 400 days.
CREATE TABLE camera_days (
    camera_id  TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    watched_ms BIGINT NOT NULL,
    online_ms  BIGINT NOT NULL,
    usable_ms  BIGINT NOT NULL,
    PRIMARY KEY (day, camera_id)
);

-- What people did, and what they acknowledged, within a time.
CREATE INDEX timeline_at ON timeline (at);
CREATE INDEX deliveries_created ON deliveries (created_at) WHERE person IS NOT NULL;
