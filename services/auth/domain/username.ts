/**
 * The form in which user names are compared and kept unique: compatibility characters folded, case
 * dropped, so that nobody signs up as a look-alike that differs in those alone.
 */
export function usernameKey(username: string): string {
  return username.trim().normalize("NFKC").toLowerCase();
}
