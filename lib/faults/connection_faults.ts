import type { Transport } from "../transport/transport.ts";
import { FaultDice } from "./fault_dice.ts";
import type { FaultPlan } from "./fault_rules.ts";

/** What a listener that misbehaves does to the lines of its clients. */
export interface ConnectionFaults {
  /** The line of a client that has just come. */
  ofLine(line: Transport): Transport;
  /** The line beneath a TLS handshake. */
  ofHandshake(line: Transport): Transport;
}

/** The faults of a plan that are not a provider's: `single-bytes` and `half-handshake`. */
export function connectionFaults(plan: FaultPlan): ConnectionFaults {
  const dice = new FaultDice(plan);
  return {
    ofLine: (line) => dice.strikes("single-bytes").length > 0 ? withWrite(line, writeOne) : line,
    ofHandshake: (line) =>
      dice.strikes("half-handshake").length > 0 ? withWrite(line, writeHalf) : line,
  };
}

type Write = (line: Transport, octets: Uint8Array) => Promise<number>;

function withWrite(line: Transport, write: Write): Transport {
  return {
    read: (into) => line.read(into),
    write: (octets) => write(line, octets),
    closeWrite: () => line.closeWrite(),
    close: () => line.close(),
  };
}

const writeOne: Write = (line, octets) => line.write(octets.subarray(0, 1));

const writeHalf: Write = async (line, octets) => {
  const count = await line.write(octets.subarray(0, Math.ceil(octets.length / 2)));
  line.close();
  return count;
};
