/** A folder that goes away with the test. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await Deno.makeTempDir({ prefix: "pop3svc-test-" }));
  }

  /** What is directly inside, or inside a folder of it, sorted. */
  names(below = "."): string[] {
    return [...Deno.readDirSync(`${this.path}/${below}`)].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
