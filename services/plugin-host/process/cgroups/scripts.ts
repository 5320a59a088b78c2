/**
 * What is done to control groups, by dash: Deno reads and writes nothing below /proc and /sys
 * without all permissions. Everything that differs is a positional argument, nothing is put into
 * the text.
 */

/**
 * Names of folders tell which process made them, so that those of a host that is gone are found.
 */
export const HOST_FOLDER_PREFIX = "codex-plugins.";

/**
 * When a process began, in ticks since the start of the machine; the name before it in the file may
 * hold anything.
 */
const START_OF = `
start_of() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- \${line##*) }
  echo "\${20}"
}`;

/**
 * Ends what runs in the groups and removes them; a group goes only when its last process was
 * reaped.
 */
const REMOVE_GROUPS = `
remove_groups() {
  tries=0
  while ! rmdir "$@" 2>/dev/null && [ $tries -lt 40 ]; do
    left= ended=
    for group; do
      [ -d "$group" ] || continue
      left=yes
      while read -r pid; do
        # Zero stands for what another container runs.
        [ "$pid" != 0 ] && kill -9 "$pid" 2>/dev/null && ended=yes
      done <"$group/cgroup.procs"
    done
    [ "$left" ] || return 0
    # A group without processes is kept by what waiting doesn't change.
    if [ "$ended" ]; then tries=$((tries + 1)); else tries=$((tries + 10)); fi
    sleep 0.05
  done
}`;

/** Removes what hosts that are gone left below the folder $1. */
const REMOVE_LEFTOVERS = `
remove_leftovers() {
  for host in "$1"/${HOST_FOLDER_PREFIX}*; do
    [ -d "$host" ] || continue
    id=\${host##*/${HOST_FOLDER_PREFIX}}
    [ "$(start_of "\${id%%.*}")" = "\${id#*.}" ] && continue
    for group in "$host"/*/; do [ -d "$group" ] && remove_groups "$group"; done
    rmdir "$host" 2>/dev/null
  done
}`;

/**
 * $1: pid of the host, $2: where control groups are mounted. Prints start time, controllers of
 * version 2, own groups.
 */
export const PROBE = `${START_OF}
start_of "$1"
cat "$2/cgroup.controllers" 2>/dev/null || echo
cat /proc/self/cgroup`;

/**
 * $1: name of the host's folder; then for each controller the host's own group and the root of what
 * is mounted, which is the own group where a container shows no other. Prints the folders that it
 * made.
 */
export const PREPARE_V1 = `${START_OF}${REMOVE_GROUPS}${REMOVE_LEFTOVERS}
name=$1
shift
while [ $# -gt 0 ]; do
  parent=$1
  [ -e "$parent/cgroup.procs" ] || parent=$2
  [ -e "$parent/cgroup.procs" ] || { echo "there is no $2" >&2; exit 1; }
  remove_leftovers "$parent"
  mkdir -p "$parent/$name" || exit 1
  echo "$parent/$name"
  shift 2
done`;

/**
 * $1: name of the host's folder; $2: the group to make it in. Only a group without processes of its
 * own hands its controllers down (cgroup-v2.rst "No Internal Process Constraint"), so those in it
 * move into one below.
 */
export const PREPARE_V2 = `${START_OF}${REMOVE_GROUPS}${REMOVE_LEFTOVERS}
name=$1 parent=$2
[ -w "$parent/cgroup.procs" ] && [ -w "$parent/cgroup.subtree_control" ] ||
  { echo "$parent was not delegated to this user" >&2; exit 1; }
remove_leftovers "$parent"
if ! echo "+memory +pids" 2>/dev/null >"$parent/cgroup.subtree_control"; then
  mkdir -p "$parent/codex-host" || exit 1
  while read -r pid; do
    echo "$pid" 2>/dev/null >"$parent/codex-host/cgroup.procs"
  done <"$parent/cgroup.procs"
  echo "+memory +pids" >"$parent/cgroup.subtree_control" || exit 1
fi
mkdir -p "$parent/$name" || exit 1
echo "+memory +pids" >"$parent/$name/cgroup.subtree_control" || exit 1
echo "$parent/$name"`;

/**
 * $1: the program mkdir; $2: the file of a group that takes processes; $3 to $5: folders of the
 * group; then files and their values up to "--"; then a command, which runs in the group. Zero
 * stands for the writer itself. The group may be there already. One that can't be made is told on
 * stderr, and the plugin runs on without it: the host looks at its processes instead.
 */
export const JOIN = `
[ -d "$3" ] && [ -d "$4" ] && [ -d "$5" ] || "$1" -p "$3" "$4" "$5"
entry=$2 memory=$3 pids=$4 cpu=$5
shift 5
while [ "$1" != -- ]; do
  [ -e "$1" ] && echo "$2" >"$1"
  shift 2
done
shift
for group in "$memory" "$pids" "$cpu"; do
  [ -d "$group" ] && echo 0 >"$group/$entry"
done
exec "$@"`;

/** The arguments are folders of groups. */
export const REMOVE = `${REMOVE_GROUPS}
remove_groups "$@"`;

/** More than any limit of a trial: \`tail\` keeps what has no end of a line. */
export const TAKE_MEMORY = "head -c 128M /dev/zero | tail";
