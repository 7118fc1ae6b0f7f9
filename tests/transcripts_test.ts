/**
 * Plays every transcript below `tests/transcripts` in five ways: against the session alone, byte by byte,
 * in one packet, over loopback, and over TLS. One that needs a certificate is played over loopback, one of a client
 * on another machine not over TLS. A new file needs no code.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { StrikeBanEngine } from "../lib/guard/ban_engine.ts";
import {
  parseTranscript,
  type Transcript,
  type TranscriptStep,
} from "../lib/testing/transcript.ts";
import { TranscriptMaildrop } from "./transcript_maildrop.ts";
import {
  byteByByte,
  inMemory,
  type OpenPeer,
  overLoopback,
  overTls,
  sessionAlone,
  type TranscriptPeer,
} from "./transcript_peers.ts";

const folder = fromFileUrl(new URL("transcripts", import.meta.url));

for (const group of namesIn(folder)) {
  for (const name of namesIn(join(folder, group))) {
    const transcript = parseTranscript(
      Deno.readTextFileSync(join(folder, group, name)),
    );
    Deno.test(`transcript ${group}/${name}`, async (test) => {
      if (!transcript.hasCertificate) {
        await test.step("session alone", () => play(transcript, sessionAlone));
        await test.step("byte by byte", () => play(transcript, byteByByte));
        await test.step("in one packet", () => play(inOnePacket(transcript), inMemory));
      }
      await test.step("over loopback", () => play(transcript, overLoopback));
      if (!transcript.hasCertificate && !transcript.isRemote) {
        await test.step("over TLS", () => play(transcript, overTls));
      }
    });
  }
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

async function play(transcript: Transcript, open: OpenPeer): Promise<void> {
  const maildrop = new TranscriptMaildrop(transcript);
  const banEngine = new StrikeBanEngine();
  let peer: TranscriptPeer | null = null;
  let conversation = "";
  try {
    for (const step of transcript.steps) {
      if (maildrop.happens(step)) continue;
      if (step.type === "connect") {
        await peer?.[Symbol.asyncDispose]();
        peer = await open({ ...transcript, provider: maildrop.provider, banEngine });
      } else if (peer === null) {
        throw new Error("A transcript begins with CONNECT or LOGIN");
      } else if (step.type === "start-tls") {
        await peer.startTls();
      } else if (step.type === "send") {
        await peer.send(step.octets);
      } else if (step.type === "expect" || step.type === "closed") {
        conversation += `S: ${await expect(peer, step, conversation)}\n`;
      }
    }
    await peer?.endSending();
    assertEquals(
      await peer?.readLine(),
      null,
      "The server said more than the transcript",
    );
  } finally {
    await peer?.[Symbol.asyncDispose]();
  }
}

async function expect(
  peer: TranscriptPeer,
  step: Extract<TranscriptStep, { type: "expect" | "closed" }>,
  before: string,
): Promise<string | null> {
  const line = await peer.readLine();
  if (step.type === "closed") {
    assertEquals(line, null, `Not closed behind:\n${before}`);
  } else {
    const compared = step.isPrefix ? line?.slice(0, step.line.length) : line;
    assertEquals(compared, step.line, `Not as expected behind:\n${before}`);
  }
  return line;
}

/** The same conversation with all commands of one connection sent before the first reply is read. */
function inOnePacket(transcript: Transcript): Transcript {
  const steps: TranscriptStep[] = [];
  let replies: TranscriptStep[] = [];
  let octets: number[] = [];
  const close = () => {
    if (octets.length > 0) {
      steps.push({ type: "send", octets: new Uint8Array(octets) });
    }
    steps.push(...replies);
    replies = [];
    octets = [];
  };
  for (const step of transcript.steps) {
    if (step.type === "send") {
      for (const octet of step.octets) octets.push(octet);
    } else if (step.type === "expect") {
      replies.push(step);
    } else {
      close();
      steps.push(step);
    }
  }
  close();
  return { ...transcript, steps };
}
