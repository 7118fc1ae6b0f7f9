/** What the administrator should know about a mailbox of files, for `check`. */
import { join } from "@std/path";
import { lookNow } from "../../files/look.ts";
import { serverUid } from "../../files/server_user.ts";
import { quoted } from "../../protocol/quoted.ts";
import type { Inspection, InspectionProgress } from "../inspection.ts";
import { describeLeftOut } from "../left_out.ts";
import type { Reports } from "../reports.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { counted } from "../../protocol/counted.ts";
import { measureFiles } from "./measure_files.ts";
import type { MeasuredFile } from "./measured_file.ts";
import { brokenOffDeletions } from "./deletions.ts";
import type { Snapshot } from "./shared_snapshot.ts";
import { isDerivedUniqueId } from "./unique_id_of_name.ts";

/** Reads every message of a snapshot; writes nothing. */
export async function inspectFiles(
  folder: MailboxFolder,
  { messages, leftOut, unsettled }: Snapshot,
  reports: Reports,
  progress: InspectionProgress,
): Promise<Inspection> {
  const unreadable: string[] = [];
  const denied: string[] = [];
  const wrongSizes: string[] = [];
  const mboxes: string[] = [];
  let octets = 0;
  let done = 0;
  await measureFiles(folder, messages.values(), ({ path }, measurement) => {
    progress(++done, messages.size);
    if (measurement.type === "measured") {
      octets += measurement.measured.octets;
      if (measurement.measured.isMbox === true) mboxes.push(path);
      if (hasWrongSize(path, measurement.measured)) wrongSizes.push(path);
    }
    if (measurement.type === "unreadable") {
      const { error } = measurement;
      if (error instanceof Deno.errors.PermissionDenied) denied.push(path);
      else unreadable.push(`${path}: ${textOf(error)}`);
    }
  });
  const derived = [...messages.values()].filter(({ uniqueId }) => isDerivedUniqueId(uniqueId));
  const brokenOff = await brokenOffDeletions(folder);
  return {
    messages: messages.size,
    octets,
    derived: derived.map(({ uniqueId, path }) => `${uniqueId} for ${JSON.stringify(path)}`),
    unsettled,
    leftovers: brokenOff.map(({ name, outcome }) =>
      `${name} will be ${outcome} when the mailbox is next opened`
    ),
    faults: [
      ...reports.texts,
      ...leftOut.files().filter(({ isFault }) => isFault).map((files) =>
        describeLeftOut(files, folder.path)
      ),
      ...mboxes.map((path) =>
        `${path} is an mbox with several messages, served as one that cannot be deleted: serve it with --format mbox and its own path`
      ),
      ...unreadable.map((text) => `cannot be read: ${text}`),
      ...deniedFault(folder, denied),
    ],
    warnings: [
      ...leftOut.files().filter(({ isFault }) => !isFault).map((files) =>
        describeLeftOut(files, folder.path)
      ),
      ...(wrongSizes.length === 0 ? [] : [
        `wrong size (,S= or ,W=) in a name, which other programs may believe: ` +
        `${counted(wrongSizes.length, "name")}, such as ${JSON.stringify(wrongSizes[0])}`,
      ]),
    ],
  };
}

/** The messages that this process may not read, in one text with what to type. */
function deniedFault({ path, owner }: MailboxFolder, denied: readonly string[]): string[] {
  const [first] = denied;
  if (first === undefined) return [];
  const server = serverUid();
  const message = join(path, first);
  const uid = lookNow(message)?.uid ?? null;
  const all = denied.length > 1;
  const what = quoted(all ? path : message);
  const recursive = all ? "-R " : "";
  const remedy = owner !== null
    ? "the server needs CAP_DAC_OVERRIDE, as docs/operations/system-users.md says"
    : uid !== server
    ? `type: chown ${recursive}${server ?? "USER"} ${what}`
    : `type: chmod ${recursive}${all ? "u+rwX" : "u+r"} ${what}`;
  return [
    `cannot be read: ${counted(denied.length, "message")}, such as ${JSON.stringify(first)}: ` +
    `permission denied; ${remedy}`,
  ];
}

/** Whether the name gives a wrong size: of the file (`,S=`), or of the message as sent (`,W=`). */
function hasWrongSize(path: string, { identity, octets }: MeasuredFile): boolean {
  const told = (key: string) => new RegExp(`,${key}=(\\d{1,15})(?![^,:;])`).exec(path)?.[1];
  const [size, sent] = [told("S"), told("W")];
  return size !== undefined && Number(size) !== identity.size ||
    sent !== undefined && Number(sent) !== octets;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
