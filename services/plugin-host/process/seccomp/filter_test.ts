import assert from "node:assert/strict";
import fc from "fast-check";
import { runFilter } from "../../testing/bpf_machine.ts";
import { BPF, branch, encode, load, returns } from "./bpf.ts";
import { compileFilter, RETURN } from "./filter.ts";
import { ERRNO, RULES } from "./rules.ts";
import { type Architecture, SYSTEM_CALLS } from "./system_calls.ts";

const AUDIT = { x86_64: 0xc000_003e, i386: 0x4000_0003, aarch64: 0xc000_00b7, arm: 0x4000_0028 };
const ARCHITECTURES: readonly Architecture[] = ["x86_64", "aarch64"];
const FILTERS = { x86_64: compileFilter("x86_64"), aarch64: compileFilter("aarch64") };

/** In words what becomes of a call by number. */
function answerOf(architecture: Architecture, number: number, ...args: readonly number[]): string {
  const value = runFilter(FILTERS[architecture], {
    architecture: AUDIT[architecture],
    number,
    arguments: args.map((argument) => BigInt.asUintN(64, BigInt(argument))),
  });
  return tell(value);
}

function tell(value: number): string {
  if (value === RETURN.allow) return "allow";
  if (value === RETURN.killProcess) return "kill";
  const errno = Object.entries(ERRNO).find(([, number]) => (RETURN.error | number) === value);
  assert.ok(errno, `The filter returned ${value}`);
  return errno[0];
}

function answerByName(architecture: Architecture, name: string, ...args: readonly number[]) {
  const number = SYSTEM_CALLS[architecture].get(name);
  assert.ok(number !== undefined, `${architecture} has no "${name}"`);
  return answerOf(architecture, number, ...args);
}

/** Of those that an architecture has. */
function assertAll(names: string, expected: string, ...args: readonly number[]): void {
  for (const name of names.trim().split(/\s+/)) {
    const having = ARCHITECTURES.filter((architecture) => SYSTEM_CALLS[architecture].has(name));
    assert.ok(having.length > 0, name);
    for (const architecture of having) {
      assert.equal(answerByName(architecture, name, ...args), expected, `${architecture} ${name}`);
    }
  }
}

Deno.test("calls have the numbers of the kernel's tables", () => {
  const numbers = {
    read: [0, 63],
    clone: [56, 220],
    ptrace: [101, 117],
    shmget: [29, 194],
    add_key: [248, 217],
    unshare: [272, 97],
    memfd_create: [319, 279],
    bpf: [321, 280],
    kexec_file_load: [320, 294],
    rseq: [334, 293],
    pidfd_send_signal: [424, 424],
    io_uring_setup: [425, 425],
    clone3: [435, 435],
    memfd_secret: [447, 447],
    statmount: [457, 457],
    file_setattr: [469, 469],
  };
  for (const [name, [x86, arm]] of Object.entries(numbers)) {
    assert.deepEqual(
      [SYSTEM_CALLS.x86_64.get(name), SYSTEM_CALLS.aarch64.get(name)],
      [x86, arm],
      name,
    );
  }
  for (const table of Object.values(SYSTEM_CALLS)) {
    assert.equal(new Set(table.values()).size, table.size);
  }
});

Deno.test("memory that no process owns can't be had", () => {
  assertAll("memfd_create memfd_secret io_uring_setup io_uring_enter io_uring_register", "ENOSYS");
  assertAll("io_setup io_submit landlock_create_ruleset landlock_add_rule", "ENOSYS");
  assertAll("shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl mq_open", "EPERM");
  assertAll("semget semop semctl semtimedop", "EPERM");
  assertAll("sendfile splice tee vmsplice", "EINVAL");
});

Deno.test("other processes, keyrings and the machine are out of reach", () => {
  assertAll("add_key request_key keyctl", "EPERM");
  assertAll("ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp", "EPERM");
  assertAll("bpf perf_event_open userfaultfd fanotify_init open_by_handle_at", "EPERM");
  assertAll("mbind set_mempolicy migrate_pages move_pages name_to_handle_at", "EPERM");
  assertAll("kexec_load kexec_file_load init_module finit_module delete_module reboot", "EPERM");
  assertAll("swapon swapoff quotactl quotactl_fd acct syslog vhangup", "EPERM");
  assertAll("settimeofday clock_settime adjtimex clock_adjtime sethostname", "EPERM");
  assertAll("iopl ioperm modify_ldt uselib", "EPERM");
});

