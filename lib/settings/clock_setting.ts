/** The setting of a clock. */
import { type Clock, systemClock } from "../time/clock.ts";
import { given, hasMethod, type Setting } from "./setting.ts";

export const clockSetting: Setting<Clock> = given(
  "a clock: an object with now() and after()",
  (value): value is Clock => hasMethod(value, "now") && hasMethod(value, "after"),
  systemClock,
);
