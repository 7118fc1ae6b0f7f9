"""Mounts a read-only view of a folder by FUSE, where each request takes some time. Needs /dev/fuse and root.

usage: slow_mount.py SOURCE MOUNT_POINT

It reads from its standard input the milliseconds that each request takes; "hang", and none is answered; or "tell", to
wait for a request. It prints a line when that is done, and unmounts at the end of its input.
"""
import ctypes, errno, os, stat, struct, sys, threading, time

source, target = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
delay = 0.0
# Guards what follows, and wakes requests that hang.
changed = threading.Condition()
hangs = False
interrupted = set()
asked = threading.Event()
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
if libc.mount(b"slow", target.encode(), b"fuse", 0, options.encode()) != 0:
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")

paths, ids, handles = {1: source}, {source: 1}, {}
lock = threading.Lock()

def attr(st, node):
    return struct.pack("<QQQQQQIIIIIIIIII", st.st_ino, st.st_size, st.st_blocks, int(st.st_atime), int(st.st_mtime),
        int(st.st_ctime), st.st_atime_ns % 10**9, st.st_mtime_ns % 10**9, st.st_ctime_ns % 10**9, st.st_mode, st.st_nlink,
        st.st_uid, st.st_gid, 0, 4096, 0)

def answer(op, node, body):
    path = paths[node]
    if op == 1:  # LOOKUP
        child = os.path.join(path, os.fsdecode(body.rstrip(b"\0")))
        st = os.lstat(child)
        with lock:
            node = ids.setdefault(child, len(ids) + 1)
            paths[node] = child
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + attr(st, node)
    if op == 3:  # GETATTR
        return struct.pack("<QII", 0, 0, 0) + attr(os.lstat(path), node)
    if op in (14, 27):  # OPEN, OPENDIR
        if op == 14:
            handle = os.open(path, os.O_RDONLY)
        else:
            handle = -1
        with lock:
            handles[len(handles) + 1] = handle
            number = len(handles)
        return struct.pack("<QII", number, 1, 0)  # FOPEN_DIRECT_IO: nothing is cached
    if op == 15:  # READ
        number, offset, size = struct.unpack_from("<QQI", body)
        return os.pread(handles[number], size, offset)
    if op == 28:  # READDIR
        number, offset, size = struct.unpack_from("<QQI", body)
        out = b""
        for at, name in list(enumerate([".", ".."] + sorted(os.listdir(path))))[offset:]:
            st = os.lstat(os.path.join(path, name))
            raw = os.fsencode(name)
            entry = struct.pack("<QQII", st.st_ino, at + 1, len(raw), stat.S_IFMT(st.st_mode) >> 12) + raw
            entry += b"\0" * (-len(entry) % 8)
            if len(out) + len(entry) > size: break
            out += entry
        return out
    if op in (18, 29):  # RELEASE, RELEASEDIR
        return b""
    raise OSError(errno.ENOSYS if op not in (9, 13, 12, 8, 10, 11, 35) else errno.EROFS, "")

def serve(request):
    length, op, unique, node = struct.unpack_from("<IIQQ", request)
    body = request[40:]
    if op in (2, 42): return  # FORGET, BATCH_FORGET
    if op == 36:  # INTERRUPT: the process that asked is being killed, and the kernel waits for an answer.
        with changed:
            interrupted.add(struct.unpack("<Q", body)[0])
            changed.notify_all()
        return
    if op == 26:  # INIT
        payload = struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 64, 48, 65536, 1, 32, 0, 0) + b"\0" * 24
        reply(unique, 0, payload); return

    time.sleep(delay)
    with changed:
        if hangs: asked.set()
        changed.wait_for(lambda: not hangs or unique in interrupted)
        if unique in interrupted: return reply(unique, -errno.EINTR, b"")
    try: reply(unique, 0, answer(op, node, body))
    except OSError as error: reply(unique, -error.errno, b"")

def reply(unique, error, payload):
    try: os.write(fd, struct.pack("<IiQ", 16 + len(payload), error, unique) + payload)
    except OSError: pass

def loop():
    while True:
        try: request = os.read(fd, 1 << 18)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT): continue
            os._exit(0)
        threading.Thread(target=serve, args=(request,), daemon=True).start()

threading.Thread(target=loop, daemon=True).start()
print("mounted", flush=True)
for line in sys.stdin:
    word = line.strip()
    if word == "hang":
        asked.clear()
        hangs = True
    elif word == "tell":
        asked.wait()
    else:
        delay = float(word) / 1000
        with changed:
            hangs = False
            changed.notify_all()
    print("set", flush=True)
libc.umount2(target.encode(), 2)
os._exit(0)
