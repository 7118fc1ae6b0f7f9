/** Makes an assertion, an error is thrown if `expr` is falsy. */
export function assert(expr: unknown, msg?: string): asserts expr;
/** Deep equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
/** Is the value an instance of the class? */
export function assertInstanceOf<
  T extends abstract new (...args: never[]) => unknown,
>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T>;
/** Does the string match? */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;
/** Does the function throw? */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Does the function throw an error of this class, with these words? */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: abstract new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
/** Does the promise reject? */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Does the promise reject with an error of this class, with these words? */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: abstract new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
/** Does the text hold the other text? */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void;
/** Fails. */
export function fail(msg?: string): never;
