/** Which permission covers which metadata field (http-api.md: "Library", "Permissions"). */
import { z } from "zod";
import { BookDocument, SeriesDocument } from "./metadata.ts";
import type { ContentType } from "./manifest.ts";

export type SeriesField = keyof SeriesDocument;
export type BookField = keyof BookDocument;
export type MetadataField = SeriesField | BookField;

/** Every field and the snake_case name of the permission that covers it. */
export const PERMISSION_OF_FIELD = {
  title: "title",
  alternateTitles: "title",
  summary: "summary",
  status: "status",
  year: "year",
  totalVolumeCount: "total_volume_count",
  totalChapterCount: "total_chapter_count",
  language: "language",
  ageRating: "age_rating",
  readingDirection: "reading_direction",
  genres: "genres",
  tags: "tags",
  authors: "authors",
  artists: "authors",
  publisher: "publisher",
  coverUrl: "covers",
  covers: "covers",
  bannerUrl: "covers",
  rating: "ratings",
  externalRatings: "ratings",
  externalLinks: "links",
  externalIds: "external_ids",
  customMetadata: "custom_metadata",
  subtitle: "subtitle",
  bookType: "book_type",
  volume: "volume",
  chapter: "chapter",
  pageCount: "page_count",
  releaseDate: "release_date",
  isbn: "isbn",
  isbns: "isbn",
  edition: "edition",
  originalTitle: "original_title",
  originalYear: "original_year",
  translator: "translator",
  seriesPosition: "series_position",
  seriesTotal: "series_position",
  subjects: "subjects",
  awards: "awards",
} as const satisfies Record<MetadataField, string>;

export const SERIES_FIELDS = Object.keys(SeriesDocument.shape) as SeriesField[];
export const BOOK_FIELDS = Object.keys(BookDocument.shape) as BookField[];

const fieldPermissions = [...new Set(Object.values(PERMISSION_OF_FIELD))].map((name) =>
  `metadata:write:${name}` as const
);

export const WRITE_ALL = "metadata:write:*";

/** The closed list of permissions a plugin can be granted. */
export const PERMISSIONS = [
  "metadata:read",
  "library:read",
  WRITE_ALL,
  ...fieldPermissions,
] as const;

export const Permission = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof Permission>;

/** Does one of `granted` allow a plugin to write `field`? */
export function mayWrite(granted: ReadonlySet<string>, field: MetadataField): boolean {
  return granted.has(WRITE_ALL) || granted.has(`metadata:write:${PERMISSION_OF_FIELD[field]}`);
}

/** What a plugin that declares no permissions asks for: every field of the content types it serves. */
export function permissionsOfContentTypes(contentTypes: readonly ContentType[]): Permission[] {
  const fields = new Set<MetadataField>();
  if (contentTypes.includes("series")) SERIES_FIELDS.forEach((field) => fields.add(field));
  if (contentTypes.includes("book")) BOOK_FIELDS.forEach((field) => fields.add(field));
  const names = [...fields].map((field) => `metadata:write:${PERMISSION_OF_FIELD[field]}` as const);
  return [...new Set(names)].sort();
}
