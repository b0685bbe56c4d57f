/** Keeps the address bar in step with the map, so that a link shows what its sender saw. */
import { type Address, NOWHERE, readAddress, writeAddress } from "../page/address";

export class AddressBar {
  private address: Address;
  private waiting = 0;

  constructor(private readonly map: L.Map) {
    this.address = readAddress(window.location.hash);
    const { view } = this.address;
    if (view) map.setView([view.lat, view.lon], view.zoom, { animate: false });
    map.on("moveend", () => {
      const centre = map.getCenter();
      this.update({ view: { zoom: map.getZoom(), lat: centre.lat, lon: centre.lng } });
    });
  }

  get current(): Address {
    return this.address;
  }

  update(change: Partial<Address>): void {
    this.address = { ...this.address, ...change };
    window.clearTimeout(this.waiting);
    // Browsers refuse more than a hundred entries in thirty seconds.
    this.waiting = window.setTimeout(() => {
      window.history.replaceState(window.history.state, "", writeAddress(this.address));
    }, 150);
  }

  /** Calls back when the reader enters another address or follows a link to one. */
  onEntered(entered: (address: Address) => void): void {
    window.addEventListener("hashchange", () => {
      this.address = { ...NOWHERE, ...readAddress(window.location.hash) };
      const { view } = this.address;
      if (view) this.map.setView([view.lat, view.lon], view.zoom);
      entered(this.address);
    });
  }
}
