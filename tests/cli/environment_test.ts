/** Each option has a variable of the environment. */
import { assertEquals } from "@std/assert";
import { givenByEnvironment, variableOf } from "../../lib/cli/environment.ts";
import { serveOptions } from "../../lib/cli/options.ts";

Deno.test("each option is given by its variable alone", () => {
  for (const [name, { placeholder }] of Object.entries(serveOptions)) {
    const variable = variableOf(name);
    const value = placeholder === null ? "true" : "7";
    Deno.env.set(variable, value);
    try {
      assertEquals(givenByEnvironment(serveOptions), {
        [name]: { texts: [value], shown: `${variable}=${value}` },
      });
    } finally {
      Deno.env.delete(variable);
    }
  }
});
