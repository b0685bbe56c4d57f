import { expect, test } from "vitest";
import { toBytes, toText } from "./base64url.ts";

test("bytes survive the way to text and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  expect(toBytes(toText(bytes.buffer))).toEqual(bytes);
});

test("the alphabet is that of addresses, without padding", () => {
  expect(toText(Uint8Array.of(251, 255, 254).buffer)).toBe("-__-");
  expect(toText(Uint8Array.of(1).buffer)).toBe("AQ");
  expect([...toBytes("AQ")]).toEqual([1]);
});
