/** How long a connection may wait for its client, in seconds. Each is read when its time begins. */
import { seconds, type SettingsTable } from "../settings/setting.ts";

/** The time limits of connections. */
export interface ConnectionSettings {
  /** Seconds from the accept of a connection to its login, PROXY header and TLS handshake included. 60 by default. */
  loginTimeout: number;
  /** Seconds without a command after the login; RFC 1939 section 3 asks for at least 600. 600 by default. */
  idleTimeout: number;
  /** Seconds without a command while a session is asleep (billpg's SLEE). A day by default. */
  sleepTimeout: number;
}

const DAY = 86_400;

export const connectionSettings: SettingsTable<ConnectionSettings> = {
  loginTimeout: seconds(1, DAY, 60),
  idleTimeout: seconds(1, DAY, 600),
  sleepTimeout: seconds(1, 365 * DAY, DAY),
};
