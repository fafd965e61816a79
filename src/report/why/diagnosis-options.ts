import type { Allowance } from "../../files/gate.ts";
import type { Redactor } from "../../model/redact/redactor.ts";

export interface DiagnosisOptions extends Allowance {
  /** Takes secrets out of what is read from files, because a diagnosis is made to be passed on. */
  readonly redactor: Redactor;
  /** The step to explain: its number, its name, or the beginning of its name; absent: the first that did not pass. */
  readonly step?: string | undefined;
  /** Explain every step that did not pass in full. */
  readonly all?: boolean;
}
