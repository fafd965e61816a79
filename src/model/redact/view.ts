/** A text as somebody sees it, and where each of its characters is in the raw text. */
export interface View {
  readonly text: string;
  /** For each character of `text` its place in the raw text, and behind the last one the raw length. Null: the same. */
  readonly places: Int32Array | null;
}

/** What a terminal obeys or does not show: control sequences, single control characters, zero-width characters. */
const CONTROL =
  /(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]{0,4}[0-~]|[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200d\u2060\ufeff]/g;
const MAY_HAVE_CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200d\u2060\ufeff]/;
/** An escape of JSON, C or the shell, or an entity of XML, as it is spelled. */
const SPELLED =
  /'(?:\\'|"'")'|\\(?:u\{?([0-9a-fA-F]{4,6})\}?|x([0-9a-fA-F]{2})|(0?[0-3][0-7]{2})|([^ux\n]))|&(quot|apos|amp|lt|gt|#\d{2,3}|#x[0-9a-fA-F]{2,3});/g;
const LETTERS: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  e: "\x1b",
  E: "\x1b",
  b: "",
  f: "",
  a: "",
  v: "",
};
const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", amp: "&", lt: "<", gt: ">" };
const PERCENT = /%([0-7][0-9a-fA-F])/g;
/** JSON in JSON in JSON. */
const MOST_LEVELS = 4;

/**
 * The ways to see a text: as it is, without control sequences, with what is spelled out in it (once, and again for JSON in
 * JSON), and with URL escapes decoded. The first is the text itself; ways that change nothing are left out.
 */
export function viewsOf(text: string): View[] {
  const raw: View = { text, places: null };
  const seen = withoutControls(raw);
  const views = seen === raw ? [raw] : [raw, seen];
  let last = seen;
  for (let level = 0; level < MOST_LEVELS; level++) {
    if (!/[\\&]|'"'"'/.test(last.text)) break;
    const next = rewrite(last, SPELLED, spelled);
    if (next === last) break;
    last = withoutControls(next);
    views.push(last);
  }
  if (!last.text.includes("%")) return views;
  const url = rewrite(last, PERCENT, percent);
  if (url === last) return views;
  views.push(url);
  const again = rewrite(url, PERCENT, percent);
  if (again !== url) views.push(again);
  return views;
}

/** A text without what a terminal obeys: what a keyword may be hidden by. */
export function plainOf(text: string): string {
  return MAY_HAVE_CONTROL.test(text) ? text.replace(CONTROL, "") : text;
}

/** Whether there is something in a text that is not seen. */
export function hasControls(text: string): boolean {
  return MAY_HAVE_CONTROL.test(text);
}

/** The place in the raw text of a character of the view; of the end, that behind the last character before it. */
export function placeOf({ places }: View, at: number): number {
  return places === null ? at : places[at]!;
}

function withoutControls(view: View): View {
  return MAY_HAVE_CONTROL.test(view.text) ? rewrite(view, CONTROL, () => "") : view;
}

function spelled([all, unicode, hex, octal, letter, entity]: RegExpExecArray): string {
  if (unicode !== undefined) {
    const code = Number.parseInt(unicode, 16);
    return code < 0xd800 || (code > 0xdfff && code < 0x10000) ? String.fromCharCode(code) : all;
  }
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  if (letter !== undefined) return LETTERS[letter] ?? letter;
  // A quotation mark within quotes, as the shell has it.
  if (entity === undefined) return "'";
  if (entity.startsWith("#x")) return String.fromCharCode(Number.parseInt(entity.slice(2), 16));
  return entity.startsWith("#") ? String.fromCharCode(Number(entity.slice(1))) : ENTITIES[entity]!;
}

function percent([, hex]: RegExpExecArray): string {
  return String.fromCharCode(Number.parseInt(hex!, 16));
}

/** The same view where the pattern matches nothing. A replacement is no longer than what it replaces. */
function rewrite(view: View, pattern: RegExp, replacement: (match: RegExpExecArray) => string): View {
  const { text } = view;
  pattern.lastIndex = 0;
  let match = pattern.exec(text);
  if (match === null) return view;
  const parts: string[] = [];
  const places = new Int32Array(text.length + 1);
  let length = 0;
  let done = 0;
  const keep = (end: number) => {
    if (end > done) parts.push(text.slice(done, end));
    for (let i = done; i < end; i++) places[length++] = placeOf(view, i);
  };
  for (; match !== null; match = pattern.exec(text)) {
    keep(match.index);
    const put = replacement(match);
    if (put !== "") parts.push(put);
    for (let i = 0; i < put.length; i++) places[length++] = placeOf(view, match.index);
    done = match.index + match[0].length;
  }
  keep(text.length);
  places[length] = placeOf(view, text.length);
  return { text: parts.join(""), places: places.subarray(0, length + 1) };
}
