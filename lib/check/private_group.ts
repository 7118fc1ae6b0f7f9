/** Whether a group has only one member, so that what the group may do, this user alone may do. */
import { accountsIn } from "../files/accounts.ts";

/** Whether the group has this member and no other, as far as the files of the system say. */
export function isGroupOfOne(gid: number, member: number): boolean {
  const users = accountsIn("/etc/passwd");
  const [, , , names = ""] = accountsIn("/etc/group").find((group) => group[2] === String(gid)) ??
    [];
  const members = users.filter(([name = "", , , primary]) =>
    primary === String(gid) || names.split(",").includes(name)
  );
  return members.length > 0 && members.every(([, , uid]) => uid === String(member));
}
