/** Secrets that were sent to a provider, and that it may repeat in what then goes into the log. */

/**
 * Takes secrets out of a text: as they are, and as forms, URLs and headers write them. Without
 * regard to case, since a host name that holds one is in lower case.
 */
export function hiding(secrets: readonly (string | null | undefined)[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => secret ? formsOf(secret) : [])
    // Of two that begin alike the longer one goes as a whole.
    .toSorted((one, other) => other.length - one.length);
  if (forms.length === 0) return (text) => text;
  const pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join("|"), "gi");
  return (text) => text.replace(pattern, "[…]");
}

function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams([["", secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
  ];
}
