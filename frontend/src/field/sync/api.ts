/** The field API over fetch: answers typed, failures told apart by what the phone does about them. */
import type { Balance, CamePack, FieldEvent, Pack, Session, Verdict } from "../types";

export type Trouble =
  | "offline" // nothing came back: try again later
  | "busy" // the server says so: try again when it asks
  | "signed_out"
  | "device_revoked"
  | "forbidden"
  | "refused"; // an answer that trying again does not change

export class ApiError extends Error {
  constructor(
    readonly trouble: Trouble,
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

export interface Answered<T> {
  readonly body: T;
  /** Phone's clock when the question left and when the answer came. */
  readonly asked: number;
  readonly came: number;
}

/** An answer that takes longer is given up; the same question may be asked again. */
const PATIENCE_MS = 30_000;
/** A whole town's pack over a thin link. */
const PACK_PATIENCE_MS = 240_000;
export const ROOT = "/api/field/";
/** A request that was lost is sent again at once, so often, before its item is set aside: all of them may arrive twice. */
export const QUICK_RETRIES_MS = [200, 600];

export class FieldApi {
  csrf = "";

  constructor(
    readonly device: { readonly uuid: string; readonly name: string },
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
    private readonly now: () => number = Date.now,
    readonly retriesMs: readonly number[] = QUICK_RETRIES_MS,
  ) {}

  async session(): Promise<Answered<Session>> {
    const answer = await this.json<Session>("session");
    this.csrf = answer.body.csrf;
    return answer;
  }

  async register(platform: string): Promise<void> {
    await this.json("devices", {
      method: "POST",
      body: JSON.stringify({ uuid: this.device.uuid, name: this.device.name, platform }),
    });
  }

  async events(
    events: readonly FieldEvent[],
  ): Promise<Answered<{ verdicts: readonly Verdict[]; server_time: string }>> {
    const body = JSON.stringify({ events, sent_at: new Date(this.now()).toISOString() });
    return this.json("events", { method: "POST", body });
  }

  /** The pack, or null where the one we hold is still right. */
  async pack(
    held: Pick<Pack, "as_of" | "scope" | "etag" | "fixed"> | null,
    language: string,
  ): Promise<CamePack | null> {
    const { as_of: since = "", scope = "", fixed = "" } = held ?? {};
    const asked = held ? `?${new URLSearchParams({ since, scope, fixed })}` : "";
    const response = await this.ask(`pack${asked}`, {
      signal: AbortSignal.timeout(PACK_PATIENCE_MS),
      headers: { "Accept-Language": language, ...(held?.etag ? { "If-None-Match": held.etag } : {}) },
    });
    return response.status === 304 ? null : ((await response.json()) as CamePack);
  }

  async balance(): Promise<Balance> {
    return (await this.json<Balance>(`balance?device=${this.device.uuid}`)).body;
  }

  /** Whether the server has the photo: a receipt, "no" or the sentence of its refusal. */
  async receipt(sha256: string): Promise<{ stored: true } | { stored: false; refused: string }> {
    try {
      const { body } = await this.json<{ sha256: string; stored: boolean }>(`photos/${sha256}/receipt`);
      // Believed only if it speaks of this very photo.
      return body.stored === true && body.sha256 === sha256
        ? { stored: true }
        : { stored: false, refused: "" };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { stored: false, refused: "" };
      if (error instanceof ApiError && error.status === 422) return { stored: false, refused: error.message };
      throw error;
    }
  }

  headers(): Record<string, string> {
    return { "X-Device": this.device.uuid, ...(this.csrf ? { "X-CSRFToken": this.csrf } : {}) };
  }

  private async json<T>(path: string, init: RequestInit = {}): Promise<Answered<T>> {
    const asked = this.now();
    const response = await this.ask(path, init);
    let body: T;
    try {
      body = (await response.json()) as T;
    } catch {
      throw new ApiError("offline", response.status, "cut", "the answer was cut short");
    }
    return { body, asked, came: this.now() };
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    let response: Response | undefined;
    for (const wait of [...this.retriesMs, null]) {
      try {
        response = await this.fetcher(ROOT + path, this.request(init));
        break;
      } catch (error) {
        const tired = error instanceof DOMException && error.name === "TimeoutError";
        if (wait === null || tired || navigator.onLine === false)
          throw new ApiError("offline", 0, "offline", String(error));
        await new Promise((go) => setTimeout(go, wait * (0.5 + Math.random())));
      }
    }
    if (!response) throw new ApiError("offline", 0, "offline", "");
    if (response.ok || response.status === 304) return response;
    throw await troubleOf(response);
  }

  private request(init: RequestInit): RequestInit {
    return {
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      ...init,
      headers: {
        Accept: "application/json",
        ...this.headers(),
        ...(init.body ? { "Content-Type": "application/json" } : {}),
        ...init.headers,
      },
      signal: init.signal ?? AbortSignal.timeout(PATIENCE_MS),
    };
  }
}

export async function troubleOf(response: Response): Promise<ApiError> {
  let code = "";
  let sentence = "";
  try {
    const problem = (await response.json()) as { code?: string; detail?: string; title?: string };
    code = problem.code ?? "";
    sentence = problem.detail ?? problem.title ?? "";
  } catch {
    // A proxy's page: the status says enough.
  }
  const after = Number(response.headers.get("Retry-After"));
  return new ApiError(
    kindOf(response.status, code),
    response.status,
    code,
    sentence || `HTTP ${response.status}`,
    Number.isFinite(after) ? after * 1000 : 0,
  );
}

export function kindOf(status: number, code: string): Trouble {
  if (status === 401) return "signed_out";
  if (status === 403 && code === "device_revoked") return "device_revoked";
  if (status === 403 && code === "forbidden") return "forbidden";
  if (status >= 500 || status === 429 || status === 423 || status === 408) return "busy";
  return "refused";
}
