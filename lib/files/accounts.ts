/** The users and groups that the files of the system name. Others, such as those of LDAP, are not in these files. */
import { linesOf } from "./given_text.ts";
import { readGivenText } from "./read_whole.ts";

/** The lines of /etc/passwd or /etc/group, as fields; none where the file cannot be read. */
export function accountsIn(file: "/etc/passwd" | "/etc/group"): readonly (readonly string[])[] {
  // Deno would ask on a terminal.
  if (Deno.permissions.querySync({ name: "read", path: file }).state !== "granted") return [];
  try {
    return linesOf(readGivenText(file)).filter((line) => line !== "").map((line) =>
      line.split(":")
    );
  } catch {
    return [];
  }
}

/** The name of a user, such as `vmail`; the number where no name is known. */
export function userName(uid: number): string {
  const found = accountsIn("/etc/passwd").find((fields) => fields[2] === String(uid));
  return found?.[0] || String(uid);
}
