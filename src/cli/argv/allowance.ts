import type { Allowance } from "../../files/gate.ts";
import { note } from "../output/console.ts";
import { allowanceOf } from "./flags.ts";

/** The allowance that the flags give; a recording that was moved is told once, in a note. */
export function notingAllowance(args: Readonly<Record<string, unknown>>): Allowance {
  let isTold = false;
  const onMoved = (recordedDir: string, dir: string) => {
    if (!isTold) note(`the recording was moved: files of ${recordedDir} are read in ${dir}`);
    isTold = true;
  };
  return { ...allowanceOf(args), onMoved };
}
