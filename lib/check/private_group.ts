/** Whether a group has only one member, so that what the group may do, this user alone may do. */
import { readGivenText } from "../files/read_whole.ts";
import { linesOf } from "../files/given_text.ts";

/** Whether the group has this member and no other, as far as the files of the system say. */
export function isGroupOfOne(gid: number, member: number): boolean {
  const users = entriesOf("/etc/passwd");
  const [, , , names = ""] = entriesOf("/etc/group").find((group) => group[2] === String(gid)) ??
    [];
  const members = users.filter(([name = "", , , primary]) =>
    primary === String(gid) || names.split(",").includes(name)
  );
  return members.length > 0 && members.every(([, , uid]) => uid === String(member));
}

function entriesOf(file: string): readonly (readonly string[])[] {
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
