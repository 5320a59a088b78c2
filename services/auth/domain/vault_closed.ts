/** Why secrets can't be read or written now; nothing was changed. */
export type VaultClosed =
  | { readonly kind: "no_key" }
  /** A value is encrypted under a key that is not configured. */
  | { readonly kind: "unknown_key"; readonly keyId: string };
