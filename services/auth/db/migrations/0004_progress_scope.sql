-- Writing progress and ratings asked for "library:read" before this scope was there.
UPDATE "auth"."api_keys" SET "scopes" = array_append("scopes", 'progress:write')
WHERE 'library:read' = ANY ("scopes") AND NOT 'progress:write' = ANY ("scopes");
