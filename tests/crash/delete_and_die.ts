/** Deletes the set in a process of its own, which kills itself in front of the n-th call: KIND PATH N. */
import { denoFileSystem } from "../../lib/mailbox/files/file_system.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { countedFileSystem } from "./counted_file_system.ts";
import { doomedOf, kinds, openMailbox } from "./filled_mailbox.ts";

const [name, path = "", n] = Deno.args;
const kind = kinds.find((candidate) => candidate === name) ?? "folder";
let isArmed = false;
let armedCalls = 0;
const files = countedFileSystem(denoFileSystem, () => {
  if (isArmed && ++armedCalls === Number(n)) Deno.kill(Deno.pid, "SIGKILL");
});
const mailbox = openMailbox(kind, path, files);
const info = testConnectionInfo();
await mailbox.listMessageUniqueIds(info);
isArmed = true;
await mailbox.messageDelete(info, doomedOf(kind));
