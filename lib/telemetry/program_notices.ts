/** What the program logs about itself, besides the events of its listener. */
import type { LogLevel } from "../events/event_level.ts";
import type { Pop3Event } from "../events/events.ts";

/** Others can read or change files of the server, or it runs as root. */
export interface ExposedNotice {
  readonly type: "exposed";
  readonly time: Date;
  readonly finding: string;
  /** The command that ends that. */
  readonly remedy: string | null;
}

/** The program has started, and opens its files and ports. */
export interface StartNotice {
  readonly type: "start";
  readonly time: Date;
  readonly version: string;
}

/** All ports are open. */
export interface ReadyNotice {
  readonly type: "ready";
  readonly time: Date;
  /** The addresses of the ports, as URLs. */
  readonly ports: readonly string[];
  /** What is served to whom. */
  readonly serving: string;
}

/** SIGHUP: the program has read its files again. */
export interface ReloadNotice {
  readonly type: "reload";
  readonly time: Date;
  readonly files: readonly ReloadedFile[];
}

/** What a reload has found in a file, or a pair of files. */
export interface ReloadedFile {
  /** `certificate`, `users file`. */
  readonly name: string;
  readonly isChanged: boolean;
  /** Why it cannot be used, so that what was read before is still in use; null where it can be. */
  readonly failure: string | null;
}

/** A signal stops the program. */
export interface StopNotice {
  readonly type: "stop";
  readonly time: Date;
  /** How many connections are open. */
  readonly connections: number;
}

/** A notice of the program. */
export type ProgramNotice = ExposedNotice | StartNotice | ReadyNotice | ReloadNotice | StopNotice;

const NOTICES: Readonly<Record<ProgramNotice["type"], true>> = {
  exposed: true,
  start: true,
  ready: true,
  reload: true,
  stop: true,
};

/** Whether it is a notice of the program, and not an event of a listener. */
export function isNotice(logged: ProgramNotice | Pop3Event): logged is ProgramNotice {
  return Object.hasOwn(NOTICES, logged.type);
}

/** The level of a notice. */
export function levelOfNotice(notice: ProgramNotice): LogLevel {
  switch (notice.type) {
    case "exposed":
      return "warn";
    case "reload":
      return notice.files.some(({ failure }) => failure !== null) ? "warn" : "info";
    case "start":
    case "ready":
    case "stop":
      return "info";
  }
}

/** The fields of the line of a notice. */
export function fieldsOfNotice(
  notice: ProgramNotice,
): Readonly<Record<string, string | number | null>> {
  switch (notice.type) {
    case "exposed":
      return { finding: notice.finding, remedy: notice.remedy };
    case "start":
      return { version: notice.version };
    case "ready":
      return { ports: notice.ports.join(" "), serving: notice.serving };
    case "reload": {
      const { files } = notice;
      return {
        read: listed(files.map(({ name }) => name)),
        changed: listed(files.filter(({ isChanged }) => isChanged).map(({ name }) => name)),
        failed: listed(
          files.flatMap(({ name, failure }) => failure === null ? [] : [`${name}: ${failure}`]),
        ),
      };
    }
    case "stop":
      return { connections: notice.connections };
  }
}

function listed(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(", ");
}
