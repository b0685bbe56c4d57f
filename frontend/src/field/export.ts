/** The emergency export: everything the phone holds, as one file that a lead can hand to the server. */
import { type AsyncZippable, strToU8, zip } from "fflate";
import type { Device, Store } from "./store";
import { sha256Of } from "./sync/engine";

export interface ExportFile {
  readonly blob: Blob;
  readonly name: string;
  readonly events: number;
  readonly photos: number;
}

/** The zip of all that is not settled. It closes every capture first, so that the file and the phone say the same. */
export async function exportFile(
  store: Store,
  device: Device,
  person: string,
  now = Date.now(),
): Promise<ExportFile> {
  const files: AsyncZippable = {};
  for (const item of await store.items()) {
    const hashes = new Map<string, string>();
    for (const photo of await store.photosOf(item.uuid)) {
      const sha256 = photo.sha256 ?? (await sha256Of(photo.blob));
      hashes.set(photo.id, sha256);
      // Pictures are compressed already: stored as they are.
      files[`photos/${sha256}`] = [new Uint8Array(await photo.blob.arrayBuffer()), { level: 0 }];
    }
    if (item.stage === "saved") await store.seal(item.uuid, hashes);
  }
  const events = (await store.items()).map((item) => item.event).sort((a, b) => a.sequence - b.sequence);
  const said = {
    format: "greening-field-export",
    version: 1,
    device: { ...device, platform: navigator.userAgent.slice(0, 120) },
    person,
    exported_at: new Date(now).toISOString(),
    // The server hears of our clock when the file is handed in, whenever that is: what we know of it goes along.
    ahead_ms: (await store.fact<number>("skew")) ?? null,
    events,
  };
  const photos = Object.keys(files).length;
  files["events.json"] = strToU8(JSON.stringify(said, null, 1));
  const bytes = await new Promise<Uint8Array<ArrayBuffer>>((done, fail) =>
    zip(files, { level: 6 }, (error, data) => (error ? fail(error) : done(data as Uint8Array<ArrayBuffer>))),
  );
  const stamp = new Date(now).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
  return {
    blob: new Blob([bytes], { type: "application/zip" }),
    name: `terrain-${stamp}-${device.uuid.slice(-6)}.zip`,
    events: events.length,
    photos,
  };
}

/** Hands the file to the phone's share sheet, or to its downloads where there is none. */
export async function handOver(file: ExportFile): Promise<void> {
  const shared = new File([file.blob], file.name, { type: "application/zip" });
  if (navigator.canShare?.({ files: [shared] }) && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ files: [shared], title: file.name });
      return;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      // Not shared after all: download it.
    }
  }
  const address = URL.createObjectURL(file.blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
