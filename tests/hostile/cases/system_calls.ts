/** What a program may ask of the kernel itself, past whatever runtime it has. */
import { answers } from "../outcome.ts";
import type { HostileCase } from "../hostile_case.ts";

export const systemCallCases: readonly HostileCase[] = [
  {
    name: "asks the kernel for what reaches around a sandbox",
    holds: { python: [3] },
    program: {
      // Each with arguments that the kernel would take, or complain about in another way. Numbers
      // are written out here: those of the filter could be wrong.
      python: `
import ctypes, errno, os, platform, socket, threading

libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"

def outcome(result):
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]

def system_call(x86, arm, *arguments):
    number = arm if ARM else x86
    if number is None:
        return None
    taken = [it if isinstance(it, bytes) else ctypes.c_long(it) for it in arguments]
    return outcome(libc.syscall(ctypes.c_long(number), *taken))

def in_child(code):
    child = os.fork()
    if child == 0:
        os._exit(code() & 0x7f)
    return os.waitpid(child, 0)[1]

def namespace_by_clone():
    result = libc.syscall(ctypes.c_long(220 if ARM else 56), ctypes.c_long(0x10000011), 0, 0, 0, 0)
    if result == 0:
        os._exit(0)
    return outcome(result)

def traced():
    status = in_child(lambda: libc.ptrace(0, 0, 0, 0) and ctypes.get_errno())
    return errno.errorcode.get(os.waitstatus_to_exitcode(status), "done")

def zero_copy():
    with socket.socket() as it:
        return outcome(libc.setsockopt(it.fileno(), 1, 60, ctypes.byref(ctypes.c_int(1)), 4))

def send_file():
    one, other = socket.socketpair()
    with open("/etc/passwd", "rb") as file, one, other:
        return outcome(libc.sendfile(one.fileno(), file.fileno(), None, 10))

def splice_memory():
    reading, writing = os.pipe()
    return system_call(278, 75, writing, 0, 0, 0)

def socket_of(family, kind, protocol=0):
    return outcome(libc.socket(family, kind, protocol))

def foreign_code():
    import mmap
    if ARM:
        return "SIGSYS"
    # mov eax, 20; int 0x80; ret: getpid as 32-bit programs ask for it.
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    signal = in_child(ctypes.CFUNCTYPE(ctypes.c_int)(start)) & 0x7f
    return "SIGSYS" if signal == 31 else "signal %d" % signal

ATTEMPTS = {
    "memfd_create": (lambda: outcome(libc.memfd_create(b"x", 0)), "ENOSYS"),
    "memfd_secret": (lambda: system_call(447, 447, 0), "ENOSYS"),
    "shmget": (lambda: outcome(libc.shmget(0, 4096, 0o1600)), "EPERM"),
    "msgget": (lambda: outcome(libc.msgget(0, 0o1600)), "EPERM"),
    "semget": (lambda: outcome(libc.semget(0, 1, 0o1600)), "EPERM"),
    "mq_open": (lambda: system_call(240, 180, b"x", 0o102, 0o600, 0), "EPERM"),
    "io_setup": (lambda: system_call(206, 0, 1, 0), "ENOSYS"),
    "io_uring_setup": (lambda: system_call(425, 425, 8, bytes(120)), "ENOSYS"),
    "landlock_create_ruleset": (lambda: system_call(444, 444, 0, 0, 1), "ENOSYS"),
    "vmsplice": (splice_memory, "EINVAL"),
    "sendfile": (send_file, "EINVAL"),
    "SO_ZEROCOPY": (zero_copy, "ENOPROTOOPT"),
    "seccomp listener": (lambda: system_call(317, 277, 1, 8, 0), "EPERM"),
    "add_key": (lambda: system_call(248, 217, b"user", b"x", b"y", 1, -3), "EPERM"),
    "request_key": (lambda: system_call(249, 218, b"user", b"x", 0, 0), "EPERM"),
    "keyctl": (lambda: system_call(250, 219, 0, -3, 1), "EPERM"),
    "ptrace": (traced, "EPERM"),
    "process_vm_readv": (lambda: system_call(310, 270, os.getpid(), 0, 0, 0, 0, 0), "EPERM"),
    "pidfd_getfd": (lambda: system_call(438, 438, os.pidfd_open(os.getpid()), 0, 0), "EPERM"),
    "kcmp": (lambda: system_call(312, 272, os.getpid(), os.getpid(), 0, 0, 0), "EPERM"),
    "userfaultfd": (lambda: system_call(323, 282, 1), "EPERM"),
    "bpf": (lambda: system_call(321, 280, 99, bytes(128), 128), "EPERM"),
    "perf_event_open": (lambda: system_call(298, 241, 0, 0, -1, -1, 0), "EPERM"),
    "fanotify_init": (lambda: system_call(300, 262, 0x200, 0), "EPERM"),
    "name_to_handle_at": (lambda: system_call(303, 264, -100, b"/", 0, 0, 0), "EPERM"),
    "vsock": (lambda: socket_of(40, 1), "EAFNOSUPPORT"),
    "ciphers": (lambda: socket_of(38, 5), "EAFNOSUPPORT"),
    "audit": (lambda: socket_of(16, 3, 9), "EAFNOSUPPORT"),
    "pings": (lambda: socket_of(2, 2, 1), "EPROTONOSUPPORT"),
    "unshare": (lambda: outcome(libc.unshare(0x10000000)), "EPERM"),
    "clone": (namespace_by_clone, "EPERM"),
    "clone3": (lambda: system_call(435, 435, 0, 0), "ENOSYS"),
    "open_tree": (lambda: system_call(428, 428, -100, b"/", 0), "EPERM"),
    "personality": (lambda: outcome(libc.personality(8)), "EPERM"),
    "modify_ldt": (lambda: system_call(154, None, 0, bytes(64), 64), "EPERM"),
    "32-bit code": (foreign_code, "SIGSYS"),
}

def call(it):
    through = []
    for name, (attempt, refusal) in ATTEMPTS.items():
        came = attempt()
        if came is not None and came != refusal:
            through.append("%s: %s" % (name, came))
    thread = threading.Thread(target=lambda: through.append("threads") if os.system("true") else None)
    thread.start()
    thread.join()
    return it.answer(", ".join(through) or "fine")
`,
    },
    promise: async (trial) => answers(await trial.call()),
  },
];
