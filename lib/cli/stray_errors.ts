/**
 * Keeps the process running after uncaught errors and rejections. Otherwise Deno would end it, although such an error
 * concerns one connection at most.
 */

/** Calls `tell` with each such error, until the returned handle is disposed of. */
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
