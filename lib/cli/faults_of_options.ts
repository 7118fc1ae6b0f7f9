/** The fault plan that `--faults` names. */
import { type FaultPlan, readGivenText, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import { exposureOf } from "./exposure.ts";
import type { ServeOptions } from "./options.ts";

/**
 * Reads the fault plan; null without `--faults`.
 *
 * @throws {CliError} when the plan is wrong, or other machines can reach the server
 */
export async function faultsOf(options: ServeOptions): Promise<FaultPlan | null> {
  const { faults } = options;
  if (faults === null) return null;
  const exposed = exposureOf(options);
  if (exposed !== null) {
    throw CliError.usage(
      `--faults ${faults}: not allowed with ${exposed}, since other machines could connect`,
    );
  }
  const { parseFaultPlan } = await import("../testing/mod.ts");
  try {
    return parseFaultPlan(readGivenText(faults));
  } catch (error) {
    if (error instanceof SyntaxError) throw CliError.usage(`--faults ${faults}: ${error.message}`);
    throw CliError.environment(`--faults ${faults}: ${reasonOf(error)}`, error);
  }
}
