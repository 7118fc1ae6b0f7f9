/**
 * Errors that nobody caught. Deno would end the process, and write to standard error as long as that takes; one of them
 * concerns one connection at most.
 */

/** Tells of them, until it is disposed of. */
export function onStrayErrors(tell: (error: unknown) => void): Disposable {
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    tell(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    tell(event.reason);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      removeEventListener("error", onError);
      removeEventListener("unhandledrejection", onRejection);
    },
  };
}
