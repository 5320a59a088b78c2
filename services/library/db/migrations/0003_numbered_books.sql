-- How the books of a series count, for progress that other services tell in volumes and chapters. A
-- book with a chapter's number is a chapter, and "volume" then says which one it belongs to; any other
-- is a volume. A bare number counts as the series counts: as chapters where it has chapters and no
-- numbered volumes, else as volumes. "place" counts the books in their order, where none has a number.
--
-- In plain SQL and not strict, so that it is merged into the query that uses it.
CREATE FUNCTION "library"."numbered_books"(of_series uuid)
RETURNS TABLE (book_id uuid, is_chapter boolean, volume double precision, chapter double precision,
  place bigint) LANGUAGE sql STABLE AS $$
  SELECT
    id,
    counts_chapters,
    CASE WHEN counts_chapters THEN own_volume ELSE coalesce(own_volume, number) END,
    CASE WHEN counts_chapters THEN coalesce(own_chapter, number) END,
    CASE WHEN has_no_numbers THEN place END
  FROM (
    SELECT *, own_chapter IS NOT NULL OR (own_volume IS NULL AND numbers_are_chapters)
      AS counts_chapters
    FROM (
      SELECT *,
        bool_or(own_chapter IS NOT NULL) OVER all_books
          AND NOT bool_or(own_chapter IS NULL AND own_volume IS NOT NULL) OVER all_books
          AS numbers_are_chapters,
        bool_and(num_nulls(own_volume, own_chapter, number) = 3) OVER all_books AS has_no_numbers,
        row_number() OVER (ORDER BY number_sort, title_sort, id) AS place
      FROM (
        SELECT id, number, number_sort, title_sort,
          (metadata ->> 'volume')::double precision AS own_volume,
          (metadata ->> 'chapter')::double precision AS own_chapter
        FROM library.books WHERE series_id = of_series
      ) AS own
      WINDOW all_books AS ()
    ) AS counted
  ) AS told
$$;
