// What a run has used of its budgets, while it goes on.

import { elapsed } from "../state/reduce.js";
import type { Run, State } from "../state/model.js";
import { bytes, count, milliseconds } from "../state/words.js";
import { attribute, h, text, View } from "./dom.js";

interface Meter {
  readonly bar: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

const NAMES = ["Fuel", "Memory", "Time", "Requests"] as const;

export class MetersView extends View {
  readonly #meters = new Map<string, Meter>();

  protected build(): void {
    for (const name of NAMES) {
      const fill = h("div", { class: "fill" });
      const bar = h("div", { class: "gauge", role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 }, fill);
      const value = h("span", { class: "value" }, "–");
      this.#meters.set(name, { bar, fill, value });
      this.append(h("div", { class: "meter" }, h("span", { class: "name" }, name), value, bar));
    }
  }

  update({ run }: State): void {
    if (!this.changed("run", run)) return;
    const used = run === undefined ? undefined : figures(run);
    NAMES.forEach((name, i) => this.#draw(name, used?.[i]));
  }

  #draw(name: string, figure: Figure | undefined): void {
    const meter = this.#meters.get(name);
    if (meter === undefined) return;
    const part = figure === undefined || figure.limit === 0 ? 0 : Math.min(1, figure.used / figure.limit);
    meter.fill.style.transform = `scaleX(${part})`;
    meter.bar.classList.toggle("high", part > 0.9);
    const words = figure === undefined ? "–" : figure.limit === 0 ? figure.show(figure.used) : `${figure.show(figure.used)} of ${figure.show(figure.limit)}`;
    text(meter.value, words);
    attribute(meter.bar, "aria-valuenow", Math.round(part * 100));
    attribute(meter.bar, "aria-valuetext", words);
    attribute(meter.value, "title", figure?.exact);
  }
}

interface Figure {
  readonly used: number;
  readonly limit: number;
  readonly show: (value: number) => string;
  readonly exact?: string;
}

function figures(run: Run): readonly Figure[] {
  const { budget } = run;
  return [
    { used: run.fuel, limit: budget?.fuel ?? 0, show: count, exact: `${run.fuel.toLocaleString("en")} weighted instructions` },
    { used: run.pages * 65_536, limit: budget?.memory ?? 0, show: bytes, exact: `${run.pages} pages of 64 KiB` },
    { used: elapsed(run), limit: budget?.timeMs ?? 0, show: milliseconds },
    { used: run.calls, limit: budget?.calls ?? 0, show: count },
  ];
}

customElements.define("belljar-meters", MetersView);
