/** The phone's clock may be wrong by a year: it writes its own time, the server sets it right, the crew is told. */

/** Worth telling the crew. */
export const WRONG_MS = 120_000;

/** How far the phone is ahead of the server, from one exchange; the answer was under way half the time. */
export function skewOf(serverTime: string, asked: number, answered: number): number | null {
  const server = Date.parse(serverTime);
  return Number.isFinite(server) ? Math.round((asked + answered) / 2 - server) : null;
}

/** The day where the phone is, as the server writes days. */
export function dayOf(time: number): string {
  const day = new Date(time);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}

/** The autumn whose survival check a day belongs to: August to the July after. */
export function autumnOf(day: string): number {
  const [year = 0, month = 1] = day.split("-").map(Number);
  return month >= 8 ? year : year - 1;
}
