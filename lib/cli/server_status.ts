/** The status of a running server, as JSON and as text. */
import { type Ban, cut, type ListenerStatus, printable } from "../program.ts";

/** The status of a server. In JSON, a Date is a string. */
export interface ServerStatus extends ListenerStatus {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly memoryOctets: number;
  readonly bans: readonly Ban[];
}

/** The status as lines of text. It makes names printable, since users, mailboxes and certificates may have any names. */
export function statusText(status: ServerStatus, now: Date): string {
  const { connections: { authorization, transaction, asleep }, certificate } = status;
  const mailboxes = Object.entries(status.mailboxes)
    .map(([name, sessions]) => `${cut(name)} (${sessions})`);
  return [
    status.version,
    `up ${spanText(status.uptimeSeconds)}, ${Math.round(status.memoryOctets / 2 ** 20)} MB`,
    ...status.ports.map(({ hostname, port, tls }) => {
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      return `listening on ${tls ? "pop3s" : "pop3"}://${host}:${port}`;
    }),
    certificate === null
      ? "no certificate"
      : certificateText(certificate.subject, new Date(certificate.validTo), now),
    ...rejectedText(certificate),
    `connections: ${authorization} not logged in, ${transaction} logged in, ${asleep} asleep`,
    `mailboxes in use: ${mailboxes.join(", ") || "none"}`,
    `bans: ${status.bans.length || "none"}`,
    ...status.bans.map(({ address, seconds }) => `  ${address}, for ${spanText(seconds)} more`),
  ].map(printable).join("\n");
}

function rejectedText(certificate: ServerStatus["certificate"]): readonly string[] {
  const rejected = certificate?.rejected ?? null;
  if (rejected === null) return [];
  const since = new Date(rejected.since).toISOString();
  return [`a newer certificate is NOT USED since ${since}: ${cut(rejected.reason)}`];
}

function certificateText(subject: string, validTo: Date, now: Date): string {
  const left = (validTo.getTime() - now.getTime()) / 1_000;
  const until = validTo.toISOString().slice(0, 10);
  if (left < 0) return `certificate ${subject} EXPIRED on ${until}`;
  return `certificate ${subject} until ${until}, ${spanText(left)} more`;
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
