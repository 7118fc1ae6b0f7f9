/** A folder that is removed when it is disposed of. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await Deno.makeTempDir({ prefix: "pop3svc-test-" }));
  }

  /** The sorted names of the entries of the folder, or of a folder below it. */
  names(below = "."): string[] {
    return [...Deno.readDirSync(`${this.path}/${below}`)].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
