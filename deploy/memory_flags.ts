/**
 * Flags of V8 that save memory (docs/performance.md): a small young generation, for thousands of idle connections; and an
 * old one that is collected when it has grown by two fifths, for huge mailboxes.
 */
export const MEMORY_FLAGS = "--v8-flags=--max-semi-space-size=1,--heap-growing-percent=40";
