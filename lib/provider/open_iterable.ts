/** An iterable that can be closed at any time, also where nothing was read of it. */
export class OpenIterable<T> {
  readonly #iterable: AsyncIterable<T> | Iterable<T>;
  #iterator: AsyncIterator<T> | Iterator<T> | null = null;

  constructor(iterable: AsyncIterable<T> | Iterable<T>) {
    this.#iterable = iterable;
  }

  async next(): Promise<IteratorResult<T>> {
    return await (this.#iterator ??= iteratorOf(this.#iterable)).next();
  }

  async close(): Promise<void> {
    const iterable = this.#iterable;
    // A stream of Node has its file open before the first `next`; its iterator closes the file only after that.
    if (this.#iterator === null && isAsyncDisposable(iterable)) {
      return await iterable[Symbol.asyncDispose]();
    }
    await (this.#iterator ?? iteratorOf(iterable)).return?.();
  }
}

function iteratorOf<T>(iterable: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in iterable
    ? iterable[Symbol.asyncIterator]()
    : iterable[Symbol.iterator]();
}

function isAsyncDisposable(value: object): value is AsyncDisposable {
  return Symbol.asyncDispose in value;
}
