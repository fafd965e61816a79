import type { HistoryStep } from "../../store/history.ts";

/** `07-status`, `007_status`, `7. status`: a number in front of a name says where the step stands, not which it is. */
const NUMBER = /^\d+[-_. ]+(?=\S)/;

/** What a step is called in all runs, whatever its number is and wherever its script lies. */
export function plainName(name: string): string {
  return name.replace(NUMBER, "");
}

/**
 * The identity of each step among all of these, by step id: its name without a leading number. Names that mean several
 * steps of one run are told apart by that number, and steps that have one name by their step number.
 */
export function identitiesOf(steps: readonly HistoryStep[]): Map<string, string> {
  const plainIn = namesSharedBy(steps, (step) => plainName(step.step_name));
  const fullIn = namesSharedBy(steps, (step) => step.step_name);
  return new Map(
    steps.map((step) => {
      const plain = plainName(step.step_name);
      if (!plainIn.has(plain)) return [step.step_id, plain];
      return [step.step_id, fullIn.has(step.step_name) ? `${step.step_name} #${step.step_num}` : step.step_name];
    }),
  );
}

/** Names that some run has more than once. */
function namesSharedBy(steps: readonly HistoryStep[], nameOf: (step: HistoryStep) => string): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const step of steps) {
    const key = `${step.run_id}\0${nameOf(step)}`;
    if (seen.has(key)) shared.add(nameOf(step));
    seen.add(key);
  }
  return shared;
}
