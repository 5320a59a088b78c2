import assert from "node:assert/strict";
import {
  BOOK_FIELDS,
  mayWrite,
  Permission,
  PERMISSION_OF_FIELD,
  PERMISSIONS,
  permissionsOfContentTypes,
  SERIES_FIELDS,
} from "./permissions.ts";

Deno.test("every metadata field is covered by a permission of the closed list", () => {
  for (const field of [...SERIES_FIELDS, ...BOOK_FIELDS]) {
    assert.ok(
      Permission.safeParse(`metadata:write:${PERMISSION_OF_FIELD[field]}`).success,
      field,
    );
  }
});

Deno.test("the closed list is that of the public API", () => {
  // http-api.md, "Permissions".
  const names = `title summary genres tags covers ratings links external_ids year status publisher
    age_rating language reading_direction total_volume_count total_chapter_count book_type subtitle
    authors translator edition original_title original_year series_position subjects awards isbn
    volume chapter page_count release_date custom_metadata`.split(/\s+/);
  const expected = ["metadata:read", "library:read", "metadata:write:*"].concat(
    names.map((name) => `metadata:write:${name}`),
  );
  assert.deepEqual([...PERMISSIONS].sort(), expected.sort());
});

Deno.test("one permission covers all fields it names, and no other", () => {
  const granted = new Set(["metadata:write:covers"]);
  assert.ok(mayWrite(granted, "coverUrl"));
  assert.ok(mayWrite(granted, "bannerUrl"));
  assert.ok(!mayWrite(granted, "title"));
  assert.ok(mayWrite(new Set(["metadata:write:*"]), "title"));
  assert.ok(!mayWrite(new Set(["metadata:read"]), "title"));
});

Deno.test("without a declaration a plugin asks for the fields of its content types", () => {
  assert.ok(permissionsOfContentTypes(["book"]).includes("metadata:write:isbn"));
  assert.ok(!permissionsOfContentTypes(["series"]).includes("metadata:write:isbn"));
  assert.deepEqual(permissionsOfContentTypes([]), []);
});