Deno.test("mounts and namespaces are refused, threads and processes are not", () => {
  assertAll("mount umount2 pivot_root chroot unshare setns", "EPERM");
  assertAll("open_tree open_tree_attr move_mount mount_setattr fsopen fsconfig fsmount", "EPERM");
  assertAll("clone3 statmount listmount", "ENOSYS");
  const [SIGCHLD, CLONE_VM, CLONE_VFORK] = [17, 0x100, 0x4000];
  // What glibc asks for when it starts a thread.
  const THREAD = 0x3d_0f00;
  for (const flags of [SIGCHLD, CLONE_VM | CLONE_VFORK | SIGCHLD, THREAD]) {
    assertAll("clone", "allow", flags);
  }
  const namespaces = {
    NEWNS: 0x0002_0000,
    NEWCGROUP: 0x0200_0000,
    NEWUTS: 0x0400_0000,
    NEWIPC: 0x0800_0000,
    NEWUSER: 0x1000_0000,
    NEWPID: 0x2000_0000,
    NEWNET: 0x4000_0000,
  };
  for (const flag of Object.values(namespaces)) {
    assertAll("clone", "EPERM", flag);
    assertAll("clone", "EPERM", flag | SIGCHLD);
    assertAll("clone", "EPERM", flag | THREAD);
  }
});

Deno.test("locks on files belong to a process that is there", () => {
  const [CLONE_FILES, CLONE_VM, SIGCHLD] = [0x400, 0x100, 17];
  assertAll("clone", "EPERM", CLONE_FILES | SIGCHLD);
  assertAll("clone", "EPERM", CLONE_FILES | CLONE_VM | SIGCHLD);
  const [F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW] = [6, 7, 36, 37, 38];
  for (const command of [F_SETLK, F_SETLKW, F_OFD_GETLK]) {
    assertAll("fcntl", "allow", 3, command);
  }
  for (const command of [F_OFD_SETLK, F_OFD_SETLKW]) assertAll("fcntl", "EINVAL", 3, command);
});

const SOCKETS: readonly [name: string, args: readonly [number, number, number], string][] = [
  ["a unix stream", [1, 1, 0], "allow"],
  ["unix datagrams", [1, 2, 0], "allow"],
  ["unix packets", [1, 5, 0], "allow"],
  ["TCP", [2, 1, 0], "allow"],
  ["TCP, closed on exec and not waiting", [2, 1 | 0x8_0000 | 0x800, 6], "allow"],
  ["UDP", [10, 2, 17], "allow"],
  ["questions about interfaces", [16, 3 | 0x8_0000, 0], "allow"],
  ["netlink's audit", [16, 3, 9], "EAFNOSUPPORT"],
  ["netlink's netfilter", [16, 3, 12], "EAFNOSUPPORT"],
  ["raw packets", [2, 3, 1], "EPROTONOSUPPORT"],
  ["SCTP by protocol", [2, 1, 132], "EPROTONOSUPPORT"],
  ["SCTP by type", [10, 5, 0], "EPROTONOSUPPORT"],
  ["DCCP", [2, 6, 0], "EPROTONOSUPPORT"],
  ["MPTCP", [2, 1, 262], "EPROTONOSUPPORT"],
  ["pings", [2, 2, 1], "EPROTONOSUPPORT"],
  ["packets of a device", [17, 3, 0], "EAFNOSUPPORT"],
  ["RDS", [21, 5, 0], "EAFNOSUPPORT"],
  ["TIPC", [30, 1, 0], "EAFNOSUPPORT"],
  ["Bluetooth", [31, 3, 0], "EAFNOSUPPORT"],
  ["the kernel's ciphers", [38, 5, 0], "EAFNOSUPPORT"],
  ["vsock", [40, 1, 0], "EAFNOSUPPORT"],
  ["XDP", [44, 3, 0], "EAFNOSUPPORT"],
];

for (const [name, args, expected] of SOCKETS) {
  Deno.test(`a socket for ${name} is answered ${expected}`, () => {
    assertAll("socket", expected, ...args);
  });
}

Deno.test("every family but four is refused, whatever its type and protocol", () => {
  const family = fc.nat(0xffff).filter((it) => ![1, 2, 10, 16].includes(it));
  fc.assert(fc.property(family, fc.nat(0xff_ffff), fc.nat(300), (it, type, protocol) => {
    assertAll("socket", "EAFNOSUPPORT", it, type, protocol);
    assertAll("socketpair", "EAFNOSUPPORT", it, type, protocol);
  }));
  assertAll("socketpair", "allow", 1, 1, 0);
  assertAll("socketpair", "EAFNOSUPPORT", 2, 1, 0);
});

Deno.test("some calls are refused for what they ask", () => {
  const [TCGETS, FIONREAD, TIOCSTI, TIOCSETD, TIOCLINUX] = [0x5401, 0x541b, 0x5412, 0x5423, 0x541c];
  for (const request of [TCGETS, FIONREAD]) assertAll("ioctl", "allow", 0, request);
  for (const request of [TIOCSTI, TIOCLINUX, TIOCSETD]) assertAll("ioctl", "EPERM", 0, request);
  for (const persona of [0, 0xffff_ffff]) assertAll("personality", "allow", persona);
  for (const persona of [8, 0x4_0000, 0x20_0000]) assertAll("personality", "EPERM", persona);
  assertAll("seccomp", "allow", 1, 0);
  for (const flags of [8, 9, 0x18]) assertAll("seccomp", "EPERM", 1, flags);
  assertAll("setsockopt", "ENOPROTOOPT", 3, 1, 60);
  for (const [level, option] of [[1, 7], [6, 60], [6, 1]]) {
    assertAll("setsockopt", "allow", 3, level ?? 0, option ?? 0);
  }
});

