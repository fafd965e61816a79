import { screenLine } from "../model/screen-line.ts";

/** What XML 1.0 allows: https://www.w3.org/TR/xml/#charsets. Lone surrogates are no characters. */
const NOT_ALLOWED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Text for the inside of an element: as a person sees each line, in characters that XML allows. */
export function elementText(text: string): string {
  return allowed(seen(text)).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text for an attribute's value in double quotes; line breaks and tabs stay what they are. */
export function attributeText(text: string): string {
  return elementText(text)
    .replaceAll('"', "&quot;")
    .replaceAll("\t", "&#9;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;");
}

/** Readers fold a CR to an LF, so that one at a line's end would double it. */
function seen(text: string): string {
  return text
    .split("\n")
    .map((line) => screenLine(line.endsWith("\r") ? line.slice(0, -1) : line))
    .join("\n");
}

function allowed(text: string): string {
  return text.toWellFormed().replace(NOT_ALLOWED, "\ufffd");
}
