// Takes out of an HTML text everything that can load something or lead elsewhere: a chunk of its own, fetched when the first
// artifact of that kind is shown.
//
// A frame's Content-Security-Policy is not enough. Browsers look a name up, and open a connection, for a frame or a link
// before they ask the policy. So what could do that is not in the text any more when a frame gets it. The text is parsed
// by `DOMParser`, in a document where nothing loads; `strip` takes out what leads; DOMPurify takes out what is not on its
// list; and what is left is parsed and stripped again until nothing changes.

import DOMPurify, { type Config } from "dompurify";

/** What is shown, and how much is missing from it. */
export interface Sanitised {
  /** Contents of the head. */
  readonly head: string;
  /** The body, as an element. */
  readonly body: string;
  /** The document's language, if it says one. */
  readonly lang: string;
  /** Elements, attributes and declarations that would have loaded something or led elsewhere, and were taken out. */
  readonly removed: number;
}

/** The text parses differently each time, so that nobody can say what a frame would make of it. */
export class Unstable extends Error {}

/** Times that a text is parsed until it must not change any more. */
const ROUNDS = 4;

/** Elements that go with all that is in them, and count: each can load, lead elsewhere, or hide what does. */
const LEADING = new Set(
  `iframe frame frameset object embed applet portal fencedframe controlledframe webview base link meta script noscript
  template use foreignobject animate animatemotion animatetransform animatecolor set feimage mpath discard handler listener
  bgsound track param slot noembed noframes plaintext xmp dialog annotation-xml maction`.split(/\s+/),
);

/** Of these, those that mean no harm in the forms that every page has. */
function isHarmless(element: Element): boolean {
  const name = element.localName.toLowerCase();
  if (name === "meta") return !element.hasAttribute("http-equiv") || /^(content-type|x-ua-compatible)$/i.test(element.getAttribute("http-equiv") ?? "");
  if (name === "script") return !element.hasAttribute("src") && !element.hasAttribute("href") && !/speculationrules|importmap/i.test(element.getAttribute("type") ?? "");
  return name === "noscript" || name === "template" || name === "slot" || name === "dialog" || name === "param";
}

/** Elements whose contents stay. */
const UNWRAPPED = new Set(["form", "dialog", "noscript", "slot"]);

/** Attributes that name a place; a few may name one inside the document, or hold the thing itself. */
const PLACES = new Set(
  `href src srcset imagesrcset action formaction ping background poster data cite longdesc manifest profile archive codebase
  classid lowsrc dynsrc attributionsrc icon srcdoc usemap`.split(/\s+/),
);

/** Attributes that do something, which a thing to look at need not. */
const ACTS = /^(?:on.*|popover.*|command|commandfor|interestfor|interesttarget|autofocus|accesskey|http-equiv|is|slot|form|form(?:method|target|enctype)|target|download|shadowroot.*|nonce|from|to|by|values|attributename|begin|ping|contenteditable)$/;

/** Attributes of plain words, which nothing reads as CSS. */
const WORDS = /^(?:alt|title|placeholder|value|label|summary|abbr|content|id|class|d|points|aria-.*|data-.*)$/;

/** What a data URL may be: pictures, sounds, films. */
const DATA = /^\s*data:(?:image\/(?:png|jpe?g|gif|webp|avif|bmp|svg\+xml)|audio\/[a-z0-9.+-]+|video\/[a-z0-9.+-]+)[;,]/i;
const PICTURE = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp|svg\+xml)[;,]/;

/** Elements that may have such a source. */
const SOURCES = new Set(["img", "image", "audio", "video", "source"]);

