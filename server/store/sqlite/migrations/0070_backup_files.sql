-- Why: a backup holds photos and documents too, beside its copy of this database. A line that names
-- a file is durable only where every backup that is still offered has that file.

-- Files in the backup, and files that it should hold and could not.
ALTER TABLE backup ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backup ADD COLUMN files_missing INTEGER NOT NULL DEFAULT 0;

-- Every backup made at this moment or later has the file; 9007199254740991: none has it for sure.
ALTER TABLE attachment ADD COLUMN backed_ms INTEGER NOT NULL DEFAULT 9007199254740991;
-- The same, where a line names it: asked in every exchange, one device id at a time.
ALTER TABLE attachment_ref ADD COLUMN backed_ms INTEGER NOT NULL DEFAULT 9007199254740991;
CREATE INDEX attachment_ref_backed ON attachment_ref (device, backed_ms) WHERE missing = 0;
