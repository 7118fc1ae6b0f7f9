/**
 * A process that holds a server and a client that deletes the set. It kills itself before the n-th file-system call of
 * QUIT. Arguments: KIND PATH N.
 */
import { Pop3Listener } from "../../lib/listener/pop3_listener.ts";
import { denoFileSystem } from "../../lib/files/file_system.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { providerOf } from "../transcript_peers.ts";
import { countedFileSystem } from "./counted_file_system.ts";
import { doomedOf, kinds, openMailbox } from "./filled_mailbox.ts";

const [name, path = "", n] = Deno.args;
const kind = kinds.find((candidate) => candidate === name) ?? "folder";
let isArmed = false;
let armedCalls = 0;
const files = countedFileSystem(denoFileSystem, () => {
  if (isArmed && ++armedCalls === Number(n)) Deno.kill(Deno.pid, "SIGKILL");
});
await using pop3 = new Pop3Listener({ provider: providerOf(openMailbox(kind, path, files)) });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
using client = await LoopbackClient.connect(port);
await client.logIn();
await client.command("UIDL");
const doomed = doomedOf(kind);
for (const line of await client.readLines()) {
  const [number, uniqueId = ""] = line.split(" ");
  if (doomed.includes(uniqueId)) await client.command(`DELE ${number}`);
}
isArmed = true;
await client.command("QUIT");
