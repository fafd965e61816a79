import type { StepProgress } from "../model/progress.ts";
import { stepTitle } from "../model/step-title.ts";
import { visible } from "./text.ts";

/** `07 status`, without anything that a terminal obeys. */
export function titleOf({ num, name }: Pick<StepProgress, "num" | "name">): string {
  return stepTitle(num, visible(name));
}

/** `0.53s`, even for hours, because seconds add up and sort. */
export function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(2)}s`;
}

/** The time of a step that is still running: `12.3s`, `2m05s`, `1h02m`. */
export function elapsedOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
