/** How many connections a listener may have. Each limit is read at each connection. */
import { type SettingsTable, wholeNumber } from "../settings/setting.ts";

/** The limits of a listener. */
export interface LimitSettings {
  /** Connections at the same time. For one more, the oldest that has not logged in is closed. 10000 by default. */
  maxConnections: number;
  /**
   * Connections at the same time from one IPv4 address, or one IPv6 /64; a /56 may have four times, a /48 sixteen times
   * that. 100 by default.
   */
  maxConnectionsPerIp: number;
  /** New connections in a second from one IPv4 address, or one IPv6 /64; this machine has no limit. 50 by default. */
  maxConnectionRatePerIp: number;
}

export const limitSettings: SettingsTable<LimitSettings> = {
  maxConnections: wholeNumber(1, 1_000_000, 10_000),
  maxConnectionsPerIp: wholeNumber(1, 1_000_000, 100),
  maxConnectionRatePerIp: wholeNumber(1, 1_000_000, 50),
};
