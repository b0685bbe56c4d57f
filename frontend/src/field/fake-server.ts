/** For tests: the field API's promises in memory, behind a link that drops, doubles and cuts. */
import type { FieldEvent, Verdict } from "./types";

export class FakeServer {
  readonly events = new Map<string, { event: FieldEvent; times: number; verdict: Verdict }>();
  readonly photos = new Map<string, { length: number; bytes: Uint8Array; stored: boolean }>();
  signedIn = true;
  revoked = false;
  serverTime = () => new Date().toISOString();
  /** What becomes of an event when it first comes. */
  judge: (event: FieldEvent) => Partial<Verdict> = () => ({ status: "applied" });
  refusePhoto: (sha256: string) => string = () => "";
  /** Called with each request: "ok", "lost" before the server hears it, "cut" after it acted. */
  link: () => "ok" | "lost" | "cut" = () => "ok";
  readonly asked: string[] = [];
  underWay = 0;
  mostUnderWay = 0;

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = new URL(String(input), "http://phone.test").pathname.replace("/api/field/", "");
    this.asked.push(`${init.method ?? "GET"} ${path}`);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await new Promise((done) => setTimeout(done, 0));
      const fate = this.link();
      if (fate === "lost") throw new TypeError("Failed to fetch");
      const answer = await this.answer(path, init);
      if (fate === "cut") throw new TypeError("Failed to fetch");
      return answer;
    } finally {
      this.underWay--;
    }
  };

  private async answer(path: string, init: RequestInit): Promise<Response> {
    if (!this.signedIn) return problem(401, "signed_out", "You are signed out.");
    const device = { uuid: "phone", name: "phone", revoked: this.revoked };
    if (path === "session")
      return json({
        user: { name: "Ana", roles: [], rights: {} },
        crews: [],
        csrf: "token",
        device,
        server_time: this.serverTime(),
      });
    if (this.revoked) return problem(403, "device_revoked", "This device was revoked.");
    if (path === "events") {
      const { events } = JSON.parse(String(init.body)) as { events: FieldEvent[] };
      return json({ verdicts: events.map((event) => this.take(event)), server_time: this.serverTime() });
    }
    if (path === "photos/") return this.create(new Headers(init.headers));
    const [, sha256 = "", receipt] = path.split("/");
    const photo = this.photos.get(sha256);
    if (receipt) {
      const why = this.refusePhoto(sha256);
      if (why) return problem(422, "photo_format", why);
      return photo?.stored
        ? json({ sha256, bytes: photo.length, stored: true })
        : problem(404, "no_receipt", "");
    }
    if (!photo) return problem(404, "unknown", "");
    if (init.method === "HEAD")
      return new Response(null, {
        headers: {
          "Tus-Resumable": "1.0.0",
          "Upload-Offset": String(photo.bytes.length),
          "Upload-Length": String(photo.length),
        },
      });
    return this.append(sha256, photo, init);
  }

  private take(event: FieldEvent): Verdict {
    const known = this.events.get(event.uuid);
    if (known) {
      known.times++;
      if (JSON.stringify(known.event) !== JSON.stringify(event))
        return { ...known.verdict, status: "rejected", code: "uuid_reused", message: "used before" };
      if (known.verdict.status !== "waiting")
        return { ...known.verdict, status: "duplicate", first: known.verdict.status };
    }
    const verdict: Verdict = {
      uuid: event.uuid,
      status: "applied",
      code: "",
      message: "",
      rev: 1,
      object_id: 1,
      warnings: [],
      waiting_for: null,
      ...this.judge(event),
    };
    this.events.set(event.uuid, { event, times: (known?.times ?? 0) + (known ? 0 : 1), verdict });
    return verdict;
  }

  private create(headers: Headers): Response {
    const said = Object.fromEntries(
      (headers.get("Upload-Metadata") ?? "").split(",").map((pair) => {
        const [name = "", value = ""] = pair.split(" ");
        return [name, atob(value)];
      }),
    );
    const sha256 = said.sha256 ?? "";
    if (!this.photos.has(sha256))
      this.photos.set(sha256, {
        length: Number(headers.get("Upload-Length")),
        bytes: new Uint8Array(),
        stored: false,
      });
    return new Response(null, {
      status: 201,
      headers: { Location: `/api/field/photos/${sha256}`, "Tus-Resumable": "1.0.0" },
    });
  }

  private async append(
    sha256: string,
    photo: { length: number; bytes: Uint8Array; stored: boolean },
    init: RequestInit,
  ): Promise<Response> {
    const offset = Number(new Headers(init.headers).get("Upload-Offset"));
    if (offset !== photo.bytes.length) return problem(409, "offset", "ask HEAD");
    const came = new Uint8Array(await new Response(init.body as BodyInit).arrayBuffer());
    photo.bytes = new Uint8Array([...photo.bytes, ...came]);
    if (photo.bytes.length >= photo.length) {
      if (this.refusePhoto(sha256)) return problem(422, "photo_format", this.refusePhoto(sha256));
      photo.stored = true;
    }
    return new Response(null, {
      status: 204,
      headers: { "Upload-Offset": String(photo.bytes.length), "Tus-Resumable": "1.0.0" },
    });
  }
}

function json(body: unknown): Response {
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
}

function problem(status: number, code: string, detail: string): Response {
  return new Response(JSON.stringify({ code, detail }), { status });
}
