/** What an event costs that is wanted, and one that is not: `deno bench -A tests/bench/rooms/`. */
import { ignoreBelow } from "../../../lib/events/event_level.ts";
import type { Pop3Events } from "../../../lib/events/events.ts";
import { Observers } from "../../../lib/telemetry/observers.ts";
import { testConnectionInfo } from "../../../lib/testing/mod.ts";

const connection = testConnectionInfo();
let seen = 0;
const all: Pop3Events = () => void seen++;
const warnings: Pop3Events = ignoreBelow("warn", () => void seen++);

for (const [name, onEvent] of [["wanted", all], ["ignored", warnings]] as const) {
  const observers = new Observers({ wire: () => null, onEvent: () => onEvent });
  Deno.bench(`1000 commands and replies, ${name}`, () => {
    for (let n = 0; n < 1_000; n++) {
      observers.emit({ type: "command", connection, verb: "NOOP", argument: "" });
      const result = { isOk: true, code: null, milliseconds: n };
      observers.emit({ type: "reply", connection, verb: "NOOP", ...result });
    }
  });
}
