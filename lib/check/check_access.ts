/**
 * Warns when others could get the server's secrets or rights: it runs as root, or other users can read or change its
 * files of secrets. The server still works, and there may be reasons for it. Windows has neither modes nor a root.
 */
import { lookAtGivenOrNull } from "../files/look.ts";
import { readGivenText } from "../files/read_whole.ts";
import { serverUid } from "../files/server_user.ts";
import { quoted } from "../protocol/quoted.ts";
import type { Finding } from "./finding.ts";
import { isGroupOfOne } from "./private_group.ts";

/** The files that hold secrets; null for one that is not there. */
export interface SecretFiles {
  readonly users: string | null;
  readonly passwordFile: string | null;
  readonly key: string | null;
  /** The file of options. It is secret only if it holds the URL of a database with a password. */
  readonly config?: string | null;
  /** The certificate. It is secret only if the file holds the private key, too. */
  readonly cert: string | null;
}

const GROUP_READS = 0o040;

const OTHERS_MAY = [
  [0o002, "every user of this machine can change it"],
  [0o004, "every user of this machine can read it"],
  [0o020, "its group can change it"],
  [GROUP_READS, "its group can read it"],
] as const;

/** @param user the uid of the process; null where there is none (Windows) */
export function checkAccess(
  files: SecretFiles,
  user: number | null = serverUid(),
): readonly Finding[] {
  if (user === null) return [];
  return [...(user === 0 ? [asRoot] : []), ...checkSecrets(files, user)];
}

/**
 * The part that is about files.
 *
 * @param user the uid of the server; "unknown" for a check by root, who may read what the server may not; null where
 * there is none
 */
export function checkSecrets(
  { users, passwordFile, key, cert, config = null }: SecretFiles,
  user: number | "unknown" | null,
): readonly Finding[] {
  if (user === null) return [];
  const secrets = new Set([
    ...[users, passwordFile, key],
    holds(cert, /PRIVATE KEY-----/) ? cert : null,
    holds(config, /postgres(ql)?:\/\/[^/"]*:[^"]*@/) ? config : null,
  ]);
  return [...secrets].flatMap((path) => path === null ? [] : warningOf(path, user));
}

const asRoot: Finding = {
  severity: "warning",
  concerns: { type: "server" },
  text: "the server runs as root, so that a fault in it can harm the whole machine",
  remedy: "give it its own user: User= in the unit, --user of the container, sudo -u NAME",
};

function warningOf(path: string, user: number | "unknown"): Finding[] {
  const info = lookAtGivenOrNull(path);
  if (info === null || info.mode === null) return [];
  const { mode, uid, gid } = info;
  // In the group root there is only root. systemd's credentials belong to it, and their mode shows the mask of an ACL.
  const others = gid === 0 ? mode & 0o026 : mode & 0o066;
  const found = OTHERS_MAY.find(([bit]) => (others & bit) !== 0);
  if (found === undefined) return [];
  const [bit, text] = found;
  // A group may be how the server reads the file, and who is in it.
  if (bit === GROUP_READS && (user === "unknown" || gid !== null && isGroupOfOne(gid, user))) {
    return [];
  }
  const remedy = remedyFor(quoted(path), uid, user);
  return [{ severity: "warning", concerns: { type: "file", path }, text, remedy }];
}

/** What closes the file for others, and leaves it open for the server. */
function remedyFor(name: string, owner: number | null, user: number | "unknown"): string {
  if (user === "unknown") {
    return `with the group of the server's user as GROUP: chown root:GROUP ${name} && chmod 640 ${name}`;
  }
  // If the server reads the file only as a member of its group, the new mode alone would take that away.
  const own = user === 0 || owner === user ? "" : `chown ${user} ${name} && `;
  return `${own}chmod 600 ${name}`;
}

function holds(path: string | null, secret: RegExp): boolean {
  try {
    return path !== null && secret.test(readGivenText(path));
  } catch {
    return false;
  }
}
