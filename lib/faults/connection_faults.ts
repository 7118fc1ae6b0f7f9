/** Faults on purpose of connections: single octets, handshakes that break off. */
import type { Transport } from "../transport/transport.ts";
import { FaultDice } from "./fault_dice.ts";
import type { FaultPlan } from "./fault_rules.ts";

/** The faults of a listener's connections. */
export interface ConnectionFaults {
  /** Makes the transport of a client that has just connected misbehave, if a rule strikes. */
  ofTransport(transport: Transport): Transport;
  /** Makes the transport below a TLS handshake misbehave, if a rule strikes. */
  ofHandshake(transport: Transport): Transport;
}

/** The faults of a plan that concern connections and not providers: `single-bytes` and `half-handshake`. */
export function connectionFaults(plan: FaultPlan): ConnectionFaults {
  const dice = new FaultDice(plan);
  return {
    ofTransport: (transport) =>
      dice.strikes("single-bytes").length > 0 ? withWrite(transport, writeOne) : transport,
    ofHandshake: (transport) =>
      dice.strikes("half-handshake").length > 0 ? withWrite(transport, writeHalf) : transport,
  };
}

type Write = (transport: Transport, octets: Uint8Array) => Promise<number>;

function withWrite(transport: Transport, write: Write): Transport {
  return {
    read: (into) => transport.read(into),
    write: (octets) => write(transport, octets),
    closeWrite: () => transport.closeWrite(),
    close: () => transport.close(),
  };
}

const writeOne: Write = (transport, octets) => transport.write(octets.subarray(0, 1));

const writeHalf: Write = async (transport, octets) => {
  const count = await transport.write(octets.subarray(0, Math.ceil(octets.length / 2)));
  transport.close();
  return count;
};
