import type { Inspection } from "../inspection.ts";
import { denoFileSystem } from "../files/file_system.ts";
import { indexMbox } from "./mbox_index.ts";
import { leftoversOf } from "./rewrite_mbox.ts";

export async function inspectMbox(path: string): Promise<Inspection> {
  const index = await indexMbox(path);
  if (index === null) throw new Error("another program is writing it; try again");
  const messages = [...index.messages.values()];
  const leftovers = await leftoversOf(denoFileSystem, path);
  return {
    messages: messages.length,
    octets: messages.reduce((sum, { octets }) => sum + octets, 0),
    derived: [],
    unsettled: 0,
    leftovers: leftovers.map((name) => `${name} will be removed when the mailbox is next opened`),
    faults: [],
    warnings: [],
  };
}