Deno.test("the upper half of an argument, which the kernel drops, hides nothing", () => {
  const upper = 2 ** 40;
  assertAll("clone", "EPERM", upper + 0x1000_0000);
  assertAll("socket", "EAFNOSUPPORT", upper + 40, 1, 0);
  assertAll("ioctl", "EPERM", 0, upper + 0x5412);
  assertAll("setsockopt", "ENOPROTOOPT", 0, upper + 1, upper + 60);
});

Deno.test("what runtimes need is allowed", () => {
  assertAll(
    `read write openat close fstat newfstatat statx lseek mmap mprotect munmap brk mremap madvise
     rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack ioctl pread64 pwrite64 readv writev
     pipe2 dup3 getpid gettid getuid fcntl flock fsync ftruncate getdents64 getcwd chdir
     mkdirat unlinkat renameat2 linkat symlinkat readlinkat fchmodat fchmodat2 fchownat faccessat2
     utimensat execve execveat exit exit_group wait4 waitid kill tgkill uname sysinfo prctl
     futex futex_waitv futex_wait futex_wake set_robust_list rseq set_tid_address membarrier
     sched_getaffinity sched_setaffinity sched_yield sched_setscheduler sched_getattr getcpu
     clock_gettime clock_nanosleep nanosleep timer_create timerfd_create timerfd_settime
     epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 ppoll pselect6 eventfd2 signalfd4
     inotify_init1 inotify_add_watch getrandom prlimit64 getrusage close_range copy_file_range
     fallocate pidfd_open pidfd_send_signal pkey_alloc pkey_mprotect pkey_free mlock mincore
     get_mempolicy mseal map_shadow_stack cachestat mknodat capget setsid setpgid
     connect accept4 bind listen getsockname getpeername sendto recvfrom sendmsg recvmsg sendmmsg
     getsockopt shutdown statfs fstatfs umask preadv2 pwritev2 setpriority restart_syscall`,
    "allow",
  );
  assertAll("open stat access poll select fork vfork arch_prctl epoll_wait pipe dup2", "allow");
});

Deno.test("a number that is in no table is answered as by a kernel without it", () => {
  const numbers = fc.oneof(fc.nat(1000), fc.nat(0xffff_ffff));
  for (const architecture of ARCHITECTURES) {
    const known = new Set(SYSTEM_CALLS[architecture].values());
    assert.equal(answerOf(architecture, Math.max(...known) + 1), "ENOSYS");
    fc.assert(fc.property(numbers, (number) => {
      fc.pre(!known.has(number));
      assert.equal(answerOf(architecture, number), "ENOSYS");
    }));
  }
});

Deno.test("no call is let through by x32's bit", () => {
  for (const number of SYSTEM_CALLS.x86_64.values()) {
    assert.equal(answerOf("x86_64", number + 0x4000_0000), "ENOSYS");
  }
});

Deno.test("a call of another architecture ends the process", () => {
  for (const architecture of ARCHITECTURES) {
    for (const foreign of Object.values(AUDIT)) {
      if (foreign === AUDIT[architecture]) continue;
      fc.assert(fc.property(fc.nat(500), (number) => {
        const value = runFilter(FILTERS[architecture], { architecture: foreign, number });
        assert.equal(tell(value), "kill");
      }));
    }
  }
});

Deno.test("calls without a rule are allowed, whatever their arguments", () => {
  const ruled = new Set(RULES.flatMap(({ calls }) => calls.split(" ")));
  for (const architecture of ARCHITECTURES) {
    const free = [...SYSTEM_CALLS[architecture]].filter(([name]) => !ruled.has(name));
    const call = fc.constantFrom(...free.map(([, number]) => number));
    fc.assert(fc.property(call, fc.array(fc.maxSafeInteger(), { maxLength: 6 }), (it, args) => {
      assert.equal(answerOf(architecture, it, ...args), "allow");
    }));
  }
});

Deno.test("a rule that can't be meant is refused", () => {
  const compile = (calls: string) =>
    compileFilter("x86_64", [{ calls: "read", otherwise: "EPERM" }, { calls, otherwise: "EPERM" }]);
  assert.throws(() => compile("raed"), /No system call is named "raed"/);
  assert.throws(() => compile("read"), /"read" is in two rules/);
});

Deno.test("a branch reaches over more than 255 instructions", () => {
  const fails = Array.from({ length: 300 }, () => returns(RETURN.killProcess));
  const program = encode([
    load(0),
    ...branch(BPF.jumpIfEqual, 7, { holds: [returns(RETURN.allow)], fails }),
  ]);
  assert.equal(runFilter(program, { architecture: 0, number: 7 }), RETURN.allow);
  assert.equal(runFilter(program, { architecture: 0, number: 8 }), RETURN.killProcess);
});
