/**
 * Which system calls a plugin may make at isolation level 3. What node, Deno, Python and their
 * package managers need is allowed; refused is what reaches around the sandbox, what holds memory
 * that counts as no process's own, and what only administrators or debuggers need.
 */

/** Numbers are those of asm-generic/errno.h, which x86-64 and arm64 share. */
export const ERRNO = {
  EPERM: 1,
  EINVAL: 22,
  ENOSYS: 38,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EAFNOSUPPORT: 97,
} as const;

/** What becomes of a call: an error name means that it fails with that error, undone. */
export type Answer = "allow" | keyof typeof ERRNO;

/** Of one argument, whose lower 32 bits count: every argument judged here is an `int` or flags. */
export interface Condition {
  /** 0 to 5. */
  readonly argument: number;
  /** The bits that are looked at; all if it is missing. */
  readonly mask?: number;
  readonly isOneOf: readonly number[];
}

/** Of the cases of a rule the first counts whose conditions all hold. */
interface Case {
  readonly when: readonly Condition[];
  readonly answer: Answer;
}

export interface Rule {
  /** Names, parted by spaces. One that an architecture doesn't have means nothing there. */
  readonly calls: string;
  readonly cases?: readonly Case[];
  readonly otherwise: Answer;
}

// include/uapi/linux/sched.h: CLONE_NEWNS, and CGROUP, UTS, IPC, USER, PID and NET.
const CLONE_NAMESPACES = 0x0002_0000 | 0x7e00_0000;
const [CLONE_FILES, CLONE_THREAD] = [0x400, 0x1_0000];
// include/uapi/asm-generic/fcntl.h
const [F_OFD_SETLK, F_OFD_SETLKW] = [37, 38];
// include/linux/socket.h, include/linux/net.h and include/uapi/linux/in.h
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
const [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET] = [1, 2, 3, 5];
const SOCK_TYPE_MASK = 0xf;
const [IPPROTO_DEFAULT, IPPROTO_TCP, IPPROTO_UDP] = [0, 6, 17];
const NETLINK_ROUTE = 0;
// include/uapi/asm-generic/socket.h
const [SOL_SOCKET, SO_ZEROCOPY] = [1, 60];
// include/uapi/asm-generic/ioctls.h
const [TIOCSTI, TIOCLINUX, TIOCSETD] = [0x5412, 0x541c, 0x5423];
// include/uapi/linux/personality.h
const [PER_LINUX, PER_QUERY] = [0, 0xffff_ffff];
// include/uapi/linux/seccomp.h
const SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;

