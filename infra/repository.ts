/** The root of the working tree, with a slash at its end. */
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../", import.meta.url));
