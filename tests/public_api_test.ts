/** What the library promises: a name that comes or goes, a type too, shows here. */
import { assertEquals } from "@std/assert";

/** The exported names of a module. */
function namesIn(path: string): string[] {
  const source = Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
  const lists = source.matchAll(/^export (?:type )?\{([^}]*)\} from/gm);
  return [...lists]
    .flatMap(([, list = ""]) => list.split(","))
    .map((name) => name.replace(/^\s*(type )?/, "").trim())
    .filter((name) => name !== "")
    .sort();
}

Deno.test("the exported names of lib/mod.ts", () => {
  assertEquals(namesIn("lib/mod.ts"), [
    "Acceptor",
    "Awaitable",
    "BadLine",
    "BanEngine",
    "Certificate",
    "CertificateEvent",
    "CertificateSource",
    "Clock",
    "CloseEvent",
    "CloseReason",
    "CommandEvent",
    "ConnectEvent",
    "ConnectionInfo",
    "DeleteEvent",
    "DeletePolicy",
    "ErrorEvent",
    "FaultName",
    "FaultPlace",
    "FaultPlan",
    "FaultRule",
    "FaultsEvent",
    "FileMailboxOptions",
    "HashWorkersOptions",
    "LimitReached",
    "ListenOptions",
    "LoginEvent",
    "LoginFailedEvent",
    "LogoutEvent",
    "Mailbox",
    "MailboxProvider",
    "MboxMailboxOptions",
    "MemoryMailbox",
    "MemoryMailboxOptions",
    "MessageBody",
    "MessageContent",
    "MessageLines",
    "NewMessageEvent",
    "Pop3Event",
    "Pop3Events",
    "Pop3Listener",
    "Pop3ListenerOptions",
    "Pop3ResponseError",
    "Pop3ResponseErrorOptions",
    "ProviderRule",
    "RefuseEvent",
    "ScramVerifier",
    "SecureEvent",
    "ServeOptions",
    "SingleUserOptions",
    "SingleUserProvider",
    "SleepEvent",
    "StrikeBanEngine",
    "StrikeBanEngineOptions",
    "TlsFacts",
    "UserSecret",
    "UserSecrets",
    "UsersFileOptions",
    "UsersFileProvider",
    "WakeEvent",
    "WarningEvent",
    "certificateFiles",
    "folderMailbox",
    "maildirMailbox",
    "mboxMailbox",
    "nullProvider",
  ]);
});

Deno.test("the exported names of lib/testing/mod.ts", () => {
  assertEquals(namesIn("lib/testing/mod.ts"), [
    "Awaitable",
    "ClientReply",
    "ConnectionInfo",
    "FaultName",
    "FaultPlace",
    "FaultPlan",
    "FaultRule",
    "Mailbox",
    "MailboxConformance",
    "MailboxFixture",
    "MemoryMailbox",
    "MemoryMailboxOptions",
    "MessageBody",
    "MessageContent",
    "MessageLines",
    "OpenTranscriptPeer",
    "Pop3Client",
    "Pop3ClientOptions",
    "ServerClosedError",
    "Transcript",
    "TranscriptOptions",
    "TranscriptPeer",
    "TranscriptScene",
    "TranscriptStep",
    "faultyProvider",
    "parseFaultPlan",
    "parseTranscript",
    "playTranscript",
    "testConnectionInfo",
    "testMailbox",
  ]);
});
