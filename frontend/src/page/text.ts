/** The reader's language: sentences from the server's catalogue, numbers by Intl. */

export class Reader {
  constructor(
    readonly language: string,
    private readonly texts: Readonly<Record<string, string>>,
  ) {}

  /** The sentence of a key with its `{names}` filled in; a missing one shows its key, so that it is seen. */
  say(key: string, values: Readonly<Record<string, string | number>> = {}): string {
    const text = this.texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  number(value: number, decimals = 0): string {
    return new Intl.NumberFormat(this.language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    })
      .format(value)
      .replace("-", "−");
  }

  /** With its sign, always: a difference says which way it goes. */
  signed(value: number, decimals = 1): string {
    const text = this.number(value, decimals);
    return Number(value.toFixed(decimals)) > 0 ? `+${text}` : text;
  }
}
