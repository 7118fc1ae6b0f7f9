/** Where a listener listens, and how the connections there begin. */
import {
  flag,
  given,
  required,
  type SettingsTable,
  text,
  wholeNumber,
} from "../settings/setting.ts";

/** How the connections of a socket begin. */
export interface ServeOptions {
  /** Whether clients begin with a TLS handshake (RFC 8314 section 3). It needs a certificate. False by default. */
  readonly tls?: boolean;
  /**
   * Networks (`192.0.2.0/24`, `2001:db8::7`) whose connections begin with a header of the PROXY protocol, before
   * TLS. Limits, bans, events and the provider use the client's address in it. None by default.
   */
  readonly trustedProxies?: readonly string[];
}

/** Where to listen. */
export interface ListenOptions extends ServeOptions {
  /** The address of this machine to listen on: `127.0.0.1`, the default, `0.0.0.0`, `::`. */
  readonly hostname?: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
  /**
   * Whether other processes may listen on the same port, if they set this, too: the system divides the connections
   * among them, so that a restart loses none. Linux only. The program needs `"unstable": ["net"]` in its deno.json, or
   * Deno ends it. False by default.
   */
  readonly reusePort?: boolean;
}

/** How a listener stops. */
export interface StopOptions {
  /** Seconds for which sessions may go on before they are ended; no new ones begin. 0 by default. */
  readonly drain?: number;
}

const trustedProxies = given(
  "an array of addresses and networks, such as 192.0.2.0/24",
  (value): value is readonly string[] =>
    Array.isArray(value) && value.every((each) => typeof each === "string"),
  [],
);

export const serveSettings: SettingsTable<Required<ServeOptions>> = {
  tls: flag(false),
  trustedProxies,
};

export const listenSettings: SettingsTable<Required<ListenOptions>> = {
  ...serveSettings,
  hostname: text(/./, "an address of this machine", "127.0.0.1"),
  port: required(wholeNumber(0, 65_535, 0)),
  reusePort: flag(false),
};
