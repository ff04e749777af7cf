// A form for a value, made from its JSON Schema. Every change is an action with the path and the new value.

import type { Dispatch } from "../state/actions.js";
import { get, isObject, member, parse, type Path, pointer, pretty } from "../state/json.js";
import { begin, field, type Field, others, properties } from "../state/schema.js";
import { button, guest, h, on, text, unique } from "./dom.js";

/** A form, built for one schema and one value. */
export class SchemaForm {
  readonly element: HTMLElement;
  readonly #dispatch: Dispatch;
  readonly #root: unknown;
  readonly #value: unknown;
  /** Where violations are shown, by JSON Pointer. */
  readonly #places = new Map<string, { readonly problem: HTMLElement; readonly control: HTMLElement | undefined }>();

  constructor(schema: unknown, value: unknown, dispatch: Dispatch) {
    this.#dispatch = dispatch;
    this.#root = schema;
    this.#value = value;
    this.element = h("div", { class: "schema-form" }, ...this.#members(field(schema, schema, "", true), []));
  }

  /** Says what does not fit, at its field; whatever has no field is returned. */
  explain(violations: ReadonlyMap<string, string>): readonly string[] {
    const rest: string[] = [];
    const said = new Map<string, string>();
    for (const [at, message] of violations) {
      if (at === "") {
        rest.push(message);
        continue;
      }
      // The nearest place that the form shows.
      let near = at;
      while (near !== "" && !this.#places.has(near)) near = near.slice(0, near.lastIndexOf("/"));
      if (near === "") rest.push(`${at}: ${message}`);
      else said.set(near, message);
    }
    for (const [at, { problem, control }] of this.#places) {
      text(problem, said.get(at) ?? "");
      if (said.has(at)) control?.setAttribute("aria-invalid", "true");
      else control?.removeAttribute("aria-invalid");
    }
    return rest;
  }

  #set(path: Path, value: unknown): void {
    this.#dispatch({ type: "input-set", path, value });
  }

  #members(of: Field, path: Path): HTMLElement[] {
    const value = get(this.#value, path);
    const named = properties(of.schema, this.#root);
    const rows = named.map(({ key, field }) => this.#row(field, [...path, key], key));
    const other = others(of.schema);
    if (other === undefined) return rows;
    const known = new Set(named.map(({ key }) => key));
    const keys = isObject(value) ? Object.keys(value).filter((key) => !known.has(key)) : [];
    return [...rows, this.#map(other, keys, path)];
  }

  /** Members whose names a person chooses. */
  #map(schema: unknown, keys: readonly string[], path: Path): HTMLElement {
    const rows = keys.map((key) => {
      const row = this.#row({ ...field(schema, this.#root, key, true), title: key }, [...path, key], key, false);
      row.append(button("Remove", () => this.#set([...path, key], undefined), { class: "quiet remove", "aria-label": `Remove ${key}` }));
      return row;
    });
    const name = h("input", { type: "text", "aria-label": "Name of a new entry", placeholder: "name", "data-key": `${pointer(path)}+name` });
    const add = () => {
      const key = name.value.trim();
      const value = get(this.#value, path);
      if (key === "" || member(value, key) !== undefined) return name.focus();
      this.#set([...path, key], begin(schema, this.#root));
    };
    on(name, "keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      add();
    });
    return h("div", { class: "entries" }, ...rows, h("div", { class: "add-entry" }, name, button("Add entry", add)));
  }

  #row(of: Field, path: Path, key: string, marked = of.required): HTMLElement {
    const at = pointer(path);
    const [id, help, wrong] = [unique(), unique(), unique()];
    const value = get(this.#value, path);
    const problem = h("p", { class: "field-problem", id: wrong });
    const words = [of.description, of.hint, of.preset === undefined ? "" : `Default: ${JSON.stringify(of.preset)}`].filter((word) => word !== "");
    const hint = h("p", { class: "hint", id: help }, guest(words.join(" \u00b7 ")));
    const title = h("span", { class: "field-title" }, guest(of.title === "" ? key : of.title));
    if (marked) title.append(h("span", { class: "required", title: "required" }, " required"));

    if (of.kind === "object" || of.kind === "array") {
      const inner = of.kind === "object" ? this.#members(of, path) : [this.#items(of, path)];
      this.#places.set(at, { problem, control: undefined });
      const group = h("fieldset", { class: "group" }, h("legend", {}, title), hint, problem, ...inner);
      if (!of.required && value !== undefined) group.append(button("Leave out", () => this.#set(path, undefined), { class: "quiet" }));
      return group;
    }

    const described = `${help} ${wrong}`;
    const control = this.#control(of, path, value, { id, "aria-describedby": described, "data-key": at });
    this.#places.set(at, { problem, control });
    if (of.kind === "boolean") return h("div", { class: "row check" }, h("label", {}, control, title), hint, problem);
    return h("div", { class: `row ${of.kind}` }, h("label", { for: id }, title), control, hint, problem);
  }

  #items(of: Field, path: Path): HTMLElement {
    const value = get(this.#value, path);
    const items: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [];
    const schema = member(of.schema, "items");
    const rows = items.map((_, index) => {
      const row = this.#row(field(schema, this.#root, String(index + 1), true), [...path, index], String(index + 1), false);
      row.append(button("Remove", () => this.#set([...path, index], undefined), { class: "quiet remove", "aria-label": `Remove item ${index + 1}` }));
      return row;
    });
    const add = button("Add item", () => this.#set([...path, items.length], begin(schema, this.#root)), { "data-key": `${pointer(path)}+` });
    return h("div", { class: "entries" }, ...rows, add);
  }

  #control(of: Field, path: Path, value: unknown, props: Record<string, string>): HTMLElement {
    switch (of.kind) {
      case "boolean": {
        const box = h("input", { type: "checkbox", checked: (value ?? of.preset) === true, ...props });
        return on(box, "change", () => this.#set(path, box.checked));
      }
      case "enum": {
        const select = h("select", props);
        // What is absent is shown as absent, not as the first value.
        if (!of.required || value === undefined) select.append(h("option", { value: "" }, of.preset === undefined ? "—" : `default (${JSON.stringify(of.preset)})`));
        of.options.forEach((option, i) => select.append(h("option", { value: String(i) }, guest(typeof option === "string" ? option : JSON.stringify(option)))));
        const chosen = of.options.findIndex((option) => JSON.stringify(option) === JSON.stringify(value));
        select.value = chosen < 0 ? "" : String(chosen);
        return on(select, "change", () => this.#set(path, select.value === "" ? undefined : of.options[Number(select.value)]));
      }
      case "number":
      case "integer": {
        const input = h("input", { type: "text", inputmode: of.kind === "integer" ? "numeric" : "decimal", autocomplete: "off", ...props });
        if (of.preset !== undefined) input.placeholder = String(of.preset);
        input.value = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
        return on(input, "input", () => {
          const typed = input.value.trim();
          const number = parse(typed)?.value;
          // What is no number is kept as it was typed; the package says that it does not fit.
          this.#set(path, typed === "" ? undefined : typeof number === "number" ? number : typed);
        });
      }
      case "string":
      case "text": {
        const long = of.kind === "text" || (typeof value === "string" && (value.length > 80 || value.includes("\n")));
        const input = long ? h("textarea", { rows: 5, spellcheck: "false", ...props }) : h("input", { type: "text", autocomplete: "off", ...props });
        if (typeof of.preset === "string") input.placeholder = of.preset;
        input.value = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
        const changed = () => this.#set(path, input.value === "" && !of.required ? undefined : input.value);
        input.addEventListener("input", changed);
        return input;
      }
      default: {
        const area = h("textarea", { rows: 4, class: "code", spellcheck: "false", placeholder: "JSON", ...props });
        area.value = value === undefined ? "" : pretty(value);
        return on(area, "input", () => {
          const typed = area.value.trim();
          const parsed = parse(typed);
          area.setCustomValidity(typed === "" || parsed !== undefined ? "" : "This is no JSON.");
          const place = this.#places.get(pointer(path));
          if (place) text(place.problem, area.validationMessage);
          if (area.validationMessage === "") this.#set(path, parsed?.value);
        });
      }
    }
  }
}
