/** Where in the tree a linted file stands, which is what most of our rules turn on. */
import { dirname, isAbsolute, join, relative } from "node:path";
import { repository } from "../repository.ts";

export const serviceNames = ["gateway", "auth", "library", "plugin-host", "storage", "sync"];

/** Path from the root of the tree, with slashes. */
export function placeOf(filename: string): string {
  const path = isAbsolute(filename) ? relative(repository, filename) : filename;
  return path.replaceAll("\\", "/");
}

/** A file that only tests run. */
export function isTest(place: string): boolean {
  return /_(test|bench)\.tsx?$|(^|\/)(testing|testdata|tests)\//.test(place);
}

/** The service that a file belongs to. */
export function serviceOf(place: string): string | undefined {
  const name = /^services\/([^/]+)\//.exec(place)?.[1];
  return name !== undefined && serviceNames.includes(name) ? name : undefined;
}

/** The place that a relative import names. */
export function placeOfImport(place: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? join(dirname(place), specifier) : undefined;
}
