/** What a connection needs besides its transport and its session, and why the server may end it. */
import type { Happening } from "../events/events.ts";
import type { Reply } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/session_info.ts";
import type { Handshake } from "../transport/transport.ts";
import type { PeerLimits } from "./peer_timer.ts";

export interface ConnectionOptions extends PeerLimits {
  readonly info: SessionInfo;
  readonly emit: (event: Happening) => void;
  /** Sees every reply, and returns the one that is sent. */
  readonly showReply: (reply: Reply) => Reply;
  /** Takes the transport over into TLS. */
  readonly startTls: Handshake;
  /** Whether the client begins with a TLS handshake (RFC 8314 section 3). */
  readonly isImplicitTls: boolean;
}

/** Why the server ends a connection, whatever it is doing. */
export type CutReason =
  | "login-timeout"
  | "idle-timeout"
  | "max-connections"
  | "stop"
  | "disconnect";

/** What the signal of the provider says of it. */
export const SAID: Readonly<Record<CutReason, string>> = {
  "login-timeout": "the client did not log in in time",
  "idle-timeout": "the client was silent for too long",
  "max-connections": "another connection took its place",
  "stop": "the listener stops",
  "disconnect": "the client has gone",
};
