import { VARIABLES } from "../../model/step-environment.ts";
import { type ProcessStat, readText } from "../../sys/processes.ts";
import type { ChildSpec, Platform } from "../platform.ts";

/**
 * Tells apart the processes of several steps that one recorder runs, after and beside each other: what an earlier step
 * left running on purpose, and what another step is doing, must not be ended or waited for with this one.
 */
export class StepScopes {
  /** Which step it belongs to, by the pid of each step's first process. */
  readonly #roots = new Map<number, string>();
  /** By pid and start, of processes that lost their parent, and came to us; null is nobody's any more. */
  readonly #adopted = new Map<string, string | null>();
  readonly #known = new Set<string>();
  readonly #running = new Set<string>();

  constructor(private readonly platform: Platform) {}

  /** The platform as this step sees it: its descendants are the step's only. */
  enter(stepId: string): Platform {
    // What is there now belongs to the steps before. Mostly there is nothing, and /proc need not be looked through.
    if (this.platform.hasChildren()) this.#owners();
    this.#known.add(stepId);
    this.#running.add(stepId);
    return {
      ...this.platform,
      spawn: (spec) => this.#spawn(stepId, spec),
      descendants: () => [...this.#owners()].filter(([, owner]) => owner === stepId).map(([process]) => process),
    };
  }

  leave(stepId: string): void {
    this.#running.delete(stepId);
  }

  #spawn(stepId: string, spec: ChildSpec): ReturnType<Platform["spawn"]> {
    const child = this.platform.spawn(spec);
    if (!("kind" in child)) {
      this.#roots.set(child.pid, stepId);
      // Its pid may be another's after that.
      void child.exited.then(() => this.#roots.delete(child.pid));
    }
    return child;
  }

  /** Parents come before their children. */
  #owners(): Map<ProcessStat, string | null> {
    const owners = new Map<ProcessStat, string | null>();
    const byPid = new Map<number, string | null>();
    for (const one of this.platform.descendants()) {
      const inherited = byPid.get(one.ppid);
      const owner = this.#roots.get(one.pid) ?? (inherited === undefined ? this.#ownerOfAdopted(one) : inherited);
      owners.set(one, owner);
      byPid.set(one.pid, owner);
    }
    return owners;
  }

  #ownerOfAdopted({ pid, startTicks }: ProcessStat): string | null {
    const key = `${pid} ${startTicks}`;
    const before = this.#adopted.get(key);
    if (before !== undefined) return before;
    const owner = this.#ownerByEnvironment(pid) ?? this.#onlyOne();
    this.#adopted.set(key, owner);
    return owner;
  }

  /** Undefined when it does not say, or names a step within a step. */
  #ownerByEnvironment(pid: number): string | undefined {
    const entries = readText(`/proc/${pid}/environ`).split("\0");
    const id = entries.find((entry) => entry.startsWith(NAME))?.slice(NAME.length);
    return id !== undefined && this.#known.has(id) ? id : undefined;
  }

  #onlyOne(): string | null {
    return this.#running.size === 1 ? [...this.#running][0]! : null;
  }
}

const NAME = `${VARIABLES.stepId}=`;
