/**
 * Password hashing with Argon2id (RFC 9106), native code behind `oslo/password`. Apart from the rest
 * of the package because only auth may load native code (ffi).
 */
import { Argon2id } from "oslo/password";
import { createLimiter } from "./limiter.ts";

export interface PasswordHasher {
  /** PHC string with its parameters and a random salt. */
  hash(password: string): Promise<string>;
  /**
   * Whether `password` belongs to `hash`. False, after the same work, for null (no such user) and
   * for a malformed hash: neither can be told from a wrong password by its time.
   */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** True when the hash was made with other parameters than those in force. */
  needsRehash(hash: string): boolean;
}

export interface PasswordHasherOptions {
  /** Memory of one hash in KiB. Default 19456: OWASP's minimum together with 2 iterations. */
  memoryKib?: number;
  iterations?: number;
  /** Hashes computed at a time; the rest wait. Bounds memory under a flood of logins. */
  concurrency?: number;
}

/** PHC string format: $argon2id$v=19$m=…,t=…,p=…$salt$hash. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[\w+/]{11,86}\$[\w+/]{16,86}$/;

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { memoryKib = 19_456, iterations = 2, concurrency = 2 } = options;
  const argon2id = new Argon2id({ memorySize: memoryKib, iterations, parallelism: 1 });
  const limited = createLimiter(concurrency);
  // Salt and hash of zeros: no password matches, and verifying it costs what a real one costs.
  const decoy = `$argon2id$v=19$m=${memoryKib},t=${iterations},p=1$${"A".repeat(22)}$${
    "A".repeat(43)
  }`;

  return {
    hash: (password) => limited(() => argon2id.hash(password)),
    verify(stored, password) {
      const wellFormed = stored !== null && PHC.test(stored);
      return limited(() => argon2id.verify(wellFormed ? stored : decoy, password))
        .catch(() => false);
    },
    needsRehash(stored) {
      const parameters = PHC.exec(stored);
      return parameters === null || Number(parameters[1]) !== memoryKib ||
        Number(parameters[2]) !== iterations || Number(parameters[3]) !== 1;
    },
  };
}
