-- Which alerts' evidence is still there, and which is held and must stay.
ALTER TABLE alerts ADD COLUMN evidence_kept BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE alerts ADD COLUMN legal_hold BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX alerts_evidence_kept ON alerts (opened_at) WHERE evidence_kept AND NOT legal_hold;
