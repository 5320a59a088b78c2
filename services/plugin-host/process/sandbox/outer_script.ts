/**
 * What is set up in namespaces outside of bubblewrap, as their root, before it starts: steps of one
 * dash script. Each takes its arguments by position and shifts them away, so that nothing has to be
 * quoted; what remains at the end is executed.
 */

export interface OuterStep {
  /** Lines of dash. A step that fails says why on stderr and exits. */
  readonly script: string;
  /** What it finds as `$1`, `$2` and so on. */
  readonly args: readonly string[];
}

/** The command line that runs `steps` in their order, to be followed by what is executed then. */
export function outerCommand(dashPath: string, steps: readonly OuterStep[]): string[] {
  if (steps.length === 0) return [];
  const script = [...steps.map(({ script }) => script.trim()), 'exec "$@"'].join("\n");
  return [dashPath, "-c", script, "sh", ...steps.flatMap(({ args }) => args)];
}
