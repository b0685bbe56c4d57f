/** One photo to the server in resumable pieces (tus 1.0.0), over fetch so that the service worker can do it too. */
import { DetailedError, Upload } from "tus-js-client";
import { ApiError, type FieldApi, kindOf, ROOT } from "./api";

/** What a cut connection costs at most. */
const CHUNK_BYTES = 512 * 1024;
const PATIENCE_MS = 60_000;

/** Sends what the server lacks of `blob`; returns when the last byte was taken. Raises ApiError. */
export function upload(
  api: FieldApi,
  fetcher: typeof fetch,
  photo: { readonly blob: Blob; readonly sha256: string; readonly type: string; readonly begun: boolean },
  event: string,
): Promise<void> {
  return new Promise((done, fail) => {
    const run = new Upload(photo.blob, {
      endpoint: `${ROOT}photos/`,
      // Begun before: ask how far it came. A photo that is not there after all is created anew.
      uploadUrl: photo.begun ? `${ROOT}photos/${photo.sha256}` : null,
      uploadSize: photo.blob.size,
      metadata: { sha256: photo.sha256, event, type: photo.type },
      headers: api.headers(),
      chunkSize: CHUNK_BYTES,
      retryDelays: [...api.retriesMs],
      // Lost on the way, or another request still writes: at once again. What the server refuses, it refuses again.
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 || status === 409 || status === 423;
      },
      storeFingerprintForResuming: false,
      httpStack: new FetchStack(fetcher),
      fileReader: { openFile: async (file: Blob) => new BlobSource(file) },
      onSuccess: () => done(),
      onError: (error) => fail(asTrouble(error)),
    });
    run.start();
  });
}

function asTrouble(error: Error): ApiError {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  if (!answer) return new ApiError("offline", 0, "offline", error.message);
  let code = "";
  let sentence = "";
  try {
    const problem = JSON.parse(answer.getBody()) as { code?: string; detail?: string };
    code = problem.code ?? "";
    sentence = problem.detail ?? "";
  } catch {
    // No problem details: the status says enough.
  }
  const status = answer.getStatus();
  const after = Number(answer.getHeader("Retry-After"));
  return new ApiError(
    kindOf(status, code),
    status,
    code,
    sentence || `HTTP ${status}`,
    Number.isFinite(after) ? after * 1000 : 0,
  );
}

class BlobSource {
  readonly size: number;
  constructor(private readonly blob: Blob) {
    this.size = blob.size;
  }
  async slice(start: number, end: number): Promise<{ value: Blob; done: boolean }> {
    return { value: this.blob.slice(start, end), done: end >= this.size };
  }
  close(): void {}
}

class FetchStack {
  constructor(private readonly fetcher: typeof fetch) {}
  createRequest(method: string, url: string): FetchRequest {
    return new FetchRequest(method, url, this.fetcher);
  }
  getName(): string {
    return "fetch";
  }
}

class FetchRequest {
  private readonly headers: Record<string, string> = {};
  private readonly stop = new AbortController();

  constructor(
    private readonly method: string,
    private readonly url: string,
    private readonly fetcher: typeof fetch,
  ) {}

  getMethod(): string {
    return this.method;
  }
  getURL(): string {
    return this.url;
  }
  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  getHeader(name: string): string | undefined {
    return this.headers[name];
  }
  setProgressHandler(): void {}
  getUnderlyingObject(): null {
    return null;
  }
  async abort(): Promise<void> {
    this.stop.abort();
  }
  async send(body?: Blob | null): Promise<FetchResponse> {
    const patience = setTimeout(() => this.stop.abort(), PATIENCE_MS);
    try {
      const response = await this.fetcher(this.url, {
        method: this.method,
        headers: this.headers,
        body: body ?? null,
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
        signal: this.stop.signal,
      });
      return new FetchResponse(response, await response.text());
    } finally {
      clearTimeout(patience);
    }
  }
}

class FetchResponse {
  constructor(
    private readonly response: Response,
    private readonly body: string,
  ) {}
  getStatus(): number {
    return this.response.status;
  }
  getHeader(name: string): string | undefined {
    return this.response.headers.get(name) ?? undefined;
  }
  getBody(): string {
    return this.body;
  }
  getUnderlyingObject(): Response {
    return this.response;
  }
}
