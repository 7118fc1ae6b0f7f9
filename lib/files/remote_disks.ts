/**
 * Finds the disks whose answers come from elsewhere, and so may never come: of the network, of FUSE, of the host of a
 * virtual machine, and of an automounter, which mounts at the first look. A call to a host takes longer than the 40 µs that
 * another thread costs, so mail below `/mnt/c` of WSL or in a container on a Mac is not much slower for it.
 */

const REMOTE = new RegExp(
  `^(${
    [
      "nfs\\d?|cifs|smb\\d?|ceph|afs|coda|lustre|beegfs|glusterfs|gfs2|gpfs|ocfs2|orangefs",
      "fuse|fuse\\..*",
      "9p|virtiofs|vboxsf|vmhgfs|prl_fs",
      "autofs",
    ].join("|")
  })$`,
);

const LIST = "/proc/self/mountinfo";

/**
 * By mount point, the `dev` of each. It touches no mount. Null where the system has no list of mounts, or this process may
 * not read it: Deno needs all permissions for that, and must not ask for one while mail is served.
 */
export function remoteDisks(): ReadonlyMap<string, number> | null {
  try {
    const { state } = Deno.permissions.querySync({ name: "read", path: LIST });
    return state === "granted" ? remoteDisksIn(Deno.readTextFileSync(LIST)) : null;
  } catch {
    return null;
  }
}

/** Reads such a list: proc_pid_mountinfo(5) describes it. */
export function remoteDisksIn(list: string): ReadonlyMap<string, number> {
  const disks = new Map<string, number>();
  for (const line of list.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    if (!REMOTE.test(source.split(" ", 1).join(""))) continue;
    const [, , numbers = "", , path = ""] = mount.split(" ");
    const [major = 0, minor = 0] = numbers.split(":").map(Number);
    // As `stat` has it: the low 8 bits of the minor number are the lowest.
    const dev = minor % 256 + major % 4_096 * 256 + Math.floor(minor / 256) * 2 ** 20;
    const octal = (_: string, digits: string) => String.fromCharCode(parseInt(digits, 8));
    disks.set(path.replaceAll(/\\([0-7]{3})/g, octal), dev);
  }
  return disks;
}
