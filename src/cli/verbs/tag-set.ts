import { usageError } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { setTagsAt } from "../../recorder/inside/annotations.ts";
import { findPlace } from "../../recorder/inside/place.ts";
import { kvArg } from "../argv/flags.ts";
import { tagsOf } from "../argv/kv.ts";
import { seeHelp } from "../argv/parse.ts";
import { onRunArg, placeArgs, placeOf, recordAt, strictArg } from "../argv/scope.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { defineVerb, type Invocation } from "../verb.ts";

export default defineVerb({
  flags: { ...kvArg, ...redactArg, ...onRunArg, ...placeArgs, ...strictArg },
  async run(args, data) {
    const { redactor } = redactionOf(args, args.redact);
    const tags = givenTags(data);
    const spec = placeOf("tag set", args);
    return recordAt("tag set", args, "the tag is not set", (store) => {
      takeMasks(redactor, store.path, findPlace(store, spec).runId);
      setTagsAt(
        store,
        spec,
        tags.map(([key, value]) => [key, redactor.tag(key, value)] as const),
      );
    });
  },
});

/** `KEY VALUE` and every --kv; an empty value takes a tag away. */
function givenTags({ positionals, rest, flags }: Invocation): (readonly [string, string])[] {
  const words = [...positionals, ...(rest ?? [])];
  const more = [...tagsOf((flags.kv as string[] | undefined) ?? [])];
  const [key, value] = words;
  if (key === undefined && more.length > 0) return more;
  if (key === undefined || value === undefined || words.length > 2 || key.trim() === "") {
    throw usageError("tag set takes a KEY and a VALUE", `several at once: --kv key:value; ${seeHelp("tag set")}`);
  }
  if (key.includes("=") && value.includes("=")) {
    throw usageError(`tag set takes one KEY and its VALUE, not ${key}`, "several at once: --kv key:value");
  }
  return [...more, [key, value]];
}