/** Calls in no rule are allowed, numbers in no table answered ENOSYS. */
export const RULES: readonly Rule[] = [
  // Memory that no limit on processes sees. ENOSYS lets programs take their other way.
  { calls: "memfd_create memfd_secret", otherwise: "ENOSYS" },
  { calls: "shmget shmat shmctl shmdt", otherwise: "EPERM" },
  { calls: "msgget msgsnd msgrcv msgctl", otherwise: "EPERM" },
  { calls: "semget semop semctl semtimedop", otherwise: "EPERM" },
  {
    calls: "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr",
    otherwise: "EPERM",
  },
  { calls: "io_uring_setup io_uring_enter io_uring_register", otherwise: "ENOSYS" },
  // The rings of all processes of the machine, databases among them, share one small limit.
  {
    calls: "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents",
    otherwise: "ENOSYS",
  },
  // A ruleset holds as many rules as one likes, and a process as many rulesets as files.
  {
    calls: "landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    otherwise: "ENOSYS",
  },
  // A byte that was passed on by reference keeps the whole page it lies in, which may be of 2 MiB,
  // while pipes and sockets count a byte. EINVAL makes every runtime copy instead.
  { calls: "sendfile splice tee vmsplice", otherwise: "EINVAL" },
  {
    calls: "setsockopt",
    cases: [{
      when: [{ argument: 1, isOneOf: [SOL_SOCKET] }, { argument: 2, isOneOf: [SO_ZEROCOPY] }],
      answer: "ENOPROTOOPT",
    }],
    otherwise: "allow",
  },
  // A listener keeps its filter after the process is gone. Filters without one are harmless.
  {
    calls: "seccomp",
    cases: [{
      when: [{ argument: 1, mask: SECCOMP_FILTER_FLAG_NEW_LISTENER, isOneOf: [0] }],
      answer: "allow",
    }],
    otherwise: "EPERM",
  },

  // The host counts locks on files by their process, which these don't tell. EINVAL is the answer
  // of a kernel without them.
  {
    calls: "fcntl",
    cases: [{
      when: [{ argument: 1, isOneOf: [F_OFD_SETLK, F_OFD_SETLKW] }],
      answer: "EINVAL",
    }],
    otherwise: "allow",
  },

  // Keyrings belong to a user, not to a sandbox.
  { calls: "add_key request_key keyctl", otherwise: "EPERM" },

  // Other processes, their memory and their files.
  { calls: "ptrace process_vm_readv process_vm_writev", otherwise: "EPERM" },
  { calls: "process_madvise pidfd_getfd kcmp", otherwise: "EPERM" },

  // Parts of the kernel with a long history of holes, of use to debuggers and administrators.
  { calls: "bpf perf_event_open userfaultfd", otherwise: "EPERM" },
  { calls: "fanotify_init fanotify_mark", otherwise: "EPERM" },
  { calls: "open_by_handle_at name_to_handle_at", otherwise: "EPERM" },
  { calls: "mbind set_mempolicy set_mempolicy_home_node", otherwise: "EPERM" },
  { calls: "migrate_pages move_pages", otherwise: "EPERM" },

  ...socketRules(),

  // Mounts and namespaces: a user namespace of one's own gives every right within it.
  { calls: "mount umount2 pivot_root chroot", otherwise: "EPERM" },
  { calls: "open_tree open_tree_attr move_mount mount_setattr", otherwise: "EPERM" },
  { calls: "fsopen fsconfig fsmount fspick", otherwise: "EPERM" },
  { calls: "statmount listmount", otherwise: "ENOSYS" },
  { calls: "unshare setns", otherwise: "EPERM" },
  {
    calls: "clone",
    cases: [{
      when: [
        { argument: 0, mask: CLONE_NAMESPACES, isOneOf: [0] },
        // Open files belong to one process: with two, locks of one that is gone stay and are shown
        // nowhere.
        {
          argument: 0,
          mask: CLONE_FILES | CLONE_THREAD,
          isOneOf: [0, CLONE_THREAD, CLONE_FILES | CLONE_THREAD],
        },
      ],
      answer: "allow",
    }],
    otherwise: "EPERM",
  },
  // Its flags lie in memory, where no filter can look: the C libraries then use clone.
  { calls: "clone3", otherwise: "ENOSYS" },

  // The machine itself.
  { calls: "kexec_load kexec_file_load reboot", otherwise: "EPERM" },
  { calls: "init_module finit_module delete_module", otherwise: "EPERM" },
  { calls: "swapon swapoff quotactl quotactl_fd acct", otherwise: "EPERM" },
  { calls: "settimeofday clock_settime adjtimex clock_adjtime", otherwise: "EPERM" },
  { calls: "sethostname setdomainname syslog vhangup", otherwise: "EPERM" },
  { calls: "iopl ioperm modify_ldt uselib", otherwise: "EPERM" },
  {
    calls: "personality",
    cases: [{ when: [{ argument: 0, isOneOf: [PER_LINUX, PER_QUERY] }], answer: "allow" }],
    otherwise: "EPERM",
  },
  // Input for whoever else reads a terminal, and the disciplines of its line.
  {
    calls: "ioctl",
    cases: [{
      when: [{ argument: 1, isOneOf: [TIOCSTI, TIOCLINUX, TIOCSETD] }],
      answer: "EPERM",
    }],
    otherwise: "allow",
  },

  // Gone from the kernel, or never there: what it answers itself.
  { calls: "_sysctl create_module get_kernel_syms query_module nfsservctl", otherwise: "ENOSYS" },
  { calls: "getpmsg putpmsg afs_syscall tuxcall security vserver", otherwise: "ENOSYS" },
  { calls: "set_thread_area get_thread_area epoll_ctl_old epoll_wait_old", otherwise: "ENOSYS" },
  { calls: "lookup_dcookie ustat sysfs", otherwise: "ENOSYS" },
];

/**
 * Sockets between processes, TCP, UDP, and questions about the network's interfaces, which every
 * runtime asks through netlink. Families such as vsock, which reaches the machine's own host, and
 * protocols such as SCTP are parts of the kernel that get loaded for whoever asks.
 */
function socketRules(): Rule[] {
  const isType = (...types: readonly number[]): Condition => (
    { argument: 1, mask: SOCK_TYPE_MASK, isOneOf: types }
  );
  const unix: Condition = { argument: 0, isOneOf: [AF_UNIX] };
  const internet: Condition = { argument: 0, isOneOf: [AF_INET, AF_INET6] };
  return [
    {
      calls: "socket",
      cases: [
        {
          when: [unix, isType(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)],
          answer: "allow",
        },
        {
          when: [
            internet,
            isType(SOCK_STREAM, SOCK_DGRAM),
            { argument: 2, isOneOf: [IPPROTO_DEFAULT, IPPROTO_TCP, IPPROTO_UDP] },
          ],
          answer: "allow",
        },
        { when: [internet], answer: "EPROTONOSUPPORT" },
        {
          when: [
            { argument: 0, isOneOf: [AF_NETLINK] },
            isType(SOCK_RAW, SOCK_DGRAM),
            { argument: 2, isOneOf: [NETLINK_ROUTE] },
          ],
          answer: "allow",
        },
      ],
      otherwise: "EAFNOSUPPORT",
    },
    {
      calls: "socketpair",
      cases: [{ when: [unix], answer: "allow" }],
      otherwise: "EAFNOSUPPORT",
    },
  ];
}