/** CSS that names a place: `url()` of anything but a picture in itself or a part of the document, and all else that takes one. */
export function cssLeads(text: string): boolean {
  const plain = text
    .replace(/\/\*[^]*?(?:\*\/|$)/g, "")
    .replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex?: string, character?: string) => (hex === undefined ? (character ?? "") : String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))))
    .toLowerCase();
  if (/@import|@charset|@namespace|@font-face|(?:^|[^a-z0-9_])(?:src|image|image-set|cross-fade|element|paint|url-prefix|domain|regexp|expression)\s*\(|-(?:webkit|moz|o|ms)-(?:image|image-set|cross-fade|element)\s*\(|-moz-binding|behavior\s*:/.test(plain)) return true;
  for (const match of plain.matchAll(/url\s*\(\s*(?:"|')?\s*/g)) {
    const place = plain.slice(match.index + match[0].length);
    if (!place.startsWith("#") && !PICTURE.test(place)) return true;
  }
  return false;
}

/** Rules of a style sheet that stay; others load, name places, or are not known yet. */
const RULES = new Set(
  `CSSStyleRule CSSMediaRule CSSSupportsRule CSSContainerRule CSSLayerBlockRule CSSLayerStatementRule CSSKeyframesRule
  CSSNestedDeclarations CSSScopeRule CSSStartingStyleRule CSSPropertyRule`.split(/\s+/),
);

interface Rules {
  readonly cssRules: CSSRuleList;
  deleteRule(index: number): void;
}

function stripDeclarations(style: CSSStyleDeclaration): number {
  let removed = 0;
  for (const name of [...style]) {
    if (!cssLeads(style.getPropertyValue(name))) continue;
    style.removeProperty(name);
    removed++;
  }
  return removed;
}

function stripRules(owner: Rules): number {
  let removed = 0;
  for (let i = owner.cssRules.length - 1; i >= 0; i--) {
    const rule = owner.cssRules[i];
    if (rule === undefined) continue;
    const kind = rule.constructor.name;
    if (!RULES.has(kind)) {
      if (cssLeads(rule.cssText)) removed++;
      owner.deleteRule(i);
      continue;
    }
    if ("style" in rule) removed += stripDeclarations(rule.style as CSSStyleDeclaration);
    if ("cssRules" in rule && kind !== "CSSKeyframesRule") removed += stripRules(rule as unknown as Rules);
    // What is left of it is looked at as a whole: keyframes, conditions, selectors.
    if (!cssLeads(rule.cssText)) continue;
    owner.deleteRule(i);
    removed++;
  }
  return removed;
}

/** A style sheet without what leads elsewhere, as the browser understands it. */
function stripSheet(text: string): { readonly text: string; readonly removed: number } {
  // Those of a sheet that is made by a script are left out by the browser itself.
  const imports = text.match(/@(?:\\0*69\s?|i)mport/gi)?.length ?? 0;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    const removed = imports + stripRules(sheet);
    const kept = [...sheet.cssRules].map((rule) => rule.cssText).join("\n");
    // Within a string `<` could end the element.
    return { text: kept.replace(/<(?=[\w/!?])/g, "\\3c "), removed };
  } catch {
    return { text: "", removed: imports + (cssLeads(text) ? 1 : 0) };
  }
}

/** Takes out of a document what leads elsewhere; says how much that was. */
function strip(doc: Document): number {
  let removed = 0;
  for (const element of [...doc.querySelectorAll("*")]) {
    const name = element.localName.toLowerCase();
    if (UNWRAPPED.has(name) || LEADING.has(name)) {
      if (name === "form" ? leads(element) : !isHarmless(element)) removed++;
      if (UNWRAPPED.has(name)) element.replaceWith(...element.childNodes);
      else element.remove();
      continue;
    }
    removed += stripAttributes(element, name);
    if (name === "style") {
      const sheet = stripSheet(element.textContent ?? "");
      removed += sheet.removed;
      if (element.textContent !== sheet.text) element.textContent = sheet.text;
    }
  }
  return removed;
}

function leads(form: Element): boolean {
  return (form.getAttribute("action") ?? "").trim() !== "";
}

function stripAttributes(element: Element, tag: string): number {
  let removed = 0;
  for (const attribute of [...element.attributes]) {
    const name = attribute.localName.toLowerCase();
    const value = attribute.value;
    if (ACTS.test(name)) {
      if (name === "ping") removed++;
      element.removeAttributeNode(attribute);
    } else if (PLACES.has(name)) {
      if (isInside(tag, name, value)) continue;
      if (value.trim() !== "" && name !== "cite" && name !== "longdesc" && name !== "usemap") removed++;
      element.removeAttributeNode(attribute);
    } else if (name === "style") {
      const { style } = element as HTMLElement;
      // An element of another language has none.
      if (style === undefined) {
        if (cssLeads(value)) removed++;
        element.removeAttributeNode(attribute);
        continue;
      }
      removed += stripDeclarations(style);
      if (cssLeads(element.getAttribute("style") ?? "")) {
        element.removeAttribute("style");
        removed++;
      }
    } else if (!WORDS.test(name) && cssLeads(value)) {
      element.removeAttributeNode(attribute);
      removed++;
    }
  }
  return removed;
}

/** Whether an attribute stays within the document: a part of it, or a thing that it carries in itself. */
function isInside(tag: string, name: string, value: string): boolean {
  if (name === "href") return /^#/.test(value) || (tag === "image" && DATA.test(value));
  if (name === "src") return SOURCES.has(tag) && DATA.test(value);
  return name === "poster" && tag === "video" && DATA.test(value);
}

const CONFIG: Config & { RETURN_TRUSTED_TYPE: false } = {
  WHOLE_DOCUMENT: true,
  FORBID_TAGS: [...LEADING, "form"],
  // A scheme is `data:`, or it is none.
  ALLOWED_URI_REGEXP: /^(?:data:(?:image|audio|video)\/|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
  // Without a script there is nothing that a name could stand in for.
  SANITIZE_DOM: false,
  RETURN_TRUSTED_TYPE: false,
};

/**
 * The parts of a document that loads nothing and leads nowhere.
 *
 * @throws Unstable if the text does not come to rest.
 */
export function sanitise(text: string): Sanitised {
  const parse = (html: string) => new DOMParser().parseFromString(html, "text/html");
  let doc = parse(text);
  const removed = strip(doc);
  let html = DOMPurify.sanitize(doc.documentElement.outerHTML, CONFIG);
  for (let round = 0; round < ROUNDS; round++) {
    doc = parse(html);
    const more = strip(doc);
    const again = doc.documentElement.outerHTML;
    if (more === 0 && parse(again).documentElement.outerHTML === again && (round > 0 || again === html)) {
      return { head: doc.head.innerHTML, body: doc.body.outerHTML, lang: doc.documentElement.lang, removed };
    }
    html = DOMPurify.sanitize(again, CONFIG);
  }
  throw new Unstable("the text parses differently each time");
}
