/** All faults of a listener. Loaded only if the listener has a fault plan. */
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Clock } from "../time/clock.ts";
import { type ConnectionFaults, connectionFaults } from "./connection_faults.ts";
import type { FaultPlan } from "./fault_rules.ts";
import { faultyProvider } from "./faulty_provider.ts";

/** The faults of a plan, for the connections and the providers of one listener. */
export interface ListenerFaults extends ConnectionFaults {
  /** The misbehaving provider. It is the same for each call with one provider, so that rules count over all sessions. */
  ofProvider(provider: MailboxProvider): MailboxProvider;
}

export function listenerFaults(plan: FaultPlan, clock: Clock): ListenerFaults {
  const faulty = new WeakMap<MailboxProvider, MailboxProvider>();
  return {
    ...connectionFaults(plan),
    ofProvider(provider) {
      const known = faulty.get(provider) ?? faultyProvider(provider, plan, clock);
      faulty.set(provider, known);
      return known;
    },
  };
}
