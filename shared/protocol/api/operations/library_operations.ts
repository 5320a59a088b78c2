/** Libraries, series and books, and what readers keep of them. */
import * as enrichment from "../enrichment.ts";
import * as library from "../library.ts";
import { NDJSON, type OperationRow, operationTable } from "../operation.ts";
import { Empty, PageQuery } from "../paging.ts";

export const libraries = operationTable({
  tag: "Libraries",
  owner: "library",
  access: "library:read",
}, [
  {
    id: "listLibraries",
    method: "get",
    path: "/libraries",
    summary: "All libraries",
    query: PageQuery,
    answer: library.LibraryPage,
  },
  {
    id: "createLibrary",
    method: "post",
    path: "/libraries",
    access: "library:manage",
    audited: "library.created",
    summary: "Make a library",
    body: library.NewLibrary,
    status: 201,
    answer: library.Library,
  },
  {
    id: "getLibrary",
    method: "get",
    path: "/libraries/{id}",
    summary: "One library",
    answer: library.Library,
  },
  {
    id: "updateLibrary",
    method: "patch",
    path: "/libraries/{id}",
    access: "library:manage",
    audited: "library.changed",
    summary: "Rename a library or change its folder",
    body: library.LibraryPatch,
    answer: library.Library,
  },
  {
    id: "deleteLibrary",
    method: "delete",
    path: "/libraries/{id}",
    access: "library:manage",
    audited: "library.deleted",
    summary: "Delete a library with its series, books and history",
    answer: Empty,
  },
  {
    id: "importLibrary",
    method: "post",
    path: "/libraries/{id}/import",
    access: "library:manage",
    audited: "library.imported",
    summary: "Import series with their books, one JSON object a line",
    stream: NDJSON,
    answer: library.ImportReport,
  },
]);

export const seriesAndBooks = operationTable(
  { tag: "Series and books", owner: "library", access: "library:read" },
  [
    {
      id: "listSeries",
      method: "get",
      path: "/series",
      summary: "Series, by library and search words",
      query: library.SeriesQuery,
      answer: library.SeriesPage,
    },
    {
      id: "getSeries",
      method: "get",
      path: "/series/{id}",
      summary: "One series",
      answer: library.Series,
    },
    {
      id: "updateSeries",
      method: "patch",
      path: "/series/{id}",
      access: "library:write",
      summary: "Edit a series' metadata; edited fields are locked",
      body: library.SeriesPatch,
      answer: library.Series,
    },
    {
      id: "listSeriesBooks",
      method: "get",
      path: "/series/{id}/books",
      summary: "The books of a series, in reading order",
      query: PageQuery,
      answer: library.BookPage,
    },
    {
      id: "getBook",
      method: "get",
      path: "/books/{id}",
      summary: "One book",
      answer: library.Book,
    },
    {
      id: "updateBook",
      method: "patch",
      path: "/books/{id}",
      access: "library:write",
      summary: "Edit a book's metadata; edited fields are locked",
      body: library.BookPatch,
      answer: library.Book,
    },
    {
      id: "bulkSetSeriesLocks",
      method: "put",
      path: "/series/bulk/metadata/locks",
      access: "library:write",
      summary: "Lock or unlock fields of many series",
      body: library.BulkLockChange,
      answer: library.BulkLockAnswer,
    },
    ...(["series", "books"] as const).flatMap(documentOperations),
  ],
);

export const readers = operationTable(
  { tag: "Reading", owner: "library", access: "library:read" },
  [
    {
      id: "revertHistory",
      method: "post",
      path: "/history/{id}/revert",
      access: "library:write",
      summary: "Undo one recorded change where nothing newer stands on it",
      answer: library.RevertAnswer,
    },
    {
      id: "getBookProgress",
      method: "get",
      path: "/books/{id}/progress",
      summary: "How far you are in a book",
      answer: library.BookProgress,
    },
    {
      id: "setBookProgress",
      method: "put",
      path: "/books/{id}/progress",
      summary: "Set how far you are in a book",
      body: library.NewProgress,
      answer: library.BookProgress,
    },
    {
      id: "deleteBookProgress",
      method: "delete",
      path: "/books/{id}/progress",
      summary: "Forget your progress in a book",
      answer: Empty,
    },
    {
      id: "getSeriesRating",
      method: "get",
      path: "/series/{id}/rating",
      summary: "Your rating of a series",
      answer: library.StoredRating,
    },
    {
      id: "setSeriesRating",
      method: "put",
      path: "/series/{id}/rating",
      summary: "Rate a series",
      body: library.NewRating,
      answer: library.StoredRating,
    },
    {
      id: "deleteSeriesRating",
      method: "delete",
      path: "/series/{id}/rating",
      summary: "Remove your rating of a series",
      answer: Empty,
    },
  ],
);

/** The calls that series and books have in common. */
function documentOperations(kind: "series" | "books"): OperationRow[] {
  const one = kind === "series" ? "Series" : "Book";
  const path = `/${kind}/{id}`;
  return [
    {
      id: `get${one}Locks`,
      method: "get",
      path: `${path}/metadata/locks`,
      summary: "Which fields are locked",
      answer: library.Locks,
    },
    {
      id: `set${one}Locks`,
      method: "put",
      path: `${path}/metadata/locks`,
      access: "library:write",
      summary: "Lock or unlock the fields named",
      body: library.LockChanges,
      answer: library.Locks,
    },
    {
      id: `preview${one}Metadata`,
      method: "post",
      path: `${path}/metadata/preview`,
      access: "library:write",
      summary: "What a plugin's answer would change, field by field",
      body: enrichment.PreviewRequest,
      answer: enrichment.PreviewAnswer,
    },
    {
      id: `apply${one}Metadata`,
      method: "post",
      path: `${path}/metadata/apply`,
      access: "library:write",
      summary: "Write a plugin's answer where locks and grants allow it",
      body: enrichment.ApplyRequest,
      answer: enrichment.ApplyAnswer,
    },
    {
      id: `autoMatch${one}Metadata`,
      method: "post",
      path: `${path}/metadata/auto-match`,
      access: "library:write",
      summary: "Let a plugin find the record and apply it when it is sure",
      body: enrichment.AutoMatchRequest,
      answer: enrichment.AutoMatchAnswer,
    },
    {
      id: `list${one}History`,
      method: "get",
      path: `${path}/history`,
      summary: "Who wrote what, when, through which plugin",
      query: PageQuery,
      answer: library.HistoryPage,
    },
    {
      id: `list${one}ExternalIds`,
      method: "get",
      path: `${path}/external-ids`,
      summary: "Its ids at other services",
      answer: library.ExternalIdList,
    },
    {
      id: `add${one}ExternalId`,
      method: "post",
      path: `${path}/external-ids`,
      access: "library:write",
      summary: "Add an id at another service",
      body: library.NewExternalId,
      status: 201,
      answer: library.StoredExternalId,
    },
    {
      id: `delete${one}ExternalId`,
      method: "delete",
      path: `${path}/external-ids/{externalIdId}`,
      access: "library:write",
      summary: "Remove an id at another service",
      answer: Empty,
    },
  ];
}
