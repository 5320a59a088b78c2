/** Which line of a plugin's log says why it didn't start, as its runtime words it. */

/** Deno's own words before all else; what it says of errors of JavaScript follows on the line. */
const DENO = /^error: (?<what>.+)/;
/** JavaScript's and Python's errors, Node's codes among them: `Error [ERR_MODULE_NOT_FOUND]: …` */
const ERROR = /^(?:Uncaught )?(?<what>(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: .+)/;
/** Python's without a word more: `KeyboardInterrupt`, `AssertionError`. */
const BARE_ERROR = /^(?<what>[A-Z]\w*(?:Error|Exception|Interrupt))$/;
/** `sh`'s, of a program that isn't there: `env: 'node': No such file or directory`. */
const SHELL = /^(?<what>\S+: .*(?:not found|No such file or directory|Permission denied))$/;

const PATTERNS = [DENO, ERROR, BARE_ERROR, SHELL];

/** Where Node and Python say an error was: before the line that says which. */
const NODE_PLACE = /^(?:file:\/\/)?(?<path>\/[^\s:]+):(?<line>\d+)$/;
const PYTHON_PLACE = /^ {2,}File "(?<path>[^"]+)", line (?<line>\d+)/;
/** Deno and Node say it below, of the innermost call first. */
const BELOW = /^\s+at (?:.*\()?(?:file:\/\/)?(?<path>\/[^\s():]+):(?<line>\d+):\d+\)?$/;

const LENGTH_MAX = 500;

/**
 * The first line that says why, with the file and line where it says that too.
 *
 * @param lines of one run, the oldest first
 * @returns undefined where no line is of a known form
 */
export function tellingLine(lines: readonly string[]): string | undefined {
  let place: string | undefined;
  for (const [at, line] of lines.entries()) {
    place = placeIn(line, NODE_PLACE) ?? placeIn(line, PYTHON_PLACE) ?? place;
    const what = PATTERNS.map((pattern) => pattern.exec(line)?.groups?.["what"])
      .find((found) => found !== undefined);
    if (what === undefined) continue;
    const where = place ?? placeBelow(lines.slice(at + 1));
    return what.slice(0, LENGTH_MAX) + (where === undefined ? "" : ` (${where})`);
  }
  return undefined;
}

/** Of the calls right below an error, the first that is in a file. */
function placeBelow(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    if (line.trim() === "") return undefined;
    const place = placeIn(line, BELOW);
    if (place !== undefined) return place;
  }
  return undefined;
}

function placeIn(line: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(line)?.groups;
  if (found === undefined) return undefined;
  const name = found["path"]?.split("/").at(-1);
  return `${name}, line ${found["line"]}`;
}
