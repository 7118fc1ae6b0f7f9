/** Checks the folder of mailboxes: whether this process may look into it, and whether each folder in it has a user. */
import { join, relative } from "@std/path";
import { userName } from "../files/accounts.ts";
import { entriesNow, lookAtGivenOrNull, mayEnter } from "../files/look.ts";
import { serverUid } from "../files/server_user.ts";
import { counted } from "../protocol/counted.ts";
import type { UserEntry } from "../providers/users_file.ts";
import { quoted } from "../protocol/quoted.ts";
import type { Finding } from "./finding.ts";

/** What is wrong with the folder itself, so that nobody gets mail from it; null where nothing is. */
export function rootFault(root: string): Finding | null {
  const info = lookAtGivenOrNull(root);
  if (info === null) return fault(root, "the folder of mailboxes is not there", null);
  if (!info.isDirectory) return fault(root, "the folder of mailboxes is not a folder", null);
  if (mayEnter(root)) return null;
  const server = serverUid();
  const who = server === null ? "this user" : `user ${userName(server)}`;
  const owner = info.uid === null ? "" : `; it belongs to ${userName(info.uid)}`;
  const remedy = server === null
    ? null
    : info.uid === server
    ? `chmod u+rwx ${quoted(root)}`
    : `if all mail is to belong to the server's user: chown -R ${server} ${quoted(root)}`;
  return fault(root, `${who} may not enter the folder of mailboxes${owner}`, remedy);
}

/**
 * Warns of what lies below the folder of mailboxes and belongs to nobody in the file: mail of a user whose line is
 * missing, or whose name is written in another way.
 *
 * @param names of users whose lines are bad
 */
export function strayFolders(
  root: string,
  users: readonly UserEntry[],
  names: readonly string[],
): Finding[] {
  const known = new Set<string>();
  const whole = new Set<string>();
  for (const path of [...users.flatMap(placesOf), ...names.map((name) => join(root, name))]) {
    const parts = relative(root, path).split("/");
    if (parts[0] === ".." || parts[0] === "") continue;
    whole.add(parts.join("/"));
    for (let end = 1; end < parts.length; end++) known.add(parts.slice(0, end).join("/"));
  }
  const strays = straysIn(root, "", known, whole);
  const [first] = strays;
  if (first === undefined) return [];
  const byCase = new Map([...whole].map((path) => [path.toLowerCase(), path]));
  const alike = strays.find((path) => byCase.has(path.toLowerCase()));
  const other = alike === undefined ? undefined : byCase.get(alike.toLowerCase());
  return [
    warning(
      root,
      `it holds mail of nobody in the users file: ${counted(strays.length, "name")}, ` +
        `such as ${JSON.stringify(first)}`,
      null,
    ),
    ...(alike === undefined || other === undefined ? [] : [
      warning(
        root,
        `${JSON.stringify(alike)} and the mailbox ${JSON.stringify(other)} of a user differ ` +
          "in case only: mail may be delivered to the one and read from the other",
        lookAtGivenOrNull(join(root, other)) === null
          ? `mv ${quoted(join(root, alike))} ${quoted(join(root, other))}`
          : null,
      ),
    ]),
  ];
}

function placesOf({ mailbox, home, rootPath }: UserEntry): string[] {
  return [mailbox?.path ?? null, home, rootPath].filter((path) => path !== null);
}

/** What is neither a mailbox nor on the way to one. Hidden names and locks are no mail. */
function straysIn(
  root: string,
  below: string,
  known: ReadonlySet<string>,
  whole: ReadonlySet<string>,
): string[] {
  return entriesNow(join(root, below)).flatMap(({ name }) => {
    const path = below === "" ? name : `${below}/${name}`;
    if (whole.has(path) || /^\.|\.lock$|^lost\+found$/.test(name)) return [];
    return known.has(path) ? straysIn(root, path, known, whole) : [path];
  }).toSorted();
}

function fault(path: string, text: string, remedy: string | null): Finding {
  return { severity: "fault", concerns: { type: "file", path }, text, remedy };
}

function warning(path: string, text: string, remedy: string | null): Finding {
  return { severity: "warning", concerns: { type: "file", path }, text, remedy };
}
