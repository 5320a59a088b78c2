/** Cryptography of the platform. Password hashing is `@codex/crypto/password`: it loads native code. */
export * from "./keyring.ts";
export * from "./encryption_key.ts";
export * from "./pkce.ts";
export * from "./random.ts";
export * from "./tokens.ts";
