import type { FaultPlan } from "../faults/fault_rules.ts";
import { readGivenText } from "../files/read_whole.ts";
import { reasonOf } from "../telemetry/reason.ts";
import { CliError } from "./cli_error.ts";
import { exposureOf } from "./exposure.ts";
import type { ServeOptions } from "./options.ts";

/**
 * The plan that `--faults` names; null for a server that behaves.
 *
 * @throws {CliError} when it cannot be used, or the server is open to other machines
 */
export async function faultsOf(options: ServeOptions): Promise<FaultPlan | null> {
  const { faults } = options;
  if (faults === null) return null;
  const exposed = exposureOf(options);
  if (exposed !== null) {
    throw CliError.usage(
      `--faults ${faults}: not with ${exposed}, where other machines would meet them`,
    );
  }
  const { parseFaultPlan } = await import("../faults/fault_rules.ts");
  try {
    return parseFaultPlan(readGivenText(faults));
  } catch (error) {
    if (error instanceof SyntaxError) throw CliError.usage(`--faults ${faults}: ${error.message}`);
    throw CliError.environment(`--faults ${faults}: ${reasonOf(error)}`, error);
  }
}
