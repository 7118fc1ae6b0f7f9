/** What the library promises: a name that comes or goes shows here. */
import { assertEquals } from "@std/assert";
import * as library from "../lib/mod.ts";
import * as testing from "../lib/testing/mod.ts";

Deno.test("the exported names", () => {
  assertEquals(Object.keys(library).sort(), [
    "MemoryMailbox",
    "Pop3Listener",
    "Pop3ResponseError",
    "SingleUserProvider",
    "StrikeBanEngine",
    "UsersFileProvider",
    "certificateFiles",
    "folderMailbox",
    "maildirMailbox",
    "mboxMailbox",
    "nullProvider",
  ]);
  assertEquals(Object.keys(testing).sort(), [
    "MemoryMailbox",
    "Pop3Client",
    "ServerClosedError",
    "faultyProvider",
    "parseFaultPlan",
    "parseTranscript",
    "playTranscript",
    "testConnectionInfo",
    "testMailbox",
  ]);
});
