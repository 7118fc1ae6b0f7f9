/**
 * Plays every transcript below `tests/transcripts` in six ways: against the session alone, byte by byte,
 * in one packet, over loopback, and over TLS by both engines. One that needs a certificate is played over loopback, one of a client
 * on another machine not over TLS. A new file needs no code.
 */
import { fromFileUrl, join } from "@std/path";
import { parseTranscript } from "../lib/testing/parse_transcript.ts";
import type { Transcript, TranscriptStep } from "../lib/testing/transcript.ts";
import { playTranscript } from "../lib/testing/play_transcript.ts";
import {
  byteByByte,
  inMemory,
  overDenoTls,
  overLoopback,
  overNodeTls,
  sessionAlone,
} from "./transcript_peers.ts";

const folder = fromFileUrl(new URL("transcripts", import.meta.url));

for (const group of namesIn(folder)) {
  for (const name of namesIn(join(folder, group))) {
    const transcript = parseTranscript(
      Deno.readTextFileSync(join(folder, group, name)),
    );
    Deno.test(`transcript ${group}/${name}`, async (test) => {
      if (!transcript.hasCertificate) {
        await test.step("session alone", () => playTranscript(transcript, sessionAlone));
        await test.step("byte by byte", () => playTranscript(transcript, byteByByte));
        await test.step("in one packet", () => playTranscript(inOnePacket(transcript), inMemory));
      }
      await test.step("over loopback", () => playTranscript(transcript, overLoopback));
      if (!transcript.hasCertificate && !transcript.isRemote) {
        await test.step("over TLS by node", () => playTranscript(transcript, overNodeTls));
        await test.step("over TLS by deno", () => playTranscript(transcript, overDenoTls));
      }
    });
  }
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** The same conversation, with all commands of a connection sent before the first reply is read. */
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
