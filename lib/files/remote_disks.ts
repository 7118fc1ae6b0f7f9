/** Finds the disks whose answers come from elsewhere, and so may never come: of the network, and of FUSE. */

const REMOTE = /^(nfs\d?|cifs|smb\d?|fuse|fuse\..*|ceph|afs|lustre)$/;

const LIST = "/proc/self/mountinfo";

/**
 * By mount point, the `dev` of each. It touches no mount. None where the system has no list of mounts, or this process may
 * not read it: Deno needs all permissions for that, and must not ask for one while mail is served.
 */
export function remoteDisks(): ReadonlyMap<string, number> {
  try {
    const { state } = Deno.permissions.querySync({ name: "read", path: LIST });
    return state === "granted" ? remoteDisksIn(Deno.readTextFileSync(LIST)) : new Map();
  } catch {
    return new Map();
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
