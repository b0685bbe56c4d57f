/** Tabs as ARIA describes them: one in the tab order, arrows move between them. */

export interface Tabs {
  choose(name: string): void;
}

export function bindTabs(chosen: (name: string) => void): Tabs {
  const tabs = [...document.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const choose = (tab: HTMLButtonElement) => {
    for (const other of tabs) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !on;
    }
    chosen(nameOf(tab));
  };
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const next = step === undefined ? undefined : tabs[(at + step + tabs.length) % tabs.length];
      if (!next) return;
      event.preventDefault();
      next.focus();
      choose(next);
    });
  });
  return {
    choose: (name) => {
      const tab = tabs.find((known) => nameOf(known) === name);
      if (tab) choose(tab);
    },
  };
}

function nameOf(tab: HTMLElement): string {
  return tab.id.replace(/^tab-/, "");
}
